import type { Action } from '../model/plan.ts';

/** An order that is better kept, where nothing else forbids it: the first of the alternatives that can be had. */
export type Wish = readonly Alternative[];

export interface Alternative {
  readonly action: string;
  readonly after: string;
}

/**
 * Adds each wish in turn unless the actions would then wait for one another: agents that change places, within a fleet or among
 * fleets, cannot all have what is best for them. Wishes about actions that are not there mean nothing.
 */
export function grantWishes(actions: readonly Action[], wishes: readonly Wish[]): readonly Action[] {
  if (wishes.length === 0) return actions;
  const after = new Map(actions.map((action) => [action.id, action.after]));
  for (const wish of wishes) {
    const granted = wish.find((one) => after.has(one.action) && after.has(one.after) && !waitsFor(after, one.after, one.action));
    if (granted !== undefined) after.set(granted.action, [...new Set([...(after.get(granted.action) ?? []), granted.after])]);
  }
  return actions.map((action) => ({ ...action, after: after.get(action.id) ?? action.after }));
}

function waitsFor(after: ReadonlyMap<string, readonly string[]>, action: string, other: string): boolean {
  const open = [action];
  const seen = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === other) return true;
    for (const id of after.get(next) ?? []) {
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(id);
    }
  }
  return false;
}
