import { isFields, isText, recordOf } from '../../model/shape.ts';
import { jsonIn } from './shapes.ts';
import { compareIds, isAfter, isSnowflake, latest, type Snowflake } from './snowflake.ts';

/** How far what was said is in the journal: in each channel and thread up to its id, in all others up to `floor`. */
export interface Place {
  floor: Snowflake;
  readonly at: Map<Snowflake, Snowflake>;
}

/** As a cursor of the bridge it has to fit 64 KiB; an entry takes less than 48 bytes. */
const mostEntries = 1200;

/** `null` for a first start, and for what is no place. */
export function readPlace(cursor: string | null): Place | null {
  const value = cursor === null ? null : jsonIn(cursor);
  if (!isFields(value) || !isId(value.floor) || !isEntries(value.at)) return null;
  return {
    floor: value.floor,
    at: new Map(Object.entries(value.at).filter(([channel, id]) => isSnowflake(channel) && isId(id))),
  };
}

const isId = (value: unknown): value is Snowflake => isText(value) && /^\d{1,20}$/.test(value);
const isEntries = recordOf(isText);

export const writePlace = ({ floor, at }: Place): string => JSON.stringify({ floor, at: Object.fromEntries(at) });

export const placeIn = ({ floor, at }: Place, channel: Snowflake): Snowflake => latest([floor, at.get(channel) ?? '0']);

export function advance(place: Place, channel: Snowflake, id: Snowflake): void {
  if (isAfter(id, placeIn(place, channel))) place.at.set(channel, id);
}

/** For a place at which nothing is open: up to `floor` everything is known, everywhere. Where there are too many entries the oldest go. */
export function settle(place: Place, floor: Snowflake = place.floor): void {
  place.floor = latest([place.floor, floor]);
  for (const [channel, id] of place.at) if (!isAfter(id, place.floor)) place.at.delete(channel);
  const excess = [...place.at].sort(([, a], [, b]) => compareIds(a, b)).slice(0, Math.max(0, place.at.size - mostEntries));
  for (const [channel, id] of excess) {
    place.floor = latest([place.floor, id]);
    place.at.delete(channel);
  }
}

export const isCrowded = ({ at }: Place): boolean => at.size > mostEntries;
