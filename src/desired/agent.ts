import type { DesiredAgent, FileContent } from '../model/desired.ts';
import { type Digest, digestOfJson, digestOfText } from '../model/digest.ts';
import { fileMark } from '../model/file-mark.ts';
import { agentDropIn, environmentFile, type FileKey, fleetFile, roleFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { type Agent, agentPath, type RoleDocument, type Roster } from '../model/roster.ts';
import { type Program, programOf } from '../roster/runtimes.ts';
import { environmentLine } from './quote.ts';

export interface ComposedAgent {
  readonly agent: DesiredAgent;
  readonly enabled: boolean;
  readonly files: readonly (readonly [FileKey, FileContent])[];
}

/** A role document as agents get it. */
export interface ComposedRole {
  readonly file: FileKey;
  readonly content: FileContent;
  readonly digest: Digest;
  /** Part of an agent's configuration. Another one that ships with a new version waits for the next start: nobody has asked for a restart. */
  readonly own: { readonly role?: Digest };
}

export function composeRole({ name, text, shipped }: RoleDocument): ComposedRole {
  const digest = digestOfText(text);
  const content = { text: markedRole(text), mode: 0o644 };
  return { file: roleFile(name), content, digest, own: shipped === true ? {} : { role: digest } };
}

/** One agent of an admitted roster: its files, and the digest of all that a running one would have to be restarted for. */
export function composeAgent(roster: Roster, index: number, agent: Agent, role: ComposedRole, facts: HostFacts): ComposedAgent {
  const rolePath = `${facts.mosaicHome}/fleet/${role.file}`;
  const fleetPath = `${facts.mosaicHome}/fleet/${fleetFile(roster.fleet)}`;
  const program = programOf(roster, agent, { role: rolePath, fleet: fleetPath });
  if (program === null) throw new Error(`runtime ${agent.runtime} was admitted without being known`);
  const running = agent.state === 'running';
  const config = digestOfJson(settings(roster, agent, program, role));
  const dropIn = dropInText(agent);
  const environment = environmentText(roster, agent, program, { path: rolePath, digest: role.digest }, config);
  return {
    files: [
      [environmentFile(agent.name), { text: environment, mode: 0o600 }],
      [role.file, role.content],
      ...(dropIn === null ? [] : ([[agentDropIn(agent.name), { text: dropIn, mode: 0o644 }]] as const)),
    ],
    enabled: running && agent.enabled && agent.lifecycle === 'core',
    agent: {
      name: agent.name,
      fleet: roster.fleet,
      class: agent.class,
      runtime: agent.runtime,
      program: { command: program.argv[0], path: program.env.PATH ?? null },
      lifecycle: agent.lifecycle,
      onChange: agent.onChange,
      running,
      files: [environmentFile(agent.name), role.file, fleetFile(roster.fleet), agentDropIn(agent.name)],
      config,
      role: role.digest,
      // A getter would keep the text of the roster, and give each agent a shape of its own.
      place: roster.locate(agentPath(index, 'name')),
    },
  };
}

/** The mark stands last: the first lines are the author's, and front matter has to be the first thing. */
const markedRole = (text: string): string => `${text.trimEnd()}\n\n<!-- ${fileMark} -->\n`;

/** By name, as they are digested. */
const settings = (roster: Roster, agent: Agent, program: Program, role: ComposedRole) => ({
  argv: program.argv,
  class: agent.class,
  directory: agent.workingDirectory,
  env: program.env,
  fleet: roster.fleet,
  lifecycle: agent.lifecycle,
  model: agent.modelHint,
  name: agent.name,
  persona: agent.persistentPersona ? 'persistent' : 'fresh',
  resources: agent.resources,
  ...(program.resume === null ? {} : { resume: program.resume }),
  ...role.own,
  runtime: agent.runtime,
});

function environmentText(
  roster: Roster,
  agent: Agent,
  { argv, env, resume }: Program,
  role: { readonly path: string; readonly digest: Digest },
  config: string,
): string {
  const names = Object.keys(env).sort();
  return [
    `# ${fileMark}`,
    environmentLine('MOSAIC_AGENT', agent.name),
    environmentLine('MOSAIC_FLEET', roster.fleet),
    environmentLine('MOSAIC_CLASS', agent.class),
    environmentLine('MOSAIC_RUNTIME', agent.runtime),
    environmentLine('MOSAIC_LIFECYCLE', agent.lifecycle),
    environmentLine('MOSAIC_PERSONA', agent.persistentPersona ? 'persistent' : 'fresh'),
    environmentLine('MOSAIC_MODEL_HINT', agent.modelHint ?? ''),
    environmentLine('MOSAIC_WORKDIR', agent.workingDirectory ?? ''),
    environmentLine('MOSAIC_ROLE_FILE', role.path),
    environmentLine('MOSAIC_ROLE_DIGEST', role.digest),
    environmentLine('MOSAIC_CONFIG', config),
    environmentLine('MOSAIC_ARGC', String(argv.length)),
    ...argv.map((argument, position) => environmentLine(`MOSAIC_ARG${position}`, argument)),
    ...resumeLines(resume),
    environmentLine('MOSAIC_ENV', names.join(' ')),
    ...names.map((name) => environmentLine(`MOSAIC_ENV_${name}`, env[name] ?? '')),
    '',
  ].join('\n');
}

const resumeLines = (resume: Program['resume']): readonly string[] =>
  resume === null
    ? []
    : [
        environmentLine('MOSAIC_RESUME_VARIABLE', resume.variable),
        environmentLine('MOSAIC_RESUME_DIRECTORY', resume.directory),
        environmentLine('MOSAIC_RESUME_TRANSCRIPTS', resume.transcripts),
        environmentLine('MOSAIC_RESUME_MARK', resume.mark),
        environmentLine('MOSAIC_RESUME_ARGC', String(resume.argv.length)),
        ...resume.argv.map((argument, position) => environmentLine(`MOSAIC_RESUME_ARG${position}`, argument)),
      ];

/** Only what differs from the template; `null` when nothing does. */
function dropInText(agent: Agent): string | null {
  const { memoryMax, cpuWeight, tasksMax } = agent.resources;
  const service = [
    ...(agent.lifecycle === 'ephemeral' ? ['Restart=on-failure'] : []),
    ...(memoryMax === undefined ? [] : [`MemoryMax=${memoryMax}`]),
    ...(cpuWeight === undefined ? [] : [`CPUWeight=${cpuWeight}`]),
    ...(tasksMax === undefined ? [] : [`TasksMax=${tasksMax}`]),
  ];
  if (service.length === 0) return null;
  return [`# ${fileMark}`, '[X-Muster]', 'Owner=muster', 'FormatVersion=1.0', '', '[Service]', ...service, ''].join('\n');
}
