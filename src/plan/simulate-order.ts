import type { Action } from '../model/plan.ts';
import type { Violation } from './simulate-violations.ts';

/** How the actions of a plan follow each other: positions in the plan's list. */
export interface Sequence {
  readonly actions: readonly Action[];
  /** What became of each action; 0 while it is not over. */
  readonly outcomes: Uint8Array;
  readonly dependants: readonly number[][];
  /** How many actions each one still waits for. */
  readonly waiting: Int32Array;
  readonly positions: ReadonlyMap<string, number>;
}

export const succeeded = 1;
export const failed = 2;

/** What happens when an action begins and when it ends; `finish` says whether it succeeded. */
export interface Deed {
  begin(position: number): void;
  finish(position: number): boolean;
  /** Something that it comes after failed. */
  skip(position: number): void;
}

/**
 * `plan`: one at a time, as listed. `together`: whatever may run at once does, and ends in the order in which it began.
 * `pick`: the next event is chosen among the running actions (to end) and the ready ones (to begin).
 */
export type Order = 'plan' | 'together' | { readonly pick: (ready: number) => number };

export function sequence(actions: readonly Action[]): { readonly sequence: Sequence; readonly violations: readonly Violation[] } {
  const violations: Violation[] = [];
  const positions = new Map<string, number>();
  for (const [position, { id }] of actions.entries()) {
    if (positions.has(id)) violations.push({ kind: 'duplicate-id', action: id, about: id });
    else positions.set(id, position);
  }
  const dependants: number[][] = actions.map(() => []);
  const waiting = new Int32Array(actions.length);
  for (const [position, action] of actions.entries()) {
    for (const id of action.after) {
      const earlier = positions.get(id);
      if (earlier === undefined) violations.push({ kind: 'unknown-dependency', action: action.id, about: id });
      else {
        dependants[earlier]?.push(position);
        waiting[position] = (waiting[position] ?? 0) + 1;
      }
    }
  }
  return { sequence: { actions, outcomes: new Uint8Array(actions.length), dependants, waiting, positions }, violations };
}

/** Carries a plan out in an order that its `after` allows. An action that is never reached waits, in the end, for itself. */
export function carryOut(plan: Sequence, deed: Deed, order: Order): readonly Violation[] {
  const settle = settler(plan, deed);
  if (order === 'plan') oneByOne(plan, deed, settle);
  else if (order === 'together') allTogether(plan, deed, settle);
  else asPicked(plan, deed, settle, order.pick);
  const stuck = plan.outcomes.indexOf(0);
  const action = stuck < 0 ? undefined : plan.actions[stuck];
  return action === undefined ? [] : [{ kind: 'cycle', action: action.id, about: action.id }];
}

/** Ends an action and hands the ones that may now begin to `ready`; what comes after a failure is skipped, but for a reload. */
type Settle = (position: number, success: boolean, ready: (position: number) => void) => void;

function settler({ actions, outcomes, dependants, waiting }: Sequence, deed: Deed): Settle {
  const blocked = new Uint8Array(actions.length);
  return (position, success, ready) => {
    const over = [position];
    outcomes[position] = success ? succeeded : failed;
    for (let current = over.pop(); current !== undefined; current = over.pop()) {
      const harmless = outcomes[current] === succeeded;
      for (const next of dependants[current] ?? []) {
        if (!harmless && actions[next]?.verb !== 'reload') blocked[next] = 1;
        const left = (waiting[next] ?? 0) - 1;
        waiting[next] = left;
        if (left > 0) continue;
        if (blocked[next] === 0) ready(next);
        else {
          outcomes[next] = failed;
          deed.skip(next);
          over.push(next);
        }
      }
    }
  };
}

function oneByOne(plan: Sequence, deed: Deed, settle: Settle): void {
  const overdue: number[] = [];
  const ready = Uint8Array.from(plan.waiting, (count) => (count === 0 ? 1 : 0));
  for (let cursor = 0; cursor < ready.length; cursor++) {
    if (ready[cursor] === 0) continue;
    for (let position: number | undefined = cursor; position !== undefined; position = overdue.pop()) {
      deed.begin(position);
      settle(position, deed.finish(position), (next) => {
        if (next < cursor) overdue.push(next);
        else ready[next] = 1;
      });
    }
  }
}

function allTogether(plan: Sequence, deed: Deed, settle: Settle): void {
  const started: number[] = [];
  const begin = (position: number): void => {
    started.push(position);
    deed.begin(position);
  };
  for (const position of unhindered(plan)) begin(position);
  for (let next = 0; next < started.length; next++) {
    const position = started[next] ?? 0;
    settle(position, deed.finish(position), begin);
  }
}

function asPicked(plan: Sequence, deed: Deed, settle: Settle, pick: (ready: number) => number): void {
  const running: number[] = [];
  const ready = unhindered(plan);
  while (running.length + ready.length > 0) {
    const choice = pick(running.length + ready.length);
    const [ending] = running.splice(choice, 1);
    if (ending !== undefined) settle(ending, deed.finish(ending), (position) => ready.push(position));
    else {
      const [starting] = ready.splice(choice - running.length, 1);
      if (starting === undefined) throw new RangeError(`picked ${choice} of ${running.length + ready.length}`);
      running.push(starting);
      deed.begin(starting);
    }
  }
}

const unhindered = ({ waiting }: Sequence): number[] => [...waiting.keys()].filter((position) => waiting[position] === 0);
