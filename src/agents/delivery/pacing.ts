/** Something that has happened since it was last taken, for one who waits for it. */
export class Nudge {
  #due = false;
  #wake = (): void => {};

  get isDue(): boolean {
    return this.#due;
  }

  now(): void {
    this.#due = true;
    this.#wake();
  }

  take(): void {
    this.#due = false;
  }

  /** Milliseconds, or until something happens or the signal aborts; whether something has happened. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#due) await this.#rest(milliseconds, signal, true);
    return this.#due;
  }

  /** The same, whatever happens meanwhile. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return this.#rest(milliseconds, signal, false);
  }

  async #rest(milliseconds: number, signal: AbortSignal, wakes: boolean): Promise<void> {
    if (signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    let end = (): void => {};
    await new Promise<void>((resolve) => {
      end = resolve;
      if (wakes) this.#wake = resolve;
      timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', end, { once: true });
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    this.#wake = () => {};
  }
}

/** So many at once; the others wait, first come, first served. */
export class Turnstile {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((admit) => this.#waiting.push(admit));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
