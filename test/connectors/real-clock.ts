import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorClock } from '../../src/model/connectors.ts';

/** Nobody is kept alive by it. */
export const realClock: ConnectorClock = {
  date: () => new Date(),
  now: () => performance.now(),
  sleep: (milliseconds, stop) => sleep(milliseconds, undefined, { ...(stop && { signal: stop }), ref: false }).catch(() => {}),
  random: () => 0.5,
};

export async function until(what: string, isSo: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`this never happened: ${what}`);
    await sleep(5);
  }
}
