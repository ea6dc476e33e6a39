/** What may have happened. It is never told what to do, only to look. */
export type Trigger =
  | 'start'
  | 'revision'
  | 'unit'
  | 'session'
  | 'connector'
  | 'file'
  | 'resync'
  | 'signal'
  | 'reconcile'
  | 'suspension';

/** Reasons to look that came since the last look: however many, they are one look. */
export class Wakes {
  readonly #triggers = new Set<Trigger>();
  #wake = (): void => {};

  add(trigger: Trigger): void {
    this.#triggers.add(trigger);
    this.#wake();
  }

  take(): readonly Trigger[] {
    const triggers = [...this.#triggers];
    this.#triggers.clear();
    return triggers;
  }

  /** Resolves when there is a reason to look, after `ms` milliseconds, or when the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#triggers.size > 0 || signal.aborted || ms <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    clearTimeout(timer);
    signal.removeEventListener('abort', this.#wake);
    this.#wake = () => {};
  }
}

/** What setTimeout takes. */
const longestTimerMs = 2 ** 31 - 1;
