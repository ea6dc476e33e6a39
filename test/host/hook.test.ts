import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runHook } from '../../src/host/hook.ts';

const env = { PATH: process.env.PATH, NOTIFY_SOCKET: '/run/nobody', WATCHDOG_USEC: '1' };

function scratch(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'muster-hook-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return path.join(directory, 'told');
}

test('is given the facts, and nothing that is meant for the service alone', async () => {
  const file = scratch();
  await runHook(['sh', '-c', 'env >"$1"', 'hook', file], { MUSTER_OUTCOME: 'applied $(id)' }, env);
  const told = readFileSync(file, 'utf8');
  expect(told).toContain('MUSTER_OUTCOME=applied $(id)\n');
  expect(told).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
});

test('its input is at its end, so that it cannot wait for one', async () => {
  await expect(runHook(['cat'], {}, env)).resolves.toBeUndefined();
});

test('what it leaves running in the background is not waited for', async () => {
  // Longer than this test may take.
  await expect(runHook(['sh', '-c', 'sleep 25 & exit 0'], {}, env)).resolves.toBeUndefined();
  await expect(runHook(['sh', '-c', 'sleep 25 & exit 3'], {}, env)).rejects.toThrow('exit status 3');
});

test.each([
  ['a status that is not 0', ['sh', '-c', 'echo no >&2; exit 3'], 'it ended with exit status 3'],
  ['a signal', ['sh', '-c', 'kill -9 $$'], 'it was ended by SIGKILL'],
  ['a program that is not there', ['/nowhere/hook'], 'spawn /nowhere/hook ENOENT'],
  ['more output than anybody reads', ['sh', '-c', 'head -c 1000000 /dev/zero'], 'it said more than 65536 bytes'],
])('%s is a failure, told in one line', async (_, argv, message) => {
  await expect(runHook(argv, {}, env)).rejects.toMatchObject({ message });
});
