import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { usageOf } from '../../src/host/cgroup.ts';

const unit = 'mosaic-agent@coder0.service';
const own = `/user.slice/app.slice/app-mosaic\\x2dagent.slice/${unit}`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
}

const usage = () => usageOf(7, unit, { proc: join(root, 'proc'), mounts: [join(root, 'cg'), join(root, 'cg/unified')] });
const counted = { 'memory.current': '4096000\n', 'cpu.stat': 'usage_usec 1250000\nuser_usec 1000000\n' };
const below = (directory: string) =>
  Object.fromEntries(Object.entries(counted).map(([file, text]) => [`${directory}/${file}`, text]));

test('memory and processor time of the unit', () => {
  write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`) });
  expect(usage()).toEqual({ memory: 4_096_000, cpu: 1.25, why: '' });
});

test('of the unit, also where the agent has made cgroups below it', () => {
  write({ 'proc/7/cgroup': `0::${own}/inner\n`, ...below(`cg${own}`), [`cg${own}/inner/memory.current`]: '1\n' });
  expect(usage().memory).toBe(4_096_000);
});

test('in a hybrid hierarchy', () => {
  write({ 'proc/7/cgroup': `4:memory:/\n1:cpu:/\n0::${own}\n`, ...below(`cg/unified${own}`) });
  expect(usage()).toEqual({ memory: 4_096_000, cpu: 1.25, why: '' });
});

test('what the kernel does not count is unknown, not nothing', () => {
  write({ 'proc/7/cgroup': `0::${own}\n`, [`cg${own}/cpu.stat`]: counted['cpu.stat'] });
  expect(usage()).toEqual({ memory: null, cpu: 1.25, why: '' });
});

test.each([
  ['that is gone', {}],
  ['of another unit', { 'proc/7/cgroup': '0::/user.slice/mosaic-agent@coder01.service\n' }],
  ['somewhere else', { 'proc/7/cgroup': `0::/../${unit}\n` }],
])('a process %s speaks for nobody', (_, files) => {
  write({ ...files, ...below(`cg/${unit}`), ...below('cg/user.slice/mosaic-agent@coder01.service') });
  expect(usage()).toEqual({ memory: null, cpu: null, why: `process 7 is not in the cgroup of ${unit}` });
});
