import type { Action } from '../model/plan.ts';

/** When each action was done lately, by id; monotonic milliseconds. */
export type Repeats = ReadonlyMap<string, readonly number[]>;

const windowMs = 10_000;
/** A person stops an agent now and then; whoever does it so often in ten seconds is another program, or a defect of ours. */
const unitBudget = 6;
const otherBudget = 30;

export function noteDone(repeats: Repeats, done: readonly Action[], now: number): Repeats {
  const next = new Map<string, readonly number[]>();
  for (const [id, times] of repeats) {
    const recent = times.filter((time) => now - time < windowMs);
    if (recent.length > 0) next.set(id, recent);
  }
  for (const { id } of done) next.set(id, [...(next.get(id) ?? []), now]);
  return next;
}

/** Of these, the ones that were done so often lately that doing them again is no help. */
export const tooOften = (repeats: Repeats, done: readonly Action[]): readonly Action[] =>
  done.filter(({ id, unit }) => (repeats.get(id)?.length ?? 0) > (unit === null ? otherBudget : unitBudget));
