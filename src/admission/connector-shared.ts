import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { channelOf, denial, type RepositoryRule } from './input.ts';

/** Two fleets never share a room or channel, wherever they run: each would take the other's words for its operator's. */
export const connectorShared: RepositoryRule = (input) => {
  const first = new Map<string, Roster>();
  return input.set.rosters.flatMap((roster): Diagnostic[] => {
    const { kind } = roster.connector;
    const channel = channelOf(roster, input);
    if (channel === null) return [];
    const key = JSON.stringify([kind, channel.id]);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, roster);
      return [];
    }
    const before = earlier.locate(['connector', kind, channel.setting]);
    return [
      denial('connector/shared', `fleets ${earlier.fleet} and ${roster.fleet} share one ${channel.noun}`, {
        detail: `it is also named in ${before.file}, line ${before.line}`,
        hint: 'give each fleet its own',
        place: roster.locate(['connector', kind, channel.setting]),
      }),
    ];
  });
};
