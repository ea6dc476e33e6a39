import type { FileContent } from '../model/desired.ts';
import { fileMark } from '../model/file-mark.ts';
import type { Agent, Roster } from '../model/roster.ts';

/** More would not fit beside a role document into one argument of a program. */
const listed = 200;

/**
 * What every agent of a fleet is told besides its role: who is who, how to talk, look, and change the fleet. It has nothing in it but
 * names, which admission has checked, and one text for all: whoever comes or goes changes this file, and restarts nobody.
 */
export function fleetFacts(roster: Roster): FileContent {
  const others = roster.agents.filter((agent) => !floor.has(agent.class)).sort(byName);
  const members = [...ofClass(roster, 'orchestrator'), ...ofClass(roster, 'enhancer'), ...others.slice(0, listed)];
  const more = others.length - listed;
  return {
    mode: 0o644,
    text: [
      `<!-- ${fileMark} -->`,
      `# Fleet ${roster.fleet}`,
      '',
      `You are an agent of the fleet \`${roster.fleet}\`, the one that is named in \`$MOSAIC_AGENT\`. Agents come and go: whom this page names now`,
      'is in the file `$MOSAIC_FLEET_FILE`. It is written by Muster, and does not change your role.',
      '',
      '| agent | class | runtime | |',
      '|---|---|---|---|',
      ...members.map((agent) => `| ${agent.name} | ${agent.class} | ${agent.runtime} | ${remark(agent)} |`),
      ...(more > 0 ? ['', `And ${more} more: \`muster ps --json\`.`] : []),
      '',
      ...channel(roster),
      ...commands,
      '',
    ].join('\n'),
  };
}

const floor: ReadonlySet<string> = new Set(['orchestrator', 'enhancer']);

const byName = (a: Agent, b: Agent): number => (a.name < b.name ? -1 : 1);

const ofClass = ({ agents }: Roster, name: string): readonly Agent[] =>
  agents.filter((agent) => agent.class === name).sort(byName);

function remark({ state, lifecycle }: Agent): string {
  if (state === 'stopped') return 'at rest';
  return lifecycle === 'ephemeral' ? 'ends with its work' : '';
}

function channel({ agents, connector }: Roster): readonly string[] {
  const orchestrator = agents.find((agent) => agent.class === 'orchestrator');
  if (orchestrator === undefined) return [];
  const name = `\`${orchestrator.name}\``;
  return [
    `The operator talks to ${name} over the connector \`${connector.kind}\`: what is said there comes to ${name} as a message, and \`muster say\``,
    `answers it. Everybody else talks to the operator through ${name}.`,
    '',
  ];
}

const commands = [
  "- Send a message: `muster send NAME 'TEXT' --verify`, or `muster send NAME --file FILE --verify`. It arrived only if that ends with 0;",
  '  5 means that it waits until NAME can take it. Do not type into the terminal of another agent.',
  "- Say something to the operator: `muster say 'TEXT'`.",
  '- Look: `muster ps --json` (who does what, and what shows it), `muster explain NAME --json` (why), `muster history --json` (what',
  '  happened), `muster watch NAME | tail -n 40` (its terminal), `muster logs NAME`, `muster inbox NAME` (what waits for it).',
  '- Change the fleet: `muster add`, `muster remove` and `muster set`, with `--commit --json`. That is for the orchestrator.',
];
