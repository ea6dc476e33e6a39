import { vi } from 'vitest';

interface Timer {
  readonly id: number;
  readonly at: number;
  readonly run: () => void;
}

/** What happens by itself, at every full interval for as long as it is due. */
export interface Beat {
  readonly everyMs: number;
  isDue(): boolean;
  run(): void;
}

/**
 * Time that passes only while everybody waits. It takes the place of `setTimeout`; `vi.unstubAllGlobals` gives that back. The date
 * may jump, `now` never does.
 */
export class Clock {
  beat: Beat | null = null;
  #now = 1_000_000;
  #midnight = Date.UTC(2026, 0, 1) - 1_000_000;
  #timers: Timer[] = [];
  #lastId = 0;

  constructor() {
    vi.stubGlobal('setTimeout', (run: () => void, ms = 0): number => {
      this.#lastId += 1;
      this.#timers.push({ id: this.#lastId, at: this.#now + ms, run });
      return this.#lastId;
    });
    vi.stubGlobal('clearTimeout', (id: number | undefined): void => {
      this.#timers = this.#timers.filter((timer) => timer.id !== id);
    });
  }

  readonly now = (): number => this.#now;
  readonly date = (): Date => new Date(this.#midnight + this.#now);

  /** Somebody sets the clock of the wall. */
  jump(ms: number): void {
    this.#midnight += ms;
  }

  /** Time passes until this work is done, and no longer. */
  async finish<Result>(work: Promise<Result>): Promise<Result> {
    let done = false;
    const mark = (): void => {
      done = true;
    };
    work.then(mark, mark);
    for (let still = 0; !done; still += 1) {
      await turn();
      if (!done && this.step(Number.POSITIVE_INFINITY)) still = 0;
      if (still > 100_000) throw new Error('it waits for something that never happens');
    }
    return work;
  }

  /** Goes on to the next thing that happens, at most to `until`. Says whether anything did. */
  step(until: number): boolean {
    const first = this.#timers.reduce<Timer | null>((best, timer) => (best === null || timer.at < best.at ? timer : best), null);
    const beat = this.beat;
    const beatAt = beat?.isDue() ? (Math.floor(this.#now / beat.everyMs) + 1) * beat.everyMs : Number.POSITIVE_INFINITY;
    const at = Math.min(first?.at ?? Number.POSITIVE_INFINITY, beatAt);
    if (at > until || at === Number.POSITIVE_INFINITY) {
      if (Number.isFinite(until)) this.#now = Math.max(this.#now, until);
      return false;
    }
    this.#now = Math.max(this.#now, at);
    // The beat comes first: timers that are set again and again must not drown it.
    if (first !== null && first.at < beatAt) {
      this.#timers = this.#timers.filter((timer) => timer !== first);
      first.run();
    } else beat?.run();
    return true;
  }
}

/** Lets everything go on that waits for nothing, or only for the others to have begun. */
export async function turn(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
