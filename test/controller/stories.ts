import { afterEach, describe, test, vi } from 'vitest';
import { simulate } from './simulation.ts';

/** More, or other ones: MUSTER_SEEDS=5000 MUSTER_FIRST_SEED=100000. */
const seeds = Number(process.env.MUSTER_SEEDS ?? 2000);
const first = Number(process.env.MUSTER_FIRST_SEED ?? 1);
const steps = 30;
const batch = 50;

/** One share of the stories, so that several processes tell them side by side. */
export function tellStories(share: number, shares: number): void {
  afterEach(() => void vi.unstubAllGlobals());

  describe('whatever happens, the rules hold, and in the end the host is as it should be', () => {
    const froms = Array.from({ length: Math.ceil(seeds / batch) }, (_, index) => first + index * batch);
    const own = froms.filter((_, index) => index % shares === share);
    if (own.length === 0) test.skip('MUSTER_SEEDS asks for so few that others tell them all');
    test.each(own)('seeds from %i', { timeout: 900_000 }, async (from) => {
      const failures: Error[] = [];
      const to = Math.min(from + batch, first + seeds);
      for (let seed = from; seed < to; seed += 1) {
        await simulate(seed, steps).catch((error: Error) => failures.push(error));
        vi.unstubAllGlobals();
      }
      failures.sort((a, b) => a.message.length - b.message.length);
      if (failures[0] !== undefined) throw new Error(`${failures.length} of ${to - from}, such as ${failures[0].message}`);
    });
  });
}
