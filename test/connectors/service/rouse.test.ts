import { describe, expect, test } from 'vitest';
import { rouse } from '../../../src/connectors/service/rouse.ts';
import { VirtualClock } from '../virtual-clock.ts';

const start = (given: { waits: boolean; controller: boolean }) => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const tries: number[] = [];
  const state = { ...given };
  const roused = rouse({
    waits: async () => state.waits,
    isDelivered: async () => state.controller,
    deliver: async () => void tries.push(clock.now()),
    clock,
  });
  const ended = roused.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
    expect(clock.pending).toBe(0);
  };
  return { clock, tries, state, ring: roused.ring, end };
};

describe('what was handed over', () => {
  test('is delivered at once where nobody else does it', async () => {
    const { clock, tries, state, ring, end } = start({ waits: false, controller: false });
    await clock.pass(1000);
    expect(tries).toEqual([]);
    state.waits = true;
    ring();
    await clock.pass(0);
    expect(tries).toEqual([1000]);
    await end();
  });

  test('is tried less and less often while the orchestrator does not take it', async () => {
    const { clock, tries, end } = start({ waits: true, controller: false });
    await clock.pass(600_000);
    expect(tries[0]).toBe(0);
    expect(tries.length).toBeGreaterThan(5);
    expect(tries.length).toBeLessThan(25);
    await end();
  });

  test('is left to the controller where one runs, and not where it ends', async () => {
    const { clock, tries, state, ring, end } = start({ waits: true, controller: true });
    ring();
    await clock.pass(120_000);
    expect(tries).toEqual([]);
    state.controller = false;
    await clock.pass(60_000);
    expect(tries.length).toBeGreaterThan(0);
    await end();
  });
});
