import type { Desired } from '../model/desired.ts';
import type { Action, Handover } from '../model/plan.ts';
import { contendersOf, countBoot } from './simulate-boot.ts';
import { type SimulatedHost, unitNamed } from './simulate-host.ts';
import { endOf, hostOf } from './simulate-open.ts';
import { carryOut, type Deed, failed, type Order, type Sequence, sequence, succeeded } from './simulate-order.ts';
import { type Case, handoverUnit, runningOf } from './simulate-rules.ts';
import type { SimulationStart } from './simulate-start.ts';
import { beginAction, comeBack, finishAction } from './simulate-verbs.ts';
import type { Violation } from './simulate-violations.ts';

/** The part of a plan that is judged. */
export interface JudgedPlan {
  readonly actions: readonly Action[];
  readonly handovers: readonly Handover[];
}

export interface JudgeOptions {
  /** Default: one at a time, as listed. */
  readonly order?: Order;
  readonly fails?: (action: Action) => boolean;
}

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly end: SimulationStart;
  /** Actions that were not carried out because something that they come after failed. */
  readonly skipped: readonly string[];
}

/**
 * Tries a plan out on a simulated host and says which rules it breaks; linear in the size of host and plan. The rules are those of
 * `docs/architecture.md`, "the floor at every step", and know nothing of how the plan was made.
 */
export function judge(start: SimulationStart, plan: JudgedPlan, desired: Desired, options: JudgeOptions = {}): Judgement {
  const violations: Violation[] = [];
  const order = sequence(plan.actions);
  violations.push(...order.violations);
  const judged = open(start, plan, order.sequence, desired, violations);
  const skipped: string[] = [];
  const deed = deedOf(judged, start, options.fails ?? (() => false), skipped);
  violations.push(...carryOut(order.sequence, deed, options.order ?? 'plan'));
  if (!order.sequence.outcomes.includes(failed)) judgeReload(judged);
  return {
    violations,
    skipped,
    get end() {
      return endOf(judged.host);
    },
  };
}

/** One action of a run that took place, as it ended. */
export interface Step {
  readonly id: string;
  readonly failed: boolean;
}

/** Judges a run after the fact: the actions in the order in which they ended. */
export function judgeRun(
  start: SimulationStart,
  plan: JudgedPlan,
  desired: Desired,
  steps: readonly Step[],
): Omit<Judgement, 'skipped'> {
  const violations: Violation[] = [];
  const order = sequence(plan.actions);
  violations.push(...order.violations);
  const judged = open(start, plan, order.sequence, desired, violations);
  const failures = new Set(steps.filter((step) => step.failed).map((step) => step.id));
  const deed = deedOf(judged, start, (action) => failures.has(action.id), []);
  for (const step of steps) {
    const position = order.sequence.positions.get(step.id);
    const action = position === undefined ? undefined : plan.actions[position];
    if (position === undefined || action === undefined) {
      violations.push({ kind: 'unknown-dependency', action: null, about: step.id });
      continue;
    }
    if (!mayRun(order.sequence, action)) judged.report('out-of-order', action.id, action);
    deed.begin(position);
    order.sequence.outcomes[position] = deed.finish(position) ? succeeded : failed;
  }
  return { violations, end: endOf(judged.host) };
}

const mayRun = ({ positions, outcomes }: Sequence, action: Action): boolean =>
  action.verb === 'reload' || action.after.every((id) => outcomes[positions.get(id) ?? -1] === succeeded);

function open(start: SimulationStart, plan: JudgedPlan, order: Sequence, desired: Desired, violations: Violation[]): Case {
  const host = hostOf(start, desired);
  // One that goes on in another role comes back with files that no plan knows of.
  const wayBack = plan.handovers.filter(({ leaving, movers }) => !movers.includes(leaving));
  const beginnings = new Map<string, number>();
  const endings = new Set<string>();
  plan.actions.forEach(({ verb, unit }, position) => {
    if (unit === null) return;
    if (verb === 'start' || verb === 'restart') beginnings.set(unit, position);
    else if (verb === 'stop') endings.add(unit);
  });
  const judged: Case = {
    host,
    desired,
    plan: order,
    leaving: new Map(plan.handovers.map((handover) => [handoverUnit(handover.leaving), handover])),
    entering: new Map(wayBack.map((handover) => [handoverUnit(handover.entering), handover])),
    beginnings,
    endings,
    stale: staleFiles(host, desired),
    atStart: start.files,
    contenders: contendersOf(start, desired),
    unannounced: new Set(),
    unread: new Set(),
    reading: new Map(),
    report: (kind, about, action) => violations.push({ kind, action: action?.id ?? null, about }),
  };
  countProviders(judged);
  countBoot(judged);
  return judged;
}

/** Of those that are desired, whatever is not there in this form; of those that are not, whatever is there. */
function staleFiles({ files }: SimulatedHost, { state }: Desired): number {
  const wanted = Object.keys(state.files);
  let present = 0;
  let fresh = 0;
  for (const key of wanted) {
    const digest = files.get(key);
    if (digest !== undefined) present++;
    if (digest === state.files[key]) fresh++;
  }
  return wanted.length - fresh + (files.size - present);
}

/** Units that the plan brings into a team, besides those that serve in it already. */
function countProviders(judged: Case): void {
  for (const name of judged.beginnings.keys()) {
    const unit = unitNamed(judged.host, judged.desired, name);
    const team = unit === null ? null : runningOf(judged, unit).team;
    if (unit === null || team === null || unit.servingIn === team) continue;
    team.entrant = unit;
    if (unit.servingIn?.role === 'enhancer' && team.role === 'enhancer') team.exchanged = unit;
    else team.providers++;
  }
}

function deedOf(judged: Case, start: SimulationStart, fails: (action: Action) => boolean, skipped: string[]): Deed {
  const actionAt = (position: number): Action => {
    const action = judged.plan.actions[position];
    if (action === undefined) throw new RangeError(`no action ${position}`);
    return action;
  };
  return {
    begin: (position) => beginAction(judged, actionAt(position)),
    finish: (position) => {
      const action = actionAt(position);
      const success = !fails(action);
      finishAction(judged, action, success);
      if (!success) comeBack(judged, start, action);
      return success;
    },
    skip: (position) => {
      const action = actionAt(position);
      skipped.push(action.id);
      comeBack(judged, start, action);
    },
  };
}

function judgeReload({ unread, unannounced, report }: Case): void {
  const [forgotten] = [...unread, ...unannounced];
  if (forgotten !== undefined) report('reload-missing', forgotten, null);
}
