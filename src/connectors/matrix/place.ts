import { type Fields, isCount, isFields, isFlag, isText, listOf } from '../../model/shape.ts';
import type { RoomEvent } from './events.ts';

/** How far a room is in the journal. */
export interface Place {
  readonly room: string;
  /** Token of the homeserver. */
  readonly since: string;
  /** Whether we were in the room there. */
  readonly joined: boolean;
  /** The newest events that are in the journal, for a homeserver that refuses its own token. */
  readonly last: readonly string[];
  /** The latest time of those, in milliseconds since 1970 by the homeserver's clock. */
  readonly at: number;
}

const keptLast = 20;
const isTexts = listOf(isText);

/** `null` for a first start, for what is no place, and for a place in another room. */
export function readPlace(cursor: string | null, room: string): Place | null {
  const value = cursor === null ? null : fieldsIn(cursor);
  if (value === null || value.room !== room) return null;
  const { since, joined, last, at } = value;
  return isText(since) && isFlag(joined) && isTexts(last) && isCount(at) ? { room, since, joined, last, at } : null;
}

export const writePlace = (place: Place): string => JSON.stringify(place);

export function advanced(place: Place, events: readonly RoomEvent[]): Place {
  const last = [...place.last, ...events.map(({ id }) => id)].slice(-keptLast);
  return { ...place, last, at: events.reduce((latest, { at }) => Math.max(latest, at), place.at) };
}

function fieldsIn(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}
