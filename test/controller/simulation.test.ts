import { afterEach, describe, test, vi } from 'vitest';
import { simulate } from './simulation.ts';

/** More, or other ones: MUSTER_SEEDS=5000 MUSTER_FIRST_SEED=100000. */
const seeds = Number(process.env.MUSTER_SEEDS ?? 2000);
const first = Number(process.env.MUSTER_FIRST_SEED ?? 1);
const steps = 30;
const batch = 50;

afterEach(() => void vi.unstubAllGlobals());

describe('whatever happens, the rules hold, and in the end the host is as it should be', () => {
  for (let from = first; from < first + seeds; from += batch) {
    const to = Math.min(from + batch, first + seeds) - 1;
    test(`seeds ${from} to ${to}`, { timeout: 900_000 }, async () => {
      const failures: Error[] = [];
      for (let seed = from; seed <= to; seed += 1) {
        await simulate(seed, steps).catch((error: Error) => failures.push(error));
        vi.unstubAllGlobals();
      }
      failures.sort((a, b) => a.message.length - b.message.length);
      if (failures[0] !== undefined) throw new Error(`${failures.length} of ${to - from + 1}, such as ${failures[0].message}`);
    });
  }
});
