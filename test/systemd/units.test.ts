import { expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import type { ObservedUnit } from '../../src/model/observation.ts';
import type { Bus, BusCall } from '../../src/systemd/bus.ts';
import { unitReader } from '../../src/systemd/units.ts';

const coder = agentUnit('coder0');

/** A bus that counts how often it is asked for restarts, and says a number more each time. */
function stage() {
  let asked = 0;
  const call = async ({ body }: BusCall): Promise<readonly unknown[]> => {
    if (body?.[1] !== 'NRestarts') return [{ value: 0 }];
    asked += 1;
    return [{ value: asked }];
  };
  const { details } = unitReader(async () => ({ call }) as unknown as Bus, '/nowhere');
  const seen = (more: Partial<ObservedUnit> = {}): Record<string, ObservedUnit> => ({
    [coder]: { load: 'loaded', active: 'active', sub: 'running', enablement: 'enabled', invocation: 'a', ...more },
  });
  return async (more: Partial<ObservedUnit> = {}) => (await details([coder], seen(more)))[coder]?.restarts;
}

test('how often a run came back is asked once for each run', async () => {
  const restarts = stage();
  expect([await restarts(), await restarts(), await restarts({ invocation: 'b' }), await restarts({ invocation: 'b' })]).toEqual([
    1, 1, 2, 2,
  ]);
});

test.each<[why: string, more: Partial<ObservedUnit>]>([
  ['that is not known by its invocation', { invocation: '' }],
  ['that comes up', { active: 'activating', sub: 'auto-restart' }],
])('and anew of a run %s', async (_, more) => {
  const restarts = stage();
  expect([await restarts(more), await restarts(more)]).toEqual([1, 2]);
});
