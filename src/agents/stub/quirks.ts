/**
 * Ways in which agents' terminals differ or misbehave, for tests of delivery. Asked for by `STUB_QUIRKS` in the agent's
 * environment: words with optional values, divided by commas, such as `swallow-enter=1,slow-mount=500`.
 */
export interface Quirks {
  /** This many times Enter does nothing. */
  readonly swallowEnter: number;
  /** Milliseconds after a paste within which Enter is taken for a part of it. */
  readonly enterIntoPaste: number;
  /** Milliseconds from start until the terminal is set up; what is typed before is lost. */
  readonly slowMount: number;
  /** Milliseconds by which the transcript lags behind; `null`: there is none. */
  readonly transcript: number | null;
  /** The terminal stays in canonical mode: lines of at most 4095 bytes, no bracketed paste. */
  readonly canonical: boolean;
  /** Dim text that an empty composer proposes. */
  readonly suggestion: string;
  /** Milliseconds that a turn takes. */
  readonly turn: number;
}

export function parseQuirks(text: string): Quirks {
  const words = new Map(
    text.split(',').map((word) => [word.replace(/=.*/s, '').trim(), /=(.*)/s.exec(word)?.[1] ?? ''] as const),
  );
  const number = (word: string, fallback: number): number => {
    const value = Number.parseInt(words.get(word) ?? '', 10);
    return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
  };
  return {
    swallowEnter: number('swallow-enter', words.has('swallow-enter') ? 1 : 0),
    enterIntoPaste: number('enter-into-paste', words.has('enter-into-paste') ? 100 : 0),
    slowMount: number('slow-mount', words.has('slow-mount') ? 1000 : 0),
    transcript: words.has('no-transcript') ? null : number('late-transcript', 0),
    canonical: words.has('canonical'),
    suggestion: words.get('suggestion') ?? '',
    turn: number('turn', 200),
  };
}
