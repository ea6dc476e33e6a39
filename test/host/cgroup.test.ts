import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { usageReader } from '../../src/host/cgroup.ts';

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

const reader = () => usageReader({ proc: join(root, 'proc'), mounts: [join(root, 'cg'), join(root, 'cg/unified')] });
const usage = () => reader().of(7, unit);
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

describe('who looks again', () => {
  const other = own.replace('app.slice/', 'session.slice/');

  test('reads what is used by now', () => {
    const { of: read } = reader();
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`) });
    expect(read(7, unit).memory).toBe(4_096_000);
    write({ [`cg${own}/memory.current`]: '5\n', [`cg${own}/cpu.stat`]: 'usage_usec 3000000\n' });
    expect(read(7, unit)).toEqual({ memory: 5, cpu: 3, why: '' });
  });

  test('finds the cgroup of the next run, wherever that is', () => {
    const { of: read } = reader();
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`) });
    read(7, unit);
    write({ 'proc/8/cgroup': `0::${other}\n`, [`cg${other}/memory.current`]: '8\n' });
    expect(read(8, unit).memory).toBe(8);
  });

  test('sees that it is gone, also where the number of its process was given to another one', () => {
    const { of: read } = reader();
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`) });
    read(7, unit);
    rmSync(join(root, `cg${own}`), { recursive: true });
    write({ 'proc/7/cgroup': '0::/init.scope\n' });
    expect(read(7, unit).why).toBe(`process 7 is not in the cgroup of ${unit}`);
    write({ 'proc/7/cgroup': `0::${other}\n`, [`cg${other}/memory.current`]: '7\n' });
    expect(read(7, unit).memory).toBe(7);
  });

  test('keeps the cgroups of units apart', () => {
    const { of: read } = reader();
    const second = unit.replace('coder0', 'coder1');
    write({
      'proc/7/cgroup': `0::${own}\n`,
      ...below(`cg${own}`),
      'proc/9/cgroup': `0::/${second}\n`,
      [`cg/${second}/memory.current`]: '9\n',
    });
    expect([read(7, unit), read(9, second), read(7, unit)].map(({ memory }) => memory)).toEqual([4_096_000, 9, 4_096_000]);
  });

  test('reads what is known ahead, and takes of it what is of that process', () => {
    const { of, known } = reader();
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`) });
    expect(known().size).toBe(0);
    of(7, unit);
    const ahead = known();
    write({ [`cg${own}/memory.current`]: '5\n' });
    expect(of(7, unit, ahead).memory).toBe(4_096_000);
    expect(of(7, unit, known()).memory).toBe(5);
    write({ 'proc/8/cgroup': `0::${other}\n`, [`cg${other}/memory.current`]: '8\n' });
    expect(of(8, unit, ahead).memory).toBe(8);
    rmSync(join(root, `cg${other}`), { recursive: true });
    expect(known().size).toBe(0);
  });

  test('tells the memory of the others where the cgroup of one is gone', () => {
    const { of, known } = reader();
    const beside = unit.replace('coder0', 'coder1');
    const second = own.replace('coder0', 'coder1');
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`), 'proc/9/cgroup': `0::${second}\n`, ...below(`cg${second}`) });
    of(7, unit);
    of(9, beside);
    rmSync(join(root, `cg${own}`), { recursive: true });
    expect([...known().values()].map(({ memory }) => memory)).toEqual([4_096_000]);
  });

  test('asks the cgroup above what is counted, and not the first of those in it', () => {
    const { of, known } = reader();
    const beside = unit.replace('coder0', 'coder1');
    const second = own.replace('coder0', 'coder1');
    const above = `cg${own.slice(0, own.lastIndexOf('/'))}`;
    write({ 'proc/7/cgroup': `0::${own}\n`, ...below(`cg${own}`), 'proc/9/cgroup': `0::${second}\n`, ...below(`cg${second}`) });
    of(7, unit);
    of(9, beside);
    write({ [`${above}/cgroup.subtree_control`]: 'cpu memory pids\n' });
    rmSync(join(root, `cg${own}/memory.current`));
    expect([...known().values()].map(({ memory }) => memory)).toEqual([null, 4_096_000]);
    write({ [`${above}/cgroup.subtree_control`]: 'cpu pids\n' });
    expect([...known().values()].map(({ memory }) => memory)).toEqual([null, null]);
    write({ [`${above}/cgroup.subtree_control`]: '' });
    expect([...known().values()].map(({ memory }) => memory)).toEqual([null, null]);
  });
});
