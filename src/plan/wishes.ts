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
export function grantWishes(
  actions: readonly Action[],
  positions: ReadonlyMap<string, number>,
  wishes: readonly Wish[],
): readonly Action[] {
  if (wishes.length === 0) return actions;
  const wished = [...actions];
  const afterOf = (id: string): readonly string[] => wished[positions.get(id) ?? -1]?.after ?? [];
  for (const wish of wishes) {
    const granted = wish.find(
      (one) => positions.has(one.action) && positions.has(one.after) && !waitsFor(afterOf, one.after, one.action),
    );
    const position = granted === undefined ? undefined : positions.get(granted.action);
    const action = position === undefined ? undefined : wished[position];
    if (granted === undefined || position === undefined || action === undefined) continue;
    wished[position] = { ...action, after: [...new Set([...action.after, granted.after])] };
  }
  return wished;
}

function waitsFor(afterOf: (id: string) => readonly string[], action: string, other: string): boolean {
  const open = [action];
  const seen = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === other) return true;
    for (const id of afterOf(next)) {
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(id);
    }
  }
  return false;
}
