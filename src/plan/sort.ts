import type { Action } from '../model/plan.ts';

/**
 * The actions in an order in which each comes after all that it waits for; otherwise as given.
 * Throws where they wait for one another in a circle: that would be a defect of the planner.
 */
export function inDependencyOrder(actions: readonly Action[]): readonly Action[] {
  if (isOrdered(actions)) return actions;
  const byId = new Map(actions.map((action) => [action.id, action]));
  const sorted: Action[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (action: Action): void => {
    const known = state.get(action.id);
    if (known === 'done') return;
    if (known === 'open')
      throw new Error(`actions wait for one another: ${[...path.slice(path.indexOf(action.id)), action.id].join(' <- ')}`);
    state.set(action.id, 'open');
    path.push(action.id);
    for (const id of action.after) {
      const earlier = byId.get(id);
      if (earlier !== undefined) visit(earlier);
    }
    path.pop();
    state.set(action.id, 'done');
    sorted.push(action);
  };
  for (const action of actions) visit(action);
  return sorted;
}

function isOrdered(actions: readonly Action[]): boolean {
  const seen = new Set<string>();
  return actions.every((action) => {
    const ordered = action.after.every((id) => seen.has(id));
    seen.add(action.id);
    return ordered;
  });
}
