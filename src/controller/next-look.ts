import type { Observation } from '../model/observation.ts';
import type { Assessment } from './assess.ts';
import { nextTry } from './back-off.ts';
import { type Memory, noRetry, type Retry } from './memory.ts';
import type { TrialVerdict } from './trial.ts';
import type { World } from './world.ts';

const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** Signals get lost: what is under way is looked at again. */
const underWayMs = 5000;

/** One more failure, unless it was looked at before its time. */
export function failedAgain(retry: Retry, { now, random }: Pick<World, 'now' | 'random'>): Retry {
  if (retry.failures > 0 && now() < retry.notBefore) return retry;
  const delay = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(retry.failures, 10)) * (0.8 + 0.4 * random());
  return { failures: retry.failures + 1, notBefore: now() + delay };
}

/** Whether every source of the host could be read. */
export function lookedAt(retry: Retry, observation: Observation, world: World): Retry {
  const { linger, files, units, stale, tmux, records, completed, connectors, programs, admitted, suspensions } = observation;
  const sources = [
    linger,
    files,
    units,
    stale,
    tmux,
    records,
    completed,
    programs,
    admitted,
    ...(connectors ? [connectors] : []),
    ...(suspensions ? [suspensions] : []),
  ];
  return sources.every(({ known }) => known) ? noRetry : failedAgain(retry, world);
}

/** When the trial of the revision in force has to be looked at again; a return that did not come about is tried again. */
export function dueAt(tried: TrialVerdict, { now }: World): number {
  if (tried.verdict === 'bad') return now() + underWayMs;
  return tried.verdict === 'open' ? tried.dueAt : Number.POSITIVE_INFINITY;
}

/** Monotonic milliseconds: when to look again if nothing happens. */
export function nextLook(memory: Memory, assessment: Assessment, trialDue: number, world: World): number {
  const { changes, derived, isProving } = assessment;
  const isUnderWay =
    isProving || changes.waiting.length > 0 || [...derived.verdicts.values()].some(({ phase }) => phase === 'stopping');
  const soon = isUnderWay ? world.now() + underWayMs : Number.POSITIVE_INFINITY;
  const looks = [nextReading(memory, world), at(memory.looking, world), nextTry(memory.ledger, assessment.at)];
  return Math.min(...looks, trialDue, soon);
}

export function nextReading({ reading }: Memory, world: World): number {
  // What could not be written waits for a look, too.
  const unwritten = world.recorder.trouble === null ? Number.POSITIVE_INFINITY : world.now() + underWayMs;
  return Math.min(world.now() + world.config.resyncMs, at(reading, world), unwritten);
}

const at = ({ failures, notBefore }: Retry, { now }: World): number =>
  failures === 0 ? Number.POSITIVE_INFINITY : Math.max(now(), notBefore);
