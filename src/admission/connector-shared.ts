import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { denial, type RepositoryRule } from './input.ts';

/** The setting that names the room or channel, by kind. */
const roomSetting: Readonly<Record<string, string>> = { matrix: 'room_id', discord: 'channel_id' };

/** Two fleets never share a room or channel, wherever they run: each would take the other's words for its operator's. */
export const connectorShared: RepositoryRule = ({ set }) => {
  const first = new Map<string, Roster>();
  return set.rosters.flatMap((roster): Diagnostic[] => {
    const { kind, settings } = roster.connector;
    const key = Object.hasOwn(roomSetting, kind) ? roomSetting[kind] : undefined;
    const room = key === undefined ? undefined : settings[key];
    if (key === undefined || typeof room !== 'string') return [];
    const earlier = first.get(`${kind} ${room}`);
    if (earlier === undefined) {
      first.set(`${kind} ${room}`, roster);
      return [];
    }
    const before = earlier.locate(['connector', kind, key]);
    return [
      denial(
        'connector/shared',
        `fleets ${earlier.fleet} and ${roster.fleet} share one ${kind === 'matrix' ? 'room' : 'channel'}`,
        {
          detail: `it is also named in ${before.file}, line ${before.line}`,
          hint: 'give each fleet its own',
          place: roster.locate(['connector', kind, key]),
        },
      ),
    ];
  });
};
