import type { ActionResult } from '../apply/run.ts';
import type { Memory } from './memory.ts';
import { type Passed, pass } from './pass.ts';
import type { Trigger, Wakes } from './wakes.ts';
import type { World } from './world.ts';

export interface LoopHooks {
  /** Changes what is remembered before a pass, for whoever asked for it. */
  readonly before: (memory: Memory, triggers: readonly Trigger[]) => Memory;
  readonly passed: (report: PassReport) => void;
  /** After each pass, and at least every `tickMs` while nothing is to be done: shows that the loop is alive. Rejects when the host is not. */
  readonly alive: () => Promise<void>;
  readonly tickMs: number;
  /** Milliseconds that a look waits for more reasons: systemd tells of one stop in a dozen signals. */
  readonly coalesceMs: number;
}

export interface PassReport {
  readonly tookMs: number;
  readonly results: readonly ActionResult[];
  /** What went wrong that nobody foresaw; `null`: nothing. */
  readonly error: unknown;
  /** Nothing is left to be done just now. */
  readonly idle: boolean;
  readonly memory: Memory;
}

const firstRetryMs = 500;
const longestRetryMs = 60_000;

/** One pass at a time, until the signal aborts. A pass that fails is tried again, less and less often; it never ends the loop. */
export async function runLoop(start: Memory, wakes: Wakes, world: World, hooks: LoopHooks): Promise<Memory> {
  let memory = start;
  let failures = 0;
  let nextAt = world.now();
  while (!world.signal.aborted) {
    const triggers = wakes.take();
    if (triggers.length > 0 || world.now() >= nextAt) {
      memory = hooks.before(memory, triggers);
      const started = world.now();
      const ended = await attempt(memory, triggers.length > 0 ? triggers : ['resync'], world);
      memory = ended.memory;
      failures = ended.error === null ? 0 : failures + 1;
      nextAt = ended.error === null ? ended.nextAt : world.now() + retryMs(failures, world);
      const idle = ended.error === null && nextAt > world.now();
      hooks.passed({ tookMs: world.now() - started, results: ended.results, error: ended.error, idle, memory });
    }
    await hooks.alive();
    await wakes.wait(Math.min(nextAt - world.now(), hooks.tickMs), world.signal);
    if (nextAt > world.now()) await pause(hooks.coalesceMs, world.signal);
  }
  return memory;
}

async function attempt(
  memory: Memory,
  triggers: readonly Trigger[],
  world: World,
): Promise<Passed & { readonly error: unknown }> {
  try {
    return { ...(await pass(memory, triggers, world)), error: null };
  } catch (error) {
    return { memory, results: [], nextAt: world.now(), error: error ?? new Error('it failed without a reason') };
  }
}

const retryMs = (failures: number, { random }: World): number =>
  Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10)) * (0.8 + 0.4 * random());

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, ms));
}
