import type { ControllerRecord } from '../model/controller.ts';
import type { Floor } from './floor.ts';

/** What a revision in force has shown: nothing yet, that the floor is well under it, or that it breaks the floor. */
export type TrialVerdict =
  | { readonly verdict: 'open'; readonly dueAt: number }
  | { readonly verdict: 'good' }
  | { readonly verdict: 'bad'; readonly why: string };

export interface TrialInput {
  readonly record: ControllerRecord;
  readonly floors: readonly Floor[];
  /** The look finds nothing that is to be done; an empty roster directory asks for nothing, and proves nothing. */
  readonly isCarriedOut: boolean;
  /** Monotonic milliseconds when the trial began here. */
  readonly begun: number;
  readonly now: number;
  readonly deadlineMs: number;
}

/**
 * Judges the revision in force. It is good as soon as it is carried out and every floor is stable. It is bad at its deadline where a floor is
 * broken, or held by runs of before alone because its own fail; but only where it is to blame and there is another one to return to. What is
 * unknown at the deadline, and what somebody masked, is not blamed on anybody.
 */
export function judgeTrial({ record, floors, isCarriedOut, begun, now, deadlineMs }: TrialInput): TrialVerdict {
  if (record.admitted === null) return { verdict: 'open', dueAt: Number.POSITIVE_INFINITY };
  const unstable = floors.filter(({ state }) => state !== 'stable' && state !== 'exempt');
  if (unstable.length === 0) return isCarriedOut ? { verdict: 'good' } : { verdict: 'open', dueAt: Number.POSITIVE_INFINITY };
  const stableAt = Math.max(...unstable.map((floor) => floor.stableAt));
  const { trial } = record;
  if (trial === null || !trial.blamed || record.good === null || record.good === record.admitted)
    return { verdict: 'open', dueAt: stableAt };
  const deadline = begun + deadlineMs;
  const broken = unstable.filter(({ state, masked, stuck }) => (state === 'broken' && !masked) || stuck !== null);
  if (now < deadline || broken.length === 0)
    return { verdict: 'open', dueAt: Math.min(stableAt, now < deadline ? deadline : Number.POSITIVE_INFINITY) };
  return { verdict: 'bad', why: broken.map(({ fleet, message, stuck }) => `fleet ${fleet}: ${stuck ?? message}`).join('; ') };
}
