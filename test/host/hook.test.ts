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

test.each([
  ['a status that is not 0', ['sh', '-c', 'exit 3']],
  ['a program that is not there', ['/nowhere/hook']],
  ['more output than anybody reads', ['sh', '-c', 'head -c 1000000 /dev/zero']],
])('%s is a failure', async (_, argv) => {
  await expect(runHook(argv, {}, env)).rejects.toThrow();
});
