import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchConnectors } from '../../src/host/watch-connectors.ts';
import type { ObservedConnector } from '../../src/model/observation.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const well: ObservedConnector = {
  invocation: 'a',
  kind: 'tmux',
  fresh: true,
  healthy: true,
  problems: [],
  waiting: { inbound: 0, outbound: 0 },
};
const problem = { reason: 'deaf', blocking: true, detail: 'since 12:00', remedy: 'restart it' };

test('what a connector tells is told once, when it is something else', async () => {
  let told: Readonly<Record<string, ObservedConnector>> | null = { coding: well };
  let changes = 0;
  const connectors = async () => {
    if (told === null) throw new Error('no permission');
    return told;
  };
  const end = watchConnectors({ connectors }, 1000, () => changes++);
  const after = async (next: typeof told): Promise<number> => {
    told = next;
    changes = 0;
    await vi.advanceTimersByTimeAsync(3000);
    return changes;
  };
  expect(await after({ coding: well }), 'as it was').toBe(0);
  expect(await after({ coding: { ...well, waiting: { inbound: 3, outbound: 0 } } }), 'messages come and go').toBe(0);
  expect(await after({ coding: { ...well, healthy: false, problems: [problem] } }), 'not well').toBe(1);
  expect(
    await after({ coding: { ...well, healthy: false, problems: [{ ...problem, detail: 'since 12:01' }] } }),
    'for the same reason',
  ).toBe(0);
  expect(await after({ coding: { ...well, fresh: false } }), 'silent').toBe(1);
  expect(await after({ coding: { ...well, invocation: 'b' } }), 'another run').toBe(1);
  expect(await after({}), 'gone').toBe(1);
  expect(await after(null), 'not readable').toBe(1);
  expect(await after({ coding: well }), 'there again').toBe(1);
  end();
  expect(await after({}), 'nobody listens any more').toBe(0);
});
