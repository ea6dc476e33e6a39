import type { Desired } from '../model/desired.ts';
import { isError } from '../model/diagnostic.ts';
import type { Observation } from '../model/observation.ts';
import type { Action, Plan, UnknownPlace } from '../model/plan.ts';
import { type Changes, planChanges } from '../plan/changes.ts';
import type { HoldOptions } from '../plan/hold-back.ts';
import { unescapePointer } from '../plan/pointer.ts';
import type { Deeds } from './execute.ts';
import { type ActionResult, carryOut, type RunOptions } from './run.ts';
import { violationsOf } from './safety.ts';

export interface Convergence {
  readonly results: readonly ActionResult[];
  /** What a plan would still do after the run; empty when the host is as desired. */
  readonly left: readonly Action[];
  /** Units that were still coming up at the deadline. */
  readonly waiting: readonly string[];
  /** Desired places that were left alone: held back, or unreadable. */
  readonly held: readonly UnknownPlace[];
  readonly observation: Observation;
  readonly changes: Changes;
}

export interface ConvergeOptions extends RunOptions {
  readonly hold: HoldOptions;
  /** Milliseconds that units may take to settle after the last action. */
  readonly settleMs: number;
}

/** What changes while a plan is carried out (an agent that dies, a unit that came up with old files) is planned anew, so often. */
const rounds = 3;

/** Carries the plan out, then looks again: what counts is what the host says afterwards. */
export async function converge(
  plan: Pick<Plan, 'actions' | 'handovers'>,
  deeds: Deeds,
  look: () => Promise<Observation>,
  options: ConvergeOptions,
): Promise<Convergence> {
  const results: ActionResult[] = [];
  let work = plan;
  let { observation } = deeds;
  for (let round = 1; ; round++) {
    const ended = await carryOut(work, { ...deeds, observation }, options);
    results.push(...ended);
    const settled = await settle(deeds.desired, look, options);
    const left = settled.changes.actions;
    const mayGoOn = round < rounds && !options.signal.aborted && ended.every(({ outcome }) => outcome === 'done');
    if (left.length === 0 || !mayGoOn || !isSafe(settled, deeds)) {
      return { results, left, waiting: settled.changes.waiting, held: heldOf(settled.changes, deeds.desired), ...settled };
    }
    work = settled.changes;
    observation = settled.observation;
  }
}

/** The host is as desired, at every place. */
export const isConverged = ({ left, waiting, held, results }: Convergence): boolean =>
  left.length + waiting.length + held.length === 0 && results.every(({ outcome }) => outcome === 'done');

function heldOf({ unknown }: Changes, { state }: Desired): UnknownPlace[] {
  return unknown.filter(({ path }) => {
    const [, section, key] = path.split('/');
    if (key === undefined || (section !== 'files' && section !== 'units' && section !== 'sessions')) return true;
    return state[section][unescapePointer(key)] !== undefined;
  });
}

const isSafe = ({ changes, observation }: Settled, { desired }: Deeds): boolean =>
  !changes.diagnostics.some(isError) && violationsOf(changes, desired, observation).length === 0;

type Settled = Pick<Convergence, 'changes' | 'observation'>;

async function settle(desired: Desired, look: () => Promise<Observation>, options: ConvergeOptions): Promise<Settled> {
  const deadline = options.now() + options.settleMs;
  for (;;) {
    const observation = await look();
    const changes = planChanges(desired, observation, options.hold);
    if (changes.waiting.length === 0 || options.now() >= deadline || options.signal.aborted) return { observation, changes };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
