import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorClock } from '../../../src/model/connectors.ts';

/** From this on a wait is a time-out, which comes when somebody says so; shorter ones are over at once. */
const longMs = 10_000;

/** A clock for sockets that are real: nobody has to be quick, and nothing takes long. */
export class HandClock implements ConnectorClock {
  readonly waits: number[] = [];
  /** Told before each wait: a short one is over before anybody else could look. */
  onWait: () => void = () => {};
  readonly #long = new Set<() => void>();
  #passed = 0;

  readonly date = (): Date => new Date(1_760_000_000_000 + this.#passed);
  readonly now = (): number => this.#passed;
  readonly random = (): number => 0.5;

  readonly sleep = async (milliseconds: number, stop?: AbortSignal): Promise<void> => {
    this.waits.push(milliseconds);
    this.onWait();
    if (milliseconds < longMs) {
      this.#passed += milliseconds;
      await sleep(1);
      return;
    }
    if (stop?.aborted === true) return;
    await new Promise<void>((done) => {
      const end = (): void => {
        this.#long.delete(end);
        done();
      };
      this.#long.add(end);
      stop?.addEventListener('abort', end, { once: true });
    });
  };

  /** Everything that waits for long has waited long enough. */
  expire(): void {
    this.#passed += 60_000;
    for (const end of [...this.#long]) end();
  }
}
