import { describe, expect, test } from 'vitest';
import { adapterOf } from '../../../src/agents/runtimes/adapters.ts';
import { activityOf, type Evidence } from '../../../src/agents/state/activity.ts';
import type { Heartbeat } from '../../../src/model/agents.ts';

const now = Date.parse('2026-11-23T12:00:00Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

const process = { boot_id: 'b00t', pid: 4711, start_time: 1551535 };
const nothing: Evidence = {
  unit: { phase: 'live', detail: 'mosaic-agent@coder0.service runs' },
  invocation: 'aaaa',
  processes: [process],
  began: now - 3_600_000,
  runtime: null,
  transcript: null,
  heartbeat: null,
  screen: null,
  changed: null,
};
const word = (state: 'idle' | 'busy' | 'waiting-for-input' | 'unknown', seconds: number) => ({
  pid: process.pid,
  startTime: process.start_time,
  state,
  at: ago(seconds),
  detail: state,
  transcript: null,
});
const standing = (state: 'idle' | 'busy' | 'rate-limited', seconds: number) => ({ state, at: ago(seconds), detail: state });
const beat = (state: string, seconds: number, changes: Partial<Heartbeat> = {}): Heartbeat => ({
  format_version: '1.0',
  agent: 'coder0',
  incarnation: process,
  invocation: 'aaaa',
  state,
  at: ago(seconds),
  ...changes,
});
const screen = (state: 'starting' | 'idle' | 'busy' | 'dialog' | 'rate-limited' | 'unknown') => ({
  state,
  composer: null,
  detail: `a screen: ${state}`,
});
const judged = (runtime: string, evidence: Partial<Evidence>) => {
  const { state, source } = activityOf(adapterOf(runtime), { ...nothing, ...evidence }, now);
  return [state, source];
};

describe('who is believed', () => {
  test.each<readonly [string, Partial<Evidence>, string, string]>([
    ['the unit, when it does not run', { unit: { phase: 'down', detail: '' }, screen: screen('idle') }, 'dead', 'unit'],
    ['the unit, while it starts', { unit: { phase: 'starting', detail: '' }, heartbeat: beat('idle', 1) }, 'starting', 'unit'],
    [
      'nobody, when the unit cannot be asked',
      { unit: { phase: 'unknown', detail: '' }, screen: screen('idle') },
      'unknown',
      'unit',
    ],
    ['nobody, without evidence', {}, 'unknown', 'unit'],
    ['a blank screen, for the first minute', { screen: screen('starting'), began: now - 59_000 }, 'starting', 'pane'],
    ['a blank screen no more, after that', { screen: screen('starting'), began: now - 61_000 }, 'unknown', 'unit'],
    ['a blank screen, where nobody can tell since when', { screen: screen('starting'), began: null }, 'starting', 'pane'],
    ['a hook behind a blank screen', { screen: screen('starting'), heartbeat: beat('busy', 1) }, 'busy', 'heartbeat'],
    ['the program before its transcript', { runtime: word('idle', 5), transcript: standing('busy', 1) }, 'idle', 'runtime'],
    ['the transcript before its screen', { transcript: standing('busy', 5), screen: screen('idle') }, 'busy', 'transcript'],
    [
      'the transcript before an earlier heartbeat',
      { transcript: standing('idle', 5), heartbeat: beat('busy', 9) },
      'idle',
      'transcript',
    ],
    [
      'a heartbeat that is later than the transcript',
      { transcript: standing('idle', 9), heartbeat: beat('busy', 5) },
      'busy',
      'heartbeat',
    ],
    ['a heartbeat before the screen', { heartbeat: beat('busy', 5), screen: screen('idle') }, 'busy', 'heartbeat'],
    ['the screen, where there is nothing else', { screen: screen('busy') }, 'busy', 'pane'],
    ['the screen, when the program says something new', { runtime: word('unknown', 5), screen: screen('idle') }, 'idle', 'pane'],
    ['nobody, when a hook writes nonsense', { heartbeat: beat('\u001b[31mparty', 1) }, 'unknown', 'unit'],
    ['nobody, when the screen is unclear', { screen: screen('unknown') }, 'unknown', 'unit'],
    ['hooks, in their own words', { heartbeat: beat('waiting', 1) }, 'waiting-for-input', 'heartbeat'],
  ])('%s', (_, evidence, state, source) => {
    expect(judged('claude', evidence)).toEqual([state, source]);
  });
});

describe('what the best source cannot tell apart', () => {
  test.each<readonly [string, Partial<Evidence>, string, string]>([
    ['a dialog during a turn', { transcript: standing('busy', 5), screen: screen('dialog') }, 'waiting-for-input', 'pane'],
    [
      'a limit after which the program says idle',
      { runtime: word('idle', 1), transcript: standing('rate-limited', 2) },
      'rate-limited',
      'transcript',
    ],
    [
      'a limit that only the screen shows',
      { transcript: standing('busy', 5), screen: screen('rate-limited') },
      'rate-limited',
      'pane',
    ],
    ['a menu that is open', { runtime: word('idle', 60), screen: screen('dialog') }, 'waiting-for-input', 'pane'],
    [
      'waiting is told by the program itself',
      { runtime: word('waiting-for-input', 60), screen: screen('busy') },
      'waiting-for-input',
      'runtime',
    ],
  ])('%s', (_, evidence, state, source) => {
    expect(judged('claude', evidence)).toEqual([state, source]);
  });
});

describe('evidence of another run counts for nothing', () => {
  test.each<readonly [string, Partial<Evidence>]>([
    ['a heartbeat of an earlier run of the unit', { heartbeat: beat('busy', 1, { invocation: 'bbbb' }) }],
    ['a heartbeat of an earlier boot', { heartbeat: beat('busy', 1, { incarnation: { ...process, boot_id: 'other' } }) }],
    [
      'a heartbeat of a process id that was given again',
      { heartbeat: beat('busy', 1, { incarnation: { ...process, start_time: 7 } }) },
    ],
    ['a heartbeat of a process that is gone', { heartbeat: beat('busy', 1, { incarnation: { ...process, pid: 9 } }) }],
    ['a state file of a process id that was given again', { runtime: { ...word('busy', 1), startTime: 7 } }],
    ['a state file of a process that is gone', { runtime: { ...word('busy', 1), pid: 9 } }],
    ['a turn that the end of an earlier run broke off', { transcript: standing('busy', 7200) }],
    ['a limit that was met in an earlier run', { transcript: standing('rate-limited', 7200) }],
    ['a record without a time', { transcript: { state: 'busy', at: null, detail: '' } }],
  ])('%s', (_, evidence) => {
    expect(judged('claude', evidence)).toEqual(['unknown', 'unit']);
    expect(judged('claude', { ...evidence, screen: screen('idle') })).toEqual(['idle', 'pane']);
  });
});

test('a hook that tells of the end of a turn counts for nothing where the transcript would have it, and has not', () => {
  const evidence = { transcript: standing('busy', 9), heartbeat: beat('idle', 5) };
  expect(judged('codex', evidence)).toEqual(['busy', 'transcript']);
  expect(judged('codex', { ...evidence, transcript: standing('idle', 9) })).toEqual(['idle', 'heartbeat']);
  expect(judged('codex', { ...evidence, heartbeat: beat('waiting', 5) })).toEqual(['waiting-for-input', 'heartbeat']);
  expect(judged('pi', evidence)).toEqual(['idle', 'heartbeat']);
});

describe('hung', () => {
  const hour = 3600;
  test.each<readonly [string, string, Partial<Evidence>, string]>([
    ['busy for long without any change', 'claude', { runtime: word('busy', hour), began: null }, 'hung'],
    [
      'busy for long, and the transcript grows',
      'claude',
      { runtime: word('busy', hour), changed: now - 60_000, began: null },
      'busy',
    ],
    ['idle for long', 'claude', { runtime: word('idle', 40 * hour), began: null }, 'idle'],
    ['busy since a moment', 'claude', { runtime: word('busy', 60) }, 'busy'],
    ['a screen that shows a turn and stands still', 'opencode', { screen: screen('busy'), changed: now - 1000 * hour }, 'hung'],
    ['a screen of which nothing else is known', 'opencode', { screen: screen('busy') }, 'busy'],
    ['a program that beat and stopped', 'stub', { heartbeat: beat('idle', 60), transcript: standing('idle', 50) }, 'hung'],
    ['a beat that is a little late', 'stub', { heartbeat: beat('idle', 20) }, 'idle'],
    ['a hook that has had nothing to say since', 'claude', { heartbeat: beat('idle', 3000) }, 'idle'],
    ['a beat of an earlier run', 'stub', { heartbeat: beat('idle', 60, { invocation: 'bbbb' }), screen: screen('idle') }, 'idle'],
  ])('%s', (_, runtime, evidence, state) => {
    expect(judged(runtime, evidence)[0]).toBe(state);
  });
});

test('evidence carries its age; what is seen now has none', () => {
  expect(activityOf(adapterOf('claude'), { ...nothing, runtime: word('busy', 90) }, now)).toEqual({
    state: 'busy',
    source: 'runtime',
    at: ago(90),
    detail: 'busy',
  });
  expect(activityOf(adapterOf('opencode'), { ...nothing, screen: screen('idle') }, now).at).toBeNull();
});
