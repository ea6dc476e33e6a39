import type { Desired } from '../model/desired.ts';
import { isError } from '../model/diagnostic.ts';
import type { Observation } from '../model/observation.ts';
import type { Action, Plan, UnknownPlace } from '../model/plan.ts';
import { PortError } from '../model/ports.ts';
import { type Changes, planChanges } from '../plan/changes.ts';
import type { HoldOptions } from '../plan/holds.ts';
import { unescapePointer } from '../plan/pointer.ts';
import type { Deeds } from './execute.ts';
import { keepEnding } from './probation.ts';
import { type ActionResult, carryOut, type RunOptions } from './run.ts';
import { violationsOf } from './safety.ts';

export interface Convergence {
  readonly results: readonly ActionResult[];
  /** What a plan would still do after the run; empty when the host is as desired. */
  readonly left: readonly Action[];
  /** Units that were still coming up at the deadline, and those that came up and do not stay up. */
  readonly waiting: readonly string[];
  /** Desired places that were left alone: held back, or unreadable. */
  readonly held: readonly UnknownPlace[];
  /** Why the writer lock was lost during the run, which ended it; nothing may be recorded then. `null` where it was kept. */
  readonly lockLost: string | null;
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
    const settled = await settle(deeds, look, options);
    const left = settled.changes.actions;
    const mayGoOn = round < rounds && !isStopped(deeds, options) && ended.every(({ outcome }) => outcome === 'done');
    if (left.length === 0 || !mayGoOn || !isSafe(settled, deeds)) {
      const waiting = await unsettled(results, settled, deeds, options);
      const { lost } = deeds.writers.lock;
      const lockLost = lost.aborted ? String(lost.reason) : null;
      return { results, left, waiting, held: heldOf(settled.changes, deeds.desired), lockLost, ...settled };
    }
    work = settled.changes;
    observation = settled.observation;
  }
}

/** The host is as desired, at every place. */
export const isConverged = ({ left, waiting, held, lockLost, results }: Convergence): boolean =>
  lockLost === null && left.length + waiting.length + held.length === 0 && results.every(({ outcome }) => outcome === 'done');

/** Desired places that were left alone. */
export function heldOf({ unknown }: Pick<Changes, 'unknown'>, { state }: Desired): UnknownPlace[] {
  return unknown.filter(({ path }) => {
    const [, section, key] = path.split('/');
    if (key === undefined || (section !== 'files' && section !== 'units' && section !== 'sessions')) return true;
    return state[section][unescapePointer(key)] !== undefined;
  });
}

const isSafe = ({ changes, observation }: Settled, { desired }: Deeds): boolean =>
  !changes.diagnostics.some(isError) && violationsOf(changes, desired, observation).length === 0;

type Settled = Pick<Convergence, 'changes' | 'observation'>;

async function settle(deeds: Deeds, look: () => Promise<Observation>, options: ConvergeOptions): Promise<Settled> {
  const deadline = options.now() + options.settleMs;
  for (;;) {
    const observation = await look();
    const changes = planChanges(deeds.desired, observation, options.hold);
    if (changes.waiting.length === 0 || options.now() >= deadline || isStopped(deeds, options)) return { observation, changes };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const isStopped = ({ writers }: Deeds, { signal }: ConvergeOptions): boolean => signal.aborted || writers.lock.lost.aborted;

/** What is coming up, and what this run has started and looks well, but does not stay up. */
async function unsettled(
  results: readonly ActionResult[],
  { changes, observation }: Settled,
  deeds: Deeds,
  options: ConvergeOptions,
): Promise<readonly string[]> {
  const { actions, waiting } = changes;
  if (actions.length > 0 || !observation.units.known || isStopped(deeds, options)) return waiting;
  const started = results.flatMap(({ action: { unit, verb }, outcome }) =>
    outcome === 'done' && (verb === 'start' || verb === 'restart') && unit !== null && !waiting.includes(unit) ? [unit] : [],
  );
  const { readers, writers } = deeds;
  const unasked = new Set(writers.units.unasked());
  const suspects = [...new Set(started)].filter((unit) => unasked.has(unit));
  return [...waiting, ...(await keepEnding(suspects, readers.units, options).catch(nothingSeen))].sort();
}

function nothingSeen(error: unknown): readonly string[] {
  if (error instanceof PortError) return [];
  throw error;
}
