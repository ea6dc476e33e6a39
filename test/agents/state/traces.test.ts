import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adapterOf } from '../../../src/agents/runtimes/adapters.ts';
import { adapterFor } from '../../../src/agents/state/delivery-adapter.ts';
import { readHeartbeat } from '../../../src/agents/state/heartbeat.ts';
import {
  directoryOf,
  environmentOf,
  incarnationOf,
  processesOfRun,
  processTree,
  rootOfRun,
  startedAt,
} from '../../../src/agents/state/process.ts';
import { standingOf, tracesOf } from '../../../src/agents/state/traces.ts';

let home = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'muster-traces-')));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

/** A program of an agent's run; gives its process id once it is up. `script` says a word when it is. */
function program(script: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
  const child = spawn('/bin/sh', ['-c', script], { cwd: home, env: { PATH: '/usr/bin:/bin', HOME: home, ...env } });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child.pid ?? 0));
    child.once('error', reject);
  });
}

function write(path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const at = '2026-11-23T07:20:34.950Z';
/** Three processes. */
const family = `sh -c 'sh -c "echo up; read word"; :'; :`;
const idle = 'echo up; read word';

describe('processes', () => {
  test('a process, its children and theirs', async () => {
    const pid = await program(family);
    const tree = processTree(pid);
    expect(tree.length).toBe(3);
    expect(tree[0]).toEqual(incarnationOf(pid));
    expect(processTree(2 ** 22 + 1)).toEqual([]);
  });

  test('environment, directory and start of a process', async () => {
    const before = Date.now();
    const pid = await program(idle, { MOSAIC_AGENT: 'coder0', ODD: 'a=b\nc' });
    expect(environmentOf(pid)).toMatchObject({ MOSAIC_AGENT: 'coder0', ODD: 'a=b\nc' });
    expect(directoryOf(pid)).toBe(home);
    expect(Math.abs((startedAt(incarnationOf(pid)) ?? 0) - before)).toBeLessThan(60_000);
  });

  test('a hook finds the first process of its run, and a run its processes', async () => {
    const run = 'c0ffee00c0ffee00c0ffee00c0ffee00';
    const pid = await program(family, { MOSAIC_INVOCATION: run });
    const [root, ...below] = processTree(pid);
    expect(below.map((process) => rootOfRun(process.pid))).toEqual([root, root]);
    expect([...processesOfRun(run)].sort()).toEqual([pid, ...below.map((process) => process.pid)].sort());
    expect(rootOfRun(await program(idle))).toBeNull();
  });
});

describe('what claude writes', () => {
  const state = (pid: number, changes: object = {}) =>
    JSON.stringify({
      pid,
      sessionId: 'a08841f6-d3dc-4a0b-9a41-386a38346bdf',
      cwd: '/home/u/app',
      procStart: String(incarnationOf(pid).start_time),
      status: 'waiting',
      waitingFor: 'permission prompt',
      statusUpdatedAt: Date.parse(at),
      ...changes,
    });

  test('its state file, and from that its transcript', async () => {
    const pid = await program(idle);
    write(`.claude/sessions/${pid}.json`, state(pid));
    expect(tracesOf(adapterOf('claude'), [pid], '/nowhere')).toEqual({
      runtime: {
        pid,
        startTime: incarnationOf(pid).start_time,
        state: 'waiting-for-input',
        at,
        detail: 'permission prompt',
        transcript: `${home}/.claude/projects/-home-u-app/a08841f6-d3dc-4a0b-9a41-386a38346bdf.jsonl`,
      },
      transcript: `${home}/.claude/projects/-home-u-app/a08841f6-d3dc-4a0b-9a41-386a38346bdf.jsonl`,
    });
  });

  test('below CLAUDE_CONFIG_DIR of the process, not of whoever asks', async () => {
    const pid = await program(idle, { CLAUDE_CONFIG_DIR: join(home, 'elsewhere') });
    write(`elsewhere/sessions/${pid}.json`, state(pid, { status: 'idle' }));
    expect(tracesOf(adapterOf('claude'), [pid], '/nowhere').runtime?.state).toBe('idle');
  });

  test.each([
    ['a word of a newer version', { status: 'dreaming' }, 'unknown'],
    ['a word out of the prototype', { status: 'constructor' }, 'unknown'],
    ['no word, as in older versions', { status: undefined }, 'unknown'],
    ['a time that is none', { statusUpdatedAt: 1e300, status: 'idle' }, 'idle'],
    ['an id that leads elsewhere', { sessionId: '../../x', status: 'idle' }, 'idle'],
  ])('%s', async (_, changes, expected) => {
    const pid = await program(idle);
    write(`.claude/sessions/${pid}.json`, state(pid, changes));
    const { runtime } = tracesOf(adapterOf('claude'), [pid], home);
    expect(runtime?.state).toBe(expected);
    expect(runtime?.transcript ?? '').not.toContain('..');
  });

  test.each([
    ['', ''],
    ['half', '{"pid":'],
    ['of another process', '{"pid":1,"status":"idle"}'],
    ['a list', '[]'],
  ])('a file that is none: %s', async (_, text) => {
    const pid = await program(idle);
    write(`.claude/sessions/${pid}.json`, text);
    expect(tracesOf(adapterOf('claude'), [pid], home)).toEqual({ runtime: null, transcript: null });
  });
});

test('of codex, the rollout that its process holds open: others of the same directory are not its own', async () => {
  const own = write('.codex/sessions/2026/11/23/rollout-2026-11-23T07-19-49-01a2.jsonl', '');
  write('.codex/sessions/2026/11/23/rollout-2026-11-23T08-00-00-01a3.jsonl', '');
  const pid = await program(`exec 5>>${own}; ${idle}`);
  expect(tracesOf(adapterOf('codex'), [1, pid], home).transcript).toBe(own);
  expect(tracesOf(adapterOf('codex'), [await program(idle)], home).transcript).toBeNull();
});

test('of pi, the newest of its own conversations, else of its directory', async () => {
  const older = write('own/1.jsonl', '');
  const newer = write('own/2.jsonl', '');
  utimesSync(older, 1000, 1000);
  const pid = await program(idle, { MOSAIC_CONVERSATION: join(home, 'own') });
  expect(tracesOf(adapterOf('pi'), [pid], home).transcript).toBe(newer);
  const usual = write(`.pi/agent/sessions/--${home.slice(1).replaceAll('/', '-')}--/x.jsonl`, '');
  expect(tracesOf(adapterOf('pi'), [await program(idle)], '/nowhere').transcript).toBe(usual);
});

test('how a long transcript stands is told by its end', () => {
  const user = line({ type: 'message', timestamp: at, message: { role: 'user', content: 'x'.repeat(300_000) } });
  const done = line({ type: 'message', timestamp: at, message: { role: 'assistant', content: [], stopReason: 'stop' } });
  expect(standingOf(adapterOf('pi'), write('a.jsonl', user + done))).toEqual({ state: 'idle', at, detail: 'turn ended' });
  expect(standingOf(adapterOf('pi'), write('b.jsonl', `${done}{"type":"mess`))).toMatchObject({ state: 'idle' });
  expect(standingOf(adapterOf('pi'), join(home, 'none'))).toBeNull();
});

describe('receipts from a transcript', () => {
  const message = '[from peer, id 0f3a]\ndo this';
  const said = (text: string): string =>
    line({ type: 'message', timestamp: at, message: { role: 'user', content: [{ type: 'text', text }] } });
  const run = 'deadbeef00000000deadbeef00000000';
  const environment = () => ({ HOME: home, MOSAIC_INVOCATION: run, MOSAIC_CONVERSATION: join(home, 'own') });

  test('only what was written since counts', async () => {
    await program(idle, environment());
    const file = write('own/1.jsonl', said(message));
    const traces = adapterFor('pi').traces(environment());
    const mark = await traces?.mark();
    expect(await traces?.since(mark, message)).toBeNull();
    appendFileSync(file, said('something else'));
    expect(await traces?.since(mark, message)).toBeNull();
    appendFileSync(file, said(message));
    expect(await traces?.since(mark, message)).toBe('turn');
  });

  test('a conversation that begins with the message has no transcript before', async () => {
    await program(idle, environment());
    const traces = adapterFor('pi').traces(environment());
    const mark = await traces?.mark();
    expect(await traces?.since(mark, message)).toBeNull();
    write('own/1.jsonl', said(message));
    expect(await traces?.since(mark, message)).toBe('turn');
  });

  test('a runtime without a transcript has none', () => {
    expect(adapterFor('opencode').traces(environment())).toBeNull();
    expect(adapterFor('aider').traces(environment())).toBeNull();
  });
});

test.each([
  ['torn', '{"format_version":"1.0","agent":"co'],
  ['of another format', '{"format_version":"2.0"}'],
  [
    'without a time',
    line({ format_version: '1.0', incarnation: { boot_id: 'b', pid: 1, start_time: 2 }, state: 'idle', at: 'now' }),
  ],
  ['without a process', line({ format_version: '1.0', incarnation: null, state: 'idle', at })],
  ['nonsense', 'hello'],
])('a heartbeat that is none: %s', (_, text) => {
  expect(readHeartbeat(text)).toBeNull();
});
