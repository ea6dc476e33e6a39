import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serviceNotifier, watchdogMs } from '../../src/host/notify.ts';

let directory: string;
let heard: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'notify-'));
  heard = path.join(directory, 'heard');
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A systemd-notify that writes down what it is told, after `first`. */
function stand(first = ''): Readonly<Record<string, string>> {
  const program = path.join(directory, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\n${first}\n{ printf '[%s]' "$@"; echo " \${SECRET-}"; } >>'${heard}'\n`);
  chmodSync(program, 0o755);
  return { NOTIFY_SOCKET: '/run/notify', PATH: `${directory}:/usr/bin:/bin`, SECRET: 'not for everybody' };
}
const lines = (): readonly string[] =>
  (existsSync(heard) ? readFileSync(heard, 'utf8').trimEnd().split('\n') : []).map((line) => line.trim());

test('what is told at once is told in order, and a status that is known only once', async () => {
  const notifier = serviceNotifier(stand());
  void notifier.starting(120_000);
  void notifier.ready('first look');
  void notifier.alive();
  void notifier.status('first look');
  void notifier.status('5 agents live');
  void notifier.readyAndAlive('5 agents live');
  void notifier.reloading();
  await notifier.stopping('asked to');
  expect(lines()).toEqual([
    '[EXTEND_TIMEOUT_USEC=120000000]',
    '[READY=1][STATUS=first look]',
    '[WATCHDOG=1]',
    '[STATUS=5 agents live]',
    '[READY=1][WATCHDOG=1][STATUS=5 agents live]',
    '[RELOADING=1]',
    '[STOPPING=1][STATUS=asked to]',
  ]);
});

test('a status is one line without control characters, and no other assignment', async () => {
  await serviceNotifier(stand()).status('  one\nMAINPID=1\r\u2028two\u0007\u001b[31m\u202ethree\0 ');
  expect(lines()).toEqual(['[STATUS=one MAINPID=1 two [31m three]']);
});

test('a long status is cut', async () => {
  await serviceNotifier(stand()).status('x'.repeat(5000));
  expect(lines()[0]?.length).toBeLessThan(400);
});

describe('nothing is thrown', () => {
  test('outside a service, where nothing is run either', async () => {
    const { NOTIFY_SOCKET: _, ...env } = stand();
    for (const outside of [env, { ...env, NOTIFY_SOCKET: '' }]) await serviceNotifier(outside).ready('here');
    expect(lines()).toEqual([]);
  });

  test('without the program', async () => {
    await serviceNotifier({ NOTIFY_SOCKET: '/run/notify', PATH: directory }).ready('here');
  });

  test('where it fails', async () => {
    await serviceNotifier(stand('exit 1')).ready('here');
    expect(lines()).toEqual([]);
  });

  test('where it hangs: it is ended, and the next telling comes through', async () => {
    const notifier = serviceNotifier(stand(`[ "$1" != WATCHDOG=1 ] || exec sleep 60`), 300);
    await notifier.alive();
    await notifier.status('on we go');
    expect(lines()).toEqual(['[STATUS=on we go]']);
  });
});

test.each([
  [{}, null],
  [{ WATCHDOG_USEC: '90000000' }, 90_000],
  [{ WATCHDOG_USEC: '90000000', WATCHDOG_PID: '17' }, 90_000],
  [{ WATCHDOG_USEC: '90000000', WATCHDOG_PID: '18' }, null],
  [{ WATCHDOG_USEC: '0' }, null],
  [{ WATCHDOG_USEC: '' }, null],
  [{ WATCHDOG_USEC: '1e9' }, null],
])('the watchdog of process 17 in %j wants a word every %s ms', (env, expected) => {
  expect(watchdogMs(env, 17)).toBe(expected);
});
