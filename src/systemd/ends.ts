import type { ObservedUnit, RunEnd } from '../model/observation.ts';
import { type Cause, causeOfEnd } from './causes.ts';

/** The run that is under way, and how often systemd has brought the unit back by itself since somebody started it. */
export interface LaterRun {
  readonly unit: Pick<ObservedUnit, 'active' | 'invocation'>;
  readonly restarts: number;
}

/** How the run before this one ended; `null` where that was not written down. What is told of another run says nothing. */
export function endBefore(end: RunEnd | undefined, { unit, restarts }: LaterRun): Cause | null {
  if (end === undefined || unit.invocation === '') return null;
  // The first thing that a run does is to claim it.
  const isOpen = end.next === '' && end.invocation !== unit.invocation && unit.active === 'activating';
  return isOpen || end.next === unit.invocation ? causeOfEnd(end, restarts > 0) : null;
}
