import type { Digest } from '../model/digest.ts';
import type { Verdict } from '../plan/derive.ts';

/** Since when each unit has been seen live in one and the same run, by unit; monotonic milliseconds. */
export type Lives = ReadonlyMap<string, Life>;

interface Life {
  readonly invocation: string;
  readonly since: number;
  /** What it was started with; `null`: nobody can tell. */
  readonly config: Digest | null;
}

export function noteLives(lives: Lives, verdicts: Iterable<Verdict>, now: number): Lives {
  const next = new Map<string, Life>();
  for (const { unit, phase, raw, record } of verdicts) {
    const before = lives.get(unit);
    // Where one witness could not be asked, the other tells that it is still the same run.
    if (phase !== 'live' && !(phase === 'unknown' && before?.invocation === raw.invocation)) continue;
    const isSame = before?.invocation === raw.invocation;
    const config = record?.config ?? (isSame ? before.config : null);
    next.set(unit, { invocation: raw.invocation, since: isSame ? before.since : now, config });
  }
  return next;
}
