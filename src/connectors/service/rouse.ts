import type { ConnectorClock } from '../../model/connectors.ts';
import { backOff } from '../bridge/back-off.ts';
import { type Bell, bell } from '../bridge/bell.ts';

export interface Rousing {
  /** Whether anything waits in the orchestrator's inbox. */
  readonly waits: () => Promise<boolean>;
  /** Whether somebody on this host delivers by himself what comes into an inbox. */
  readonly isDelivered: () => Promise<boolean>;
  /** Delivers what the orchestrator takes now; never rejects. */
  readonly deliver: (stop: AbortSignal) => Promise<void>;
  readonly clock: ConnectorClock;
}

export interface Rouse extends Pick<Bell, 'ring'> {
  run(stop: AbortSignal): Promise<void>;
}

const lookEveryMs = 60_000;

/**
 * Has delivered what was handed over, where nobody else does it: soon, then less and less often while the orchestrator does not take it. What
 * waits from before a start counts as just handed over.
 */
export function rouse({ waits, isDelivered, deliver, clock }: Rousing): Rouse {
  const news = bell(clock);
  const isNeeded = async (): Promise<boolean> => (await waits().catch(() => false)) && !(await isDelivered());
  return {
    ring: news.ring,
    run: async (stop) => {
      for (let tries = 0; !stop.aborted; ) {
        const needed = await isNeeded();
        if (needed) await deliver(stop);
        tries = needed ? tries + 1 : 0;
        await news.wait(tries === 0 ? lookEveryMs : backOff(tries, clock.random), stop);
      }
    },
  };
}
