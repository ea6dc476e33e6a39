import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { activitiesOf, nothingSeen, type Sources, type Subject } from '../../../src/agents/state/gather.ts';
import { incarnationOf } from '../../../src/agents/state/process.ts';
import { screenReader } from '../../../src/tmux/screens.ts';

const run = promisify(execFile);
const recorded = new URL('../screens/', import.meta.url).pathname;
const live = { phase: 'live', detail: 'runs' } as const;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gather-'));
});
afterEach(async () => {
  await tmux('kill-server').catch(() => {});
  rmSync(directory, { recursive: true });
});

const tmux = async (...words: readonly string[]): Promise<string> =>
  (await run('tmux', ['-u', '-f', '/dev/null', '-S', join(directory, 'socket'), ...words])).stdout.trim();

/** An agent whose program shows a recorded screen, in a session tagged as the supervisor does. */
async function shows(agent: string, runtime: string, screen: string | null, tagged = 'aaaa'): Promise<Subject> {
  const program = `cat "${screen === null ? '/dev/null' : `${recorded}${screen}.txt`}"; tmux -S "${join(directory, 'socket')}" wait-for -S ${agent}; read word`;
  const size = ['-x', '200', '-y', '60', '-e', `HOME=${directory}`];
  const format = '#{session_id} #{pane_pid}';
  const made = await tmux('new-session', '-d', '-P', '-F', format, '-s', agent, ...size, program);
  await tmux(
    'set-option',
    '-t',
    `=${agent}:`,
    '@muster_agent',
    agent,
    ';',
    'set-option',
    '-t',
    `=${agent}:`,
    '@muster_incarnation',
    tagged,
  );
  await tmux('wait-for', agent);
  const [id = '', pid = ''] = made.split(' ');
  return { agent, runtime, unit: live, invocation: 'aaaa', session: { id, pid: Number(pid) } };
}

function sources(): Sources {
  const read = screenReader(process.env);
  return {
    screens: (requests) => read(join(directory, 'socket'), requests),
    runDirectory: (agent) => join(directory, agent),
    home: directory,
    now: Date.now,
  };
}

async function statesOf(...subjects: readonly Subject[]): Promise<Record<string, string>> {
  const activities = await activitiesOf(subjects, sources());
  return Object.fromEntries([...activities].map(([agent, { state, source }]) => [agent, `${state} by ${source}`]));
}

test('each agent by its own screen, all of them in one look', async () => {
  expect(
    await statesOf(
      await shows('one', 'claude', 'claude/idle'),
      await shows('two', 'codex', 'codex/busy'),
      await shows('three', 'opencode', 'opencode/dialog-tool'),
      await shows('four', 'pi', 'pi/rate-limited'),
    ),
  ).toEqual({ one: 'idle by pane', two: 'busy by pane', three: 'waiting-for-input by pane', four: 'rate-limited by pane' });
});

test('a session that is gone, or of another run, hides nobody else', async () => {
  const gone = await shows('gone', 'claude', 'claude/idle');
  const other = await shows('other', 'claude', 'claude/idle', 'bbbb');
  const there = await shows('there', 'claude', 'claude/idle');
  await tmux('kill-session', '-t', '=gone');
  expect(await statesOf(gone, other, there)).toEqual({
    gone: 'unknown by unit',
    other: 'unknown by unit',
    there: 'idle by pane',
  });
});

test('who draws nothing is starting for a minute, and then nobody knows', async () => {
  const blank = await shows('blank', 'mine', null);
  expect(await statesOf(blank)).toEqual({ blank: 'starting by pane' });
  const later = await activitiesOf([blank], { ...sources(), now: () => Date.now() + 61_000 });
  expect(later.get('blank')).toMatchObject({ state: 'unknown', detail: expect.stringContaining('its screen is blank') });
});

test('who looks again sees what has changed, and who runs by now', async () => {
  const seen = nothingSeen();
  const look = async (subject: Subject) => {
    const activities = await activitiesOf([subject], { ...sources(), seen, now: () => Date.now() + 61_000 });
    const activity = activities.get(subject.agent);
    return activity === undefined ? '' : `${activity.state} by ${activity.source}`;
  };
  const idle = await shows('again', 'claude', 'claude/idle');
  expect([await look(idle), await look(idle)]).toEqual(['idle by pane', 'idle by pane']);
  await tmux('kill-session', '-t', '=again');
  expect(await look(idle)).toBe('unknown by unit');
  const busy = await shows('again', 'codex', 'codex/busy');
  expect([await look(busy), await look(busy)]).toEqual(['busy by pane', 'busy by pane']);
  await tmux('kill-session', '-t', '=again');
  const blank = await shows('again', 'mine', null, 'bbbb');
  const next = { ...blank, invocation: 'bbbb' };
  expect([await look(next), await look(next)]).toEqual(['unknown by unit', 'unknown by unit']);
  expect(await look({ ...next, unit: { phase: 'down', detail: 'its unit is inactive' }, session: null })).toBe('dead by unit');
});

test('a heartbeat of the run, and one of the run before', async () => {
  const now = await shows('now', 'claude', 'claude/idle');
  const before = await shows('before', 'claude', 'claude/idle');
  const incarnation = incarnationOf(now.session?.pid ?? 0);
  for (const agent of ['now', 'before']) {
    const beat = { format_version: '1.0', agent, incarnation, invocation: '', state: 'busy', at: new Date().toISOString() };
    mkdirSync(join(directory, agent));
    writeFileSync(join(directory, agent, 'heartbeat.json'), JSON.stringify(beat));
  }
  expect(await statesOf(now, before)).toEqual({ now: 'busy by heartbeat', before: 'idle by pane' });
});

test('the state file of a program below the shell of the pane', async () => {
  const subject = await shows('one', 'claude', 'claude/idle');
  const pid = subject.session?.pid ?? 0;
  mkdirSync(join(directory, '.claude/sessions'), { recursive: true });
  const { start_time } = incarnationOf(pid);
  const state = { pid, status: 'busy', statusUpdatedAt: Date.now(), procStart: String(start_time), sessionId: 'a', cwd: '/' };
  writeFileSync(join(directory, `.claude/sessions/${pid}.json`), JSON.stringify(state));
  expect(await statesOf(subject)).toEqual({ one: 'busy by runtime' });
});

test('without a server, and for what does not run, nothing is asked and nothing is idle', async () => {
  const session = { id: '$1', pid: process.pid };
  const subject = { agent: 'one', runtime: 'opencode', unit: live, invocation: 'aaaa', session };
  expect(await statesOf(subject)).toEqual({ one: 'unknown by unit' });
  expect(await statesOf({ ...subject, unit: { phase: 'down', detail: 'failed' } })).toEqual({ one: 'dead by unit' });
  expect(await statesOf({ ...subject, session: null })).toEqual({ one: 'unknown by unit' });
});
