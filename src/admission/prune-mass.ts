import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { denial, type Rule } from './input.ts';

/** Agents that may leave without anybody's word, however few there are. */
const alwaysAllowed = 2;

/**
 * A revision drops at most half of a host's agents, or two, unless the commit consents for every fleet that shrinks. An agent
 * that moves to another fleet is not dropped.
 */
export const pruneMass: Rule = ({ set, selected, previous, consents }) => {
  // What could not be read may hold the very agents that seem to be dropped.
  if (previous === null || set.diagnostics.some(isError)) return [];
  const present = new Set(selected.flatMap((roster) => roster.agents.map((agent) => agent.name)));
  const before = new Set(Object.values(previous.fleets).flat());
  const dropped = [...before].filter((name) => !present.has(name));
  if (dropped.length <= alwaysAllowed || dropped.length * 2 <= before.size) return [];
  const shrinking = Object.entries(previous.fleets)
    .filter(([, agents]) => agents.some((name) => !present.has(name)))
    .map(([fleet]) => fleet)
    .sort();
  const unasked = shrinking.filter((fleet) => !consents.includes(fleet));
  return unasked.length === 0 ? [] : [denied(dropped, before.size, unasked)];
};

const denied = (dropped: readonly string[], total: number, fleets: readonly string[]): Diagnostic =>
  denial('prune/mass', `this revision drops ${dropped.length} of ${total} agents of this host`, {
    detail: `leaving: ${some([...dropped].sort())}`,
    hint: `if that is meant, say so in the commit message: ${fleets.map((fleet) => `Muster-Allow-Prune: ${fleet}`).join(', ')}`,
  });

const some = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
