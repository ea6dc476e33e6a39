/** What is kept of what is over, so that it is known when it comes again: 10,000 of them, for 30 days. */
export const kept = { ids: 10_000, ms: 30 * 24 * 60 * 60 * 1000 } as const;

/** Takes out of `entries`, oldest first, what is over and more than is kept, or older; gives what it took. `now` in milliseconds of the wall clock. */
export function forgetOld<T>(entries: Map<string, T>, overSince: (entry: T) => string | null, now: number): readonly T[] {
  const taken: T[] = [];
  let excess = entries.size - kept.ids;
  for (const [id, entry] of entries) {
    const since = overSince(entry);
    if (since === null) continue;
    if (excess <= 0 && now - Date.parse(since) < kept.ms) break;
    entries.delete(id);
    taken.push(entry);
    excess -= 1;
  }
  return taken;
}
