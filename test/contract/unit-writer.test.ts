import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unitWriter } from '../../src/systemd/unit-writer.ts';
import { scriptedBus } from './scripted-bus.ts';

const unit = 'mosaic-agent@coder0.service';
const noRows: readonly unknown[] = [];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'units-'));
});
afterEach(() => rm(directory, { recursive: true }));

const row = (active: string) => [[[unit, '', 'loaded', active, '', '', '/unit', 0, '', '/']]];

test.each([
  ['start', 'active', 'done'],
  ['start', 'activating', 'lost'],
  ['start', 'failed', 'failed'],
  ['stop', 'inactive', 'done'],
  ['stop', 'failed', 'done'],
  ['stop', 'deactivating', 'lost'],
  ['restart', 'active', 'done'],
  ['restart', 'inactive', 'lost'],
] as const)('a %s whose end went unseen, with the unit now %s, is %s', async (verb, active, result) => {
  const bus = scriptedBus(({ member }) => (member === 'ListUnitsByPatterns' ? row(active) : ['/job/1']));
  const writer = unitWriter(async () => bus, { runtimeDir: directory, jobDeadline: 1 });
  expect(await writer[verb](unit)).toBe(result);
});

test('enablement that only an administrator can end is an error that says so', async () => {
  const administrators = path.join(directory, 'etc/systemd/user');
  await mkdir(path.join(administrators, 'default.target.wants'), { recursive: true });
  await symlink('/nowhere', path.join(administrators, 'default.target.wants', unit));
  const unitPath = [`${administrators}.control`, administrators];
  const bus = scriptedBus(({ member }) => (member === 'Get' ? [{ signature: 'as', value: unitPath }] : noRows));
  const writer = unitWriter(async () => bus, { runtimeDir: path.join(directory, 'run') });
  await expect(writer.disable([unit])).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/mosaic-agent@coder0\.service.*administrator/),
  });
  expect(bus.calls.filter(({ member }) => member === 'DisableUnitFiles').map(({ body }) => body?.[1])).toEqual([false, true]);
});

test('what is disabled by the first call is asked for once', async () => {
  const bus = scriptedBus(({ member }) => (member === 'Get' ? [{ signature: 'as', value: [directory] }] : noRows));
  const writer = unitWriter(async () => bus, { runtimeDir: directory });
  await writer.disable([unit]);
  expect(bus.calls.filter(({ member }) => member === 'DisableUnitFiles')).toHaveLength(1);
});
