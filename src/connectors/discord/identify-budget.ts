import { type Guard, isFormat, isText, isTime, shapeOf } from '../../model/shape.ts';

/** One IDENTIFY, written down before it is sent. */
export interface IdentifyRecord {
  readonly format_version: '1.0';
  /** RFC 3339, UTC. */
  readonly at: string;
}

export const isIdentifyRecord: Guard<IdentifyRecord> = shapeOf<IdentifyRecord>({
  format_version: isFormat,
  at: (value) => isText(value) && isTime(value),
});

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;
const firstGapMs = 5000;
const longestGapMs = 5 * 60 * 1000;
/** Of 1000 within 24 hours, after which Discord resets the token. */
const mostADay = 400;
/** Discord's own count may be used by others with the same token: these are left to them. */
const leftToOthers = 50;

/**
 * Milliseconds until the next IDENTIFY may be sent, 0: now. `times` of those before, in milliseconds of the wall clock, oldest first. At least 5 seconds
 * lie between two, twice as long for each of the last hour, up to five minutes. A clock that was set back counts as no time passed.
 */
export function waitToIdentify(times: readonly number[], now: number): number {
  const known = times.map((time) => Math.min(time, now)).filter((time) => now - time < dayMs);
  const last = known.at(-1);
  if (last === undefined) return 0;
  const ofLastHour = known.filter((time) => now - time < hourMs).length;
  const gap = Math.min(longestGapMs, firstGapMs * 2 ** Math.max(0, Math.min(20, ofLastHour - 1)));
  const first = known.length < mostADay ? undefined : known[known.length - mostADay];
  return Math.max(0, last + gap - now, first === undefined ? 0 : first + dayMs - now);
}

/** Milliseconds to wait by the server's own count; 0: none. */
export const waitForServer = (remaining: number, resetAfterMs: number): number => (remaining > leftToOthers ? 0 : resetAfterMs);

/** What still matters. */
export const recentIdentifies = (records: readonly IdentifyRecord[], now: number): readonly IdentifyRecord[] =>
  records.filter(({ at }) => now - Date.parse(at) < dayMs);
