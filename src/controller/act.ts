import { type ActionResult, carryOut } from '../apply/run.ts';
import { violationsOf } from '../apply/safety.ts';
import type { HistoryAction } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';
import type { Action } from '../model/plan.ts';
import { pointer } from '../plan/pointer.ts';
import { isFloorClass } from '../plan/roles.ts';
import type { Assessment } from './assess.ts';
import { type Ledger, noteCleared, noteFailure, noteSuccess } from './back-off.ts';
import { noteDone, type Repeats, tooOften } from './repeats.ts';
import type { World } from './world.ts';

export interface Acted {
  readonly results: readonly ActionResult[];
  /** Rules that the plan would have broken: then nothing was done. */
  readonly violations: readonly string[];
}

/** Carries out what the look asks for, unless the judge finds that it would break a rule. */
export async function act(desired: Desired, { changes, observation }: Assessment, world: World): Promise<Acted> {
  if (changes.actions.length === 0) return { results: [], violations: [] };
  const violations = violationsOf(changes, desired, observation);
  if (violations.length > 0) return { results: [], violations };
  const results = await carryOut(
    changes,
    { desired, observation, readers: world.readers, writers: world.writers },
    {
      ...world.pace,
      patience: { ms: world.pace.patienceMs, mayLeave: (action) => mayLeave(action, desired) },
      now: world.now,
      signal: world.signal,
      onEvent: () => {},
    },
  );
  return { results, violations: [] };
}

/** A restart of one who holds the floor is a gap: it is watched to its end. */
function mayLeave({ verb, kind, name }: Action, { agents }: Desired): boolean {
  if (kind === 'connector') return true;
  const agent = name === null ? undefined : agents.get(name);
  return verb === 'start' || verb === 'stop' || (verb === 'restart' && agent !== undefined && !isFloorClass(agent.class));
}

/** What came of it is learnt: what failed waits, what succeeded is forgotten, what is done again and again is no help. */
export function learn(
  { ledger, repeats }: { readonly ledger: Ledger; readonly repeats: Repeats },
  results: readonly ActionResult[],
  world: Pick<World, 'now' | 'random'>,
): { readonly ledger: Ledger; readonly repeats: Repeats } {
  const chance = { now: world.now(), random: world.random };
  const done = results.filter(({ outcome }) => outcome === 'done').map(({ action }) => action);
  const counted = noteDone(repeats, done, chance.now);
  const undone = undoneHandovers(results);
  let next = ledger;
  for (const { action, outcome, detail = '' } of results) {
    const costly = undone.has(action.unit ?? '');
    const evidence = `${action.id} at ${chance.now}`;
    if (outcome === 'failed')
      next = noteFailure(next, { resource: resourceOf(action), why: detail, evidence, source: 'action', costly }, chance);
    if (outcome === 'done' && action.verb === 'reset-failed') next = noteCleared(next, resourceOf(action));
    // A unit has to live on before its failures are forgotten.
    if (outcome === 'done' && action.unit === null) next = noteSuccess(next, resourceOf(action));
  }
  for (const action of tooOften(counted, done)) {
    const why = `${action.id} is done again and again, and does not last`;
    next = noteFailure(
      next,
      { resource: resourceOf(action), why, evidence: `repeated at ${chance.now}`, source: 'action' },
      chance,
    );
  }
  return { ledger: next, repeats: counted };
}

/** Units of those who were to become orchestrator, and did not live: the one before had to end for it. */
const undoneHandovers = (results: readonly ActionResult[]): ReadonlySet<string> =>
  new Set(
    results.flatMap(({ action: { verb, reason, unit } }) =>
      verb === 'disable' && reason === 'handover-failed' && unit !== null ? [unit] : [],
    ),
  );

/** What is held back where the action has failed: a unit, a file key, or a place. */
export function resourceOf({ id, unit, target, verb }: Action): string {
  if (verb === 'linger') return '/linger';
  if (verb === 'kill-session') return `/sessions/${pointer(id.slice('kill-session '.length))}`;
  return unit ?? target ?? verb;
}

export const historyAction = ({ action, outcome, detail }: ActionResult): HistoryAction => ({
  id: action.id,
  verb: action.verb,
  fleet: action.fleet,
  name: action.name,
  unit: action.unit,
  reason: action.reason,
  outcome,
  ...(detail === undefined ? {} : { detail }),
});
