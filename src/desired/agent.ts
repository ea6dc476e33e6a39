import type { DesiredAgent, FileContent } from '../model/desired.ts';
import { type Digest, digestOfJson } from '../model/digest.ts';
import { agentDropIn, environmentFile, type FileKey, fleetFile, roleFile } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { type Agent, agentPath, type RoleDocument, type Roster } from '../model/roster.ts';
import { type Program, programOf } from '../roster/runtimes.ts';
import { environmentValue } from './quote.ts';

export interface ComposedAgent {
  readonly agent: DesiredAgent;
  readonly enabled: boolean;
  readonly files: ReadonlyMap<FileKey, FileContent>;
}

/** One agent of an admitted roster: its files, and the digest of all that a running one would have to be restarted for. */
export function composeAgent(
  roster: Roster,
  index: number,
  agent: Agent,
  role: RoleDocument & { readonly digest: Digest },
  facts: HostFacts,
): ComposedAgent {
  const rolePath = `${facts.mosaicHome}/fleet/${roleFile(role.name)}`;
  const fleetPath = `${facts.mosaicHome}/fleet/${fleetFile(roster.fleet)}`;
  const program = programOf(roster, agent, { role: rolePath, fleet: fleetPath });
  if (program === null) throw new Error(`runtime ${agent.runtime} was admitted without being known`);
  const running = agent.state === 'running';
  const config = digestOfJson({ ...settings(roster, agent, program), ...ownRole(role), resources: agent.resources });
  const dropIn = dropInText(agent);
  const files = new Map<FileKey, FileContent>([
    [
      environmentFile(agent.name),
      { text: environmentText(roster, agent, program, { path: rolePath, digest: role.digest }, config), mode: 0o600 },
    ],
    [roleFile(role.name), { text: markedRole(role.text), mode: 0o644 }],
    ...(dropIn === null ? [] : ([[agentDropIn(agent.name), { text: dropIn, mode: 0o644 }]] as const)),
  ]);
  return {
    files,
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
      files: [environmentFile(agent.name), roleFile(role.name), fleetFile(roster.fleet), agentDropIn(agent.name)],
      config,
      role: role.digest,
      place: roster.locate(agentPath(index, 'name')),
    },
  };
}

/** Another one that ships with a new version waits for the next start: nobody has asked for a restart. */
const ownRole = ({ shipped, digest }: RoleDocument & { readonly digest: Digest }) => (shipped === true ? {} : { role: digest });

/** The mark stands last: the first lines are the author's, and front matter has to be the first thing. */
const markedRole = (text: string): string =>
  `${text.trimEnd()}\n\n<!-- muster format_version=1.0; written by muster, edits are overwritten -->\n`;

const settings = (roster: Roster, agent: Agent, program: Program) => ({
  name: agent.name,
  fleet: roster.fleet,
  class: agent.class,
  runtime: agent.runtime,
  lifecycle: agent.lifecycle,
  persona: agent.persistentPersona ? 'persistent' : 'fresh',
  model: agent.modelHint,
  directory: agent.workingDirectory,
  argv: program.argv,
  env: program.env,
  ...(program.resume === null ? {} : { resume: program.resume }),
});

function environmentText(
  roster: Roster,
  agent: Agent,
  { argv, env, resume }: Program,
  role: { readonly path: string; readonly digest: Digest },
  config: string,
): string {
  const names = Object.keys(env).sort();
  const variables: (readonly [string, string])[] = [
    ['MOSAIC_AGENT', agent.name],
    ['MOSAIC_FLEET', roster.fleet],
    ['MOSAIC_CLASS', agent.class],
    ['MOSAIC_RUNTIME', agent.runtime],
    ['MOSAIC_LIFECYCLE', agent.lifecycle],
    ['MOSAIC_PERSONA', agent.persistentPersona ? 'persistent' : 'fresh'],
    ['MOSAIC_MODEL_HINT', agent.modelHint ?? ''],
    ['MOSAIC_WORKDIR', agent.workingDirectory ?? ''],
    ['MOSAIC_ROLE_FILE', role.path],
    ['MOSAIC_ROLE_DIGEST', role.digest],
    ['MOSAIC_CONFIG', config],
    ['MOSAIC_ARGC', String(argv.length)],
    ...argv.map((argument, position) => [`MOSAIC_ARG${position}`, argument] as const),
    ...resumeVariables(resume),
    ['MOSAIC_ENV', names.join(' ')],
    ...names.map((name) => [`MOSAIC_ENV_${name}`, env[name] ?? ''] as const),
  ];
  const lines = variables.map(([name, value]) => `${name}=${environmentValue(value)}`);
  return ['# muster format_version=1.0; written by muster, edits are overwritten', ...lines, ''].join('\n');
}

const resumeVariables = (resume: Program['resume']): readonly (readonly [string, string])[] =>
  resume === null
    ? []
    : [
        ['MOSAIC_RESUME_VARIABLE', resume.variable],
        ['MOSAIC_RESUME_DIRECTORY', resume.directory],
        ['MOSAIC_RESUME_TRANSCRIPTS', resume.transcripts],
        ['MOSAIC_RESUME_MARK', resume.mark],
        ['MOSAIC_RESUME_ARGC', String(resume.argv.length)],
        ...resume.argv.map((argument, position) => [`MOSAIC_RESUME_ARG${position}`, argument] as const),
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
  return [
    '# muster format_version=1.0; written by muster, edits are overwritten',
    '[X-Muster]',
    'Owner=muster',
    'FormatVersion=1.0',
    '',
    '[Service]',
    ...service,
    '',
  ].join('\n');
}
