import type { ActionResult } from '../apply/run.ts';
import type { ControllerStats, Histogram } from '../model/control.ts';

const passBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const healBounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Sums since the start of the process. */
export class Stats {
  readonly #passes = { idle: 0, acted: 0, failed: 0 };
  readonly #actions = new Map<string, { readonly verb: string; readonly outcome: string; count: number }>();
  readonly #passSeconds = new Sum(passBounds);
  readonly #healSeconds = new Sum(healBounds);
  #driftingSince: number | null = null;

  pass(tookMs: number, results: readonly ActionResult[], failed: boolean): void {
    this.#passes[failed ? 'failed' : results.length > 0 ? 'acted' : 'idle'] += 1;
    this.#passSeconds.add(tookMs / 1000);
    for (const { action, outcome } of results) {
      const key = `${action.verb} ${outcome}`;
      const known = this.#actions.get(key);
      if (known === undefined) this.#actions.set(key, { verb: action.verb, outcome, count: 1 });
      else known.count += 1;
    }
  }

  /** What a look has seen of drift; `now` in monotonic milliseconds. */
  drift(isDrifting: boolean, now: number): void {
    if (isDrifting) this.#driftingSince ??= now;
    else if (this.#driftingSince !== null) {
      this.#healSeconds.add((now - this.#driftingSince) / 1000);
      this.#driftingSince = null;
    }
  }

  get passes(): number {
    return this.#passes.idle + this.#passes.acted + this.#passes.failed;
  }

  told(): ControllerStats {
    return {
      passes: { ...this.#passes },
      pass_seconds: this.#passSeconds.told(),
      actions: [...this.#actions.values()].map((one) => ({ ...one })),
      heal_seconds: this.#healSeconds.told(),
    };
  }
}

class Sum {
  readonly #counts: { readonly le: number; count: number }[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#counts = bounds.map((le) => ({ le, count: 0 }));
  }

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
    for (const bucket of this.#counts) if (value <= bucket.le) bucket.count += 1;
  }

  told(): Histogram {
    return { buckets: this.#counts.map((bucket) => ({ ...bucket })), sum: this.#sum, count: this.#count };
  }
}
