import type { ConnectorClock } from '../../src/model/connectors.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only while everybody waits. */
export class VirtualClock implements ConnectorClock {
  #now = 0;
  #midnight = Date.UTC(2026, 0, 1);
  readonly #timers = new Set<Timer>();
  readonly random: () => number;

  constructor(random: () => number = () => 0.5) {
    this.random = random;
  }

  readonly now = (): number => this.#now;
  readonly date = (): Date => new Date(this.#midnight + this.#now);

  /** Somebody sets the clock of the wall. */
  jump(milliseconds: number): void {
    this.#midnight += milliseconds;
  }

  readonly sleep = (milliseconds: number, stop?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (stop?.aborted === true) {
        resolve();
        return;
      }
      const wake = (): void => {
        this.#timers.delete(timer);
        stop?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = { at: this.#now + Math.max(0, milliseconds), run: wake };
      this.#timers.add(timer);
      stop?.addEventListener('abort', wake, { once: true });
    });

  /** Time passes until it is so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 7 * 24 * 60 * 60 * 1000): Promise<void> {
    const end = this.#now + withinMs;
    for (;;) {
      await turn();
      if (await isSo()) return;
      if (!this.#step(end)) throw new Error(`this never happened: ${what}`);
    }
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await turn();
      if (!this.#step(end)) break;
    }
    this.#now = end;
    await turn();
  }

  /** Timers that are set: what has ended leaves none. */
  get pending(): number {
    return this.#timers.size;
  }

  #step(end: number): boolean {
    const next = Math.min(...[...this.#timers].map(({ at }) => at));
    if (next > end) return false;
    this.#now = Math.max(this.#now, next);
    for (const timer of [...this.#timers]) if (timer.at <= this.#now) timer.run();
    return true;
  }
}

/** Lets everything go on that waits for nothing. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
