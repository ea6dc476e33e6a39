import type { Desired } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';
import type { Action, Plan } from '../model/plan.ts';
import { type Changes, planChanges } from '../plan/changes.ts';
import type { HoldOptions } from '../plan/hold-back.ts';
import type { Deeds } from './execute.ts';
import { type ActionResult, carryOut, type RunOptions } from './run.ts';

export interface Convergence {
  readonly results: readonly ActionResult[];
  /** What a plan would still do after the run; empty when the host is as desired. */
  readonly left: readonly Action[];
  /** Units that were still coming up at the deadline. */
  readonly waiting: readonly string[];
  readonly observation: Observation;
  readonly changes: Changes;
}

export interface ConvergeOptions extends RunOptions {
  readonly hold: HoldOptions;
  /** Milliseconds that units may take to settle after the last action. */
  readonly settleMs: number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** Carries the plan out, then looks again: what counts is what the host says afterwards. */
export async function converge(
  plan: Pick<Plan, 'actions' | 'handovers'>,
  deeds: Deeds,
  look: () => Promise<Observation>,
  options: ConvergeOptions,
): Promise<Convergence> {
  const results = await carryOut(plan, deeds, options);
  const settled = await settle(deeds.desired, look, options);
  return { results, left: settled.changes.actions, waiting: settled.changes.waiting, ...settled };
}

async function settle(desired: Desired, look: () => Promise<Observation>, options: ConvergeOptions) {
  const deadline = options.now() + options.settleMs;
  for (;;) {
    const observation = await look();
    const changes = planChanges(desired, observation, options.hold);
    if (changes.waiting.length === 0 || options.now() >= deadline || options.signal.aborted) return { observation, changes };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
