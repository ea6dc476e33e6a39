/** Queues side by side: within a lane order is kept, between lanes there is none. */
export type Lanes<T> = Map<string, Map<string, T>>;

export function put<T>(lanes: Lanes<T>, lane: string, id: string, item: T): void {
  const queue = lanes.get(lane);
  if (queue === undefined) lanes.set(lane, new Map([[id, item]]));
  else queue.set(id, item);
}

export function take<T>(lanes: Lanes<T>, lane: string, id: string): void {
  const queue = lanes.get(lane);
  if (queue?.delete(id) && queue.size === 0) lanes.delete(lane);
}

export function head<T>(lanes: Lanes<T>, lane: string): T | undefined {
  const [first] = lanes.get(lane)?.values() ?? [];
  return first;
}
