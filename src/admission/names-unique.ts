import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { agentPath } from '../model/roster.ts';
import { denial, type Rule } from './input.ts';

/** Agent and fleet names are unique over all rosters of a host and tenant: units and sessions are named after them. */
export const namesUnique: Rule = ({ selected }) => [
  ...repeated(
    'fleet',
    selected.map((roster) => ({ name: roster.fleet, place: () => roster.locate(['fleet']) })),
  ),
  ...repeated(
    'agent',
    selected.flatMap((roster) =>
      roster.agents.map((agent, index) => ({ name: agent.name, place: () => roster.locate(agentPath(index, 'name')) })),
    ),
  ),
];

interface Named {
  readonly name: string;
  /** Places are looked up for the few that need one. */
  readonly place: () => Place;
}

function repeated(what: string, all: readonly Named[]): Diagnostic[] {
  const first = new Map<string, Named>();
  return all.flatMap((named) => {
    const earlier = first.get(named.name);
    if (earlier === undefined) {
      first.set(named.name, named);
      return [];
    }
    const before = earlier.place();
    return denial('names/unique', `${what} name ${named.name} is used twice`, {
      detail: `it is also used in ${before.file}, line ${before.line}`,
      hint: `rename one of them: ${what} names are unique over all rosters of a host and tenant`,
      place: named.place(),
    });
  });
}
