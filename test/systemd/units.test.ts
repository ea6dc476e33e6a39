import { lutimesSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

test('what is known of a run is asked of nobody, and of the next one it is read anew', async () => {
  const runtimeDir = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(runtimeDir, { recursive: true }));
  mkdirSync(join(runtimeDir, 'systemd/units'), { recursive: true });
  const began = (invocation: string, at: number) => {
    const link = join(runtimeDir, 'systemd/units', `invocation:${coder}`);
    rmSync(link, { force: true });
    symlinkSync(invocation, link);
    lutimesSync(link, at, at);
  };
  const asked: unknown[] = [];
  const call = async ({ body }: BusCall): Promise<readonly unknown[]> => {
    asked.push(body?.[1]);
    return [{ value: asked.length }];
  };
  const { details } = unitReader(async () => ({ call }) as unknown as Bus, runtimeDir);
  const look = async (invocation: string, active = 'active') => {
    const unit = { load: 'loaded', active, sub: '', enablement: 'enabled', invocation };
    return (await details([coder], { [coder]: unit }))[coder];
  };
  began('a', 1000);
  const first = await look('a');
  expect(first).toEqual({ since: 1_000_000_000, restarts: 1 });
  expect(await look('a')).toEqual(first);
  expect(asked).toEqual(['NRestarts']);
  began('b', 2000);
  expect(await look('b')).toEqual({ since: 2_000_000_000, restarts: 2 });
  // It ends: what the manager says counts, also once that run should go on.
  expect(await look('b', 'failed')).toMatchObject({ since: 3, restarts: 4 });
  expect((await look('b'))?.restarts).toBe(8);
});

test('the unit directories are asked for at each look, and once for all that it wants of them', async () => {
  let asked = 0;
  const call = async ({ member, body }: BusCall): Promise<readonly unknown[]> => {
    if (member !== 'Get') return [[]];
    if (body?.[1] !== 'UnitPath') return [{ value: 1n }];
    asked += 1;
    return [{ value: ['/nowhere/systemd/user'] }];
  };
  const { list, needsReload } = unitReader(async () => ({ call }) as unknown as Bus, '/nowhere');
  await Promise.all([list(), needsReload()]);
  expect(asked).toBe(1);
  await Promise.all([list(), needsReload()]);
  expect(asked).toBe(2);
});

test('and are asked for again where the manager did not answer', async () => {
  let isDeaf = true;
  const call = async (): Promise<readonly unknown[]> => {
    if (isDeaf) throw new Error('no answer');
    return [{ value: [] }];
  };
  const { needsReload } = unitReader(async () => ({ call }) as unknown as Bus, '/nowhere');
  await expect(needsReload()).rejects.toThrow('no answer');
  isDeaf = false;
  expect(await needsReload()).toBe(false);
});
