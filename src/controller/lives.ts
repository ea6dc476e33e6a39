import type { Verdict } from '../plan/derive.ts';

/** Since when each unit has been seen live in one and the same run, by unit; monotonic milliseconds. */
export type Lives = ReadonlyMap<string, { readonly invocation: string; readonly since: number }>;

export function noteLives(lives: Lives, verdicts: Iterable<Verdict>, now: number): Lives {
  const next = new Map<string, { readonly invocation: string; readonly since: number }>();
  for (const { unit, phase, raw } of verdicts) {
    const before = lives.get(unit);
    // Where one witness could not be asked, the other tells that it is still the same run.
    if (phase !== 'live' && !(phase === 'unknown' && before?.invocation === raw.invocation)) continue;
    next.set(unit, before?.invocation === raw.invocation ? before : { invocation: raw.invocation, since: now });
  }
  return next;
}
