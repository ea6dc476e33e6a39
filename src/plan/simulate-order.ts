import type { Action } from '../model/plan.ts';
import type { Violation } from './simulate-violations.ts';

/** How the actions of a plan follow each other: positions in the plan's list. */
export interface Sequence {
  readonly actions: readonly Action[];
  /** What became of each action; 0 while it is not over. */
  readonly outcomes: Uint8Array;
  /** What comes after action `i`: `followers` from `firstFollower[i]` to `firstFollower[i + 1]`. */
  readonly followers: Int32Array;
  readonly firstFollower: Int32Array;
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
  let count = 0;
  actions.forEach(({ id, after }, position) => {
    count += after.length;
    positions.set(id, position);
    if (positions.size + violations.length > position) return;
    violations.push({ kind: 'duplicate-id', action: id, about: id });
    positions.set(
      id,
      actions.findIndex((action) => action.id === id),
    );
  });
  // Typed arrays: a plan has tens of thousands of actions, and an array for each would cost more than judging it.
  const firstFollower = new Int32Array(actions.length + 1);
  const waiting = new Int32Array(actions.length);
  const edges = new Int32Array(2 * count);
  let end = 0;
  const placeOf = finder(positions);
  actions.forEach((action, position) => {
    for (let nth = 0; nth < action.after.length; nth++) {
      const id = action.after[nth] ?? '';
      const earlier = placeOf(id, nth);
      if (earlier === undefined) {
        violations.push({ kind: 'unknown-dependency', action: action.id, about: id });
        continue;
      }
      edges[end++] = earlier;
      edges[end++] = position;
      firstFollower[earlier + 1] = at(firstFollower, earlier + 1) + 1;
      waiting[position] = at(waiting, position) + 1;
    }
  });
  for (let i = 1; i < firstFollower.length; i++) firstFollower[i] = at(firstFollower, i) + at(firstFollower, i - 1);
  const followers = groupEdges(edges.subarray(0, end), firstFollower);
  return {
    sequence: { actions, outcomes: new Uint8Array(actions.length), followers, firstFollower, waiting, positions },
    violations,
  };
}

/** Neighbours in a plan wait for much the same: what the one before waited for in this place is known. */
function finder(positions: ReadonlyMap<string, number>): (id: string, nth: number) => number | undefined {
  const ids: string[] = [];
  const places: (number | undefined)[] = [];
  return (id, nth) => {
    if (ids[nth] === id) return places[nth];
    ids[nth] = id;
    places[nth] = positions.get(id);
    return places[nth];
  };
}

/** `edges` are pairs: an action, and one that comes after it. */
function groupEdges(edges: Int32Array, firstFollower: Int32Array): Int32Array {
  const followers = new Int32Array(edges.length / 2);
  const next = firstFollower.slice();
  for (let i = 0; i < edges.length; i += 2) {
    const earlier = at(edges, i);
    const slot = at(next, earlier);
    followers[slot] = at(edges, i + 1);
    next[earlier] = slot + 1;
  }
  return followers;
}

const at = (numbers: Int32Array, index: number): number => numbers[index] ?? 0;

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

function settler({ actions, outcomes, followers, firstFollower, waiting }: Sequence, deed: Deed): Settle {
  const blocked = new Uint8Array(actions.length);
  const over: number[] = [];
  return (position, success, ready) => {
    over.push(position);
    outcomes[position] = success ? succeeded : failed;
    for (let current = over.pop(); current !== undefined; current = over.pop()) {
      const harmless = outcomes[current] === succeeded;
      for (let i = at(firstFollower, current); i < at(firstFollower, current + 1); i++) {
        const next = at(followers, i);
        if (!harmless && actions[next]?.verb !== 'reload') blocked[next] = 1;
        const left = at(waiting, next) - 1;
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
  const ready = new Uint8Array(plan.waiting.length);
  plan.waiting.forEach((count, position) => {
    if (count === 0) ready[position] = 1;
  });
  let cursor = 0;
  const release = (next: number): void => {
    if (next < cursor) overdue.push(next);
    else ready[next] = 1;
  };
  for (; cursor < ready.length; cursor++) {
    if (ready[cursor] === 0) continue;
    for (let position: number | undefined = cursor; position !== undefined; position = overdue.pop()) {
      deed.begin(position);
      settle(position, deed.finish(position), release);
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
