import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Observation } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import { type Derived, derive } from './derive.ts';
import { patchOf } from './differences.ts';
import { driftOf } from './drift.ts';
import { hiddenPlaces } from './hidden.ts';
import { holdBack } from './hold-back.ts';
import type { HoldCode, HoldOptions } from './holds.ts';
import { inOrder } from './keys.ts';
import { muteConnectors } from './mute-connectors.ts';
import { type NormalState, normalise } from './normalise.ts';
import { orderActions } from './order.ts';
import { pointer } from './pointer.ts';
import { deferred, left, withRelaunched } from './settled.ts';
import { transitionsOf } from './transitions.ts';

export interface Changes extends Pick<Plan, 'actions' | 'handovers' | 'patch' | 'drift' | 'pending' | 'waiting' | 'unknown'> {
  readonly diagnostics: readonly Diagnostic[];
  /** What kind of reason each place of `unknown` has that could have been acted upon. */
  readonly held: ReadonlyMap<string, HoldCode>;
  /** Observed and desired as they were compared: `patch` turns the one into the other. */
  readonly before: NormalState;
  readonly after: NormalState;
}

/** What turns observed into desired, and what stands in the way. Pure: the same inputs give the same bytes. */
export const planChanges = (desired: Desired, observation: Observation, options: HoldOptions): Changes =>
  changesFrom(derive(observation, desired), desired, options);

/** The same for whoever has use of what was derived. */
export function changesFrom(raw: Derived, given: Desired, options: HoldOptions): Changes {
  const desired = inNameOrder(given);
  const held = holdBack(desired, raw, options);
  const untouchable = new Set([...raw.unknown, ...held.places].map(({ path }) => path));
  const later = deferred(desired, raw, (unit) => options.relaunch === true && !isUntouchable(unit, untouchable));
  const derived = withRelaunched(raw, later.relaunched);
  const unknown = [...derived.unknown, ...held.places];
  const paths = unknown.map(({ path }) => path);
  const unseen = [...later.places, ...left(desired, derived)];
  const comparison = normalise(desired, derived, hiddenPlaces([...paths, ...unseen]));
  const { differences } = comparison;
  // What is suspended is left alone; that it has drifted is said all the same.
  const seen =
    held.suspended.size === 0
      ? comparison
      : normalise(desired, derived, hiddenPlaces([...paths.filter((path) => !held.suspended.has(path)), ...unseen]));
  const transitions = transitionsOf(differences, desired, derived);
  const { actions, handovers } = orderActions(transitions, desired, derived);
  return {
    actions,
    handovers,
    patch: patchOf(differences),
    drift: driftOf(seen.differences, derived),
    pending: later.pending,
    waiting: waitingUnits(desired, derived),
    unknown,
    diagnostics: [...held.diagnostics, ...muteConnectors(desired, derived)],
    held: held.codes,
    get before() {
      return comparison.before;
    },
    get after() {
      return comparison.after;
    },
  };
}

const isUntouchable = (unit: string, paths: ReadonlySet<string>): boolean =>
  ['/units', `/units/${pointer(unit)}`, `/units/${pointer(unit)}/active`, `/units/${pointer(unit)}/config`].some((path) =>
    paths.has(path),
  );

/** Of two that could be named as the reason, it is always the same one. */
function inNameOrder(desired: Desired): Desired {
  const names = [...desired.agents.keys()];
  const ordered = inOrder(names);
  if (ordered === names) return desired;
  const agents = new Map<string, DesiredAgent>();
  for (const name of ordered) {
    const agent = desired.agents.get(name);
    if (agent !== undefined) agents.set(name, agent);
  }
  return { ...desired, agents };
}

function waitingUnits(desired: Desired, derived: Derived): string[] {
  return [...derived.verdicts.values()]
    .filter(({ unit, phase }) => phase === 'starting' && desired.state.units[unit]?.active === true)
    .map(({ unit }) => unit);
}
