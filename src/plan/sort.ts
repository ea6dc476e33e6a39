import type { Action } from '../model/plan.ts';

/**
 * The actions in an order in which each comes after all that it waits for; otherwise as given. `positions` says where in the list
 * each one stands, by id. Throws where they wait for one another in a circle: that would be a defect of the planner.
 */
export function inDependencyOrder(actions: readonly Action[], positions: ReadonlyMap<string, number>): readonly Action[] {
  if (isOrdered(actions, positions)) return actions;
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
      const earlier = actions[positions.get(id) ?? -1];
      if (earlier !== undefined) visit(earlier);
    }
    path.pop();
    state.set(action.id, 'done');
    sorted.push(action);
  };
  for (const action of actions) visit(action);
  return sorted;
}

const isOrdered = (actions: readonly Action[], positions: ReadonlyMap<string, number>): boolean =>
  actions.every(({ after }, position) => after.every((id) => (positions.get(id) ?? position) < position));
