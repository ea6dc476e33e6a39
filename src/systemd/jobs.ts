import { parseUnit } from '../model/names.ts';
import type { JobResult } from '../model/ports.ts';
import type { Bus, BusSignal } from './bus.ts';
import { callManager, managerInterface, signalRules, subscribe } from './manager.ts';

export type JobVerb = 'StartUnit' | 'StopUnit' | 'RestartUnit';

export interface Jobs {
  /** Queues a job and waits for its end; `null` when its end went unseen: `deadline` milliseconds passed, or the bus dropped. */
  run(verb: JobVerb, unit: string, deadline: number): Promise<JobResult | null>;
  /** Units of which more jobs have ended than were queued here. */
  unasked(): readonly string[];
}

/**
 * Watches the jobs of one connection. Every `recheck` milliseconds it looks whether a signal was lost; `onQueued` is told each time that systemd
 * says that a job goes on.
 */
export async function watchJobs(bus: Bus, recheck = 5000, onQueued: () => void = () => {}): Promise<Jobs> {
  const waiting = new Map<string, (result: JobResult | null) => void>();
  // JobRemoved may come before the reply that names the job.
  const early = new Map<string, JobResult>();
  let unanswered = 0;
  /** Jobs that have ended less those that were queued here, by unit of ours. */
  const surplus = new Map<string, number>();
  const count = (unit: string, by: 1 | -1): void => {
    if (parseUnit(unit) !== null) surplus.set(unit, (surplus.get(unit) ?? 0) + by);
  };

  bus.onSignal((signal) => {
    if (!isJobRemoved(signal)) return;
    const [, job, unit, result] = signal.body as readonly [number, string, string, string];
    count(unit, 1);
    const wake = waiting.get(job);
    if (wake !== undefined) wake(asResult(result));
    else if (unanswered > 0) early.set(job, asResult(result));
  });
  void bus.closed.then(() => {
    for (const wake of [...waiting.values()]) wake(null);
  });
  await subscribe(bus, signalRules.jobEnds);

  return {
    run: async (verb, unit, deadline) => {
      const { job, result } = await queue(verb, unit);
      count(unit, -1);
      return result ?? (await ended(job, deadline));
    },
    unasked: () => [...surplus].flatMap(([unit, jobs]) => (jobs > 0 ? [unit] : [])),
  };

  /** A result that came before the reply is kept until whoever asked has looked: several may come in one read. */
  async function queue(verb: JobVerb, unit: string): Promise<{ job: string; result: JobResult | undefined }> {
    unanswered += 1;
    try {
      const [reply] = await callManager(bus, verb, 'ss', [unit, 'replace']);
      const job = String(reply);
      return { job, result: early.get(job) };
    } finally {
      unanswered -= 1;
      if (unanswered === 0) early.clear();
    }
  }

  function ended(job: string, deadline: number): Promise<JobResult | null> {
    return new Promise((resolve) => {
      const late = setTimeout(() => settle(null), deadline);
      const lost = setInterval(() => void look(), recheck);
      const look = async (): Promise<void> => {
        const queued = await isQueued(bus, job);
        if (queued === false) settle(null);
        else if (queued && waiting.has(job)) onQueued();
      };
      const settle = (result: JobResult | null) => {
        clearTimeout(late);
        clearInterval(lost);
        waiting.delete(job);
        resolve(result);
      };
      waiting.set(job, settle);
    });
  }
}

const isJobRemoved = (signal: BusSignal): boolean => signal.member === 'JobRemoved' && signal.interface === managerInterface;

/** A job that systemd no longer lists has ended: its signal would have come before this answer. `null`: there was no answer. */
async function isQueued(bus: Bus, job: string): Promise<boolean | null> {
  try {
    const [rows] = await callManager(bus, 'ListJobs', '', []);
    return (rows as readonly (readonly unknown[])[]).some((row) => row[4] === job);
  } catch {
    return null;
  }
}

const results = ['done', 'failed', 'timeout', 'canceled', 'dependency', 'skipped'] as const;

/** Words beyond these (`assert`, `unsupported`, `once`) are failures. */
const asResult = (word: string): JobResult => results.find((result) => result === word) ?? 'failed';
