import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorClock } from '../../../src/model/connectors.ts';

/** Real time, faster: the same in every process that knows when it began. `began` in milliseconds since 1970. */
export const fastClock = (began: number, factor: number): ConnectorClock => ({
  date: () => new Date(began + (Date.now() - began) * factor),
  now: () => performance.now() * factor,
  sleep: (milliseconds, stop) => sleep(milliseconds / factor, undefined, { ...(stop && { signal: stop }) }).catch(() => {}),
  random: Math.random,
});
