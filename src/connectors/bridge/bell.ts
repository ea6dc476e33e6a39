import type { ConnectorClock } from '../../model/connectors.ts';

/** Wakes one who waits. A ring that nobody waits for is not lost. */
export interface Bell {
  ring(): void;
  /** At most so many milliseconds, and not beyond `stop`. */
  wait(milliseconds: number, stop: AbortSignal): Promise<void>;
}

/** Timers cannot be set for any time. */
const longestMs = 60_000;

export function bell(clock: Pick<ConnectorClock, 'sleep'>): Bell {
  let rung = false;
  let waiting: AbortController | null = null;
  return {
    ring: () => {
      rung = true;
      waiting?.abort();
    },
    wait: async (milliseconds, stop) => {
      const wake = new AbortController();
      const onStop = (): void => wake.abort();
      stop.addEventListener('abort', onStop, { once: true });
      waiting = wake;
      if (!rung && !stop.aborted) await clock.sleep(Math.min(milliseconds, longestMs), wake.signal);
      stop.removeEventListener('abort', onStop);
      waiting = null;
      rung = false;
    },
  };
}
