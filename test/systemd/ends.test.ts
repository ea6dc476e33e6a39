import { describe, expect, test } from 'vitest';
import type { RunEnd } from '../../src/model/observation.ts';
import { endBefore } from '../../src/systemd/ends.ts';

const exited = (status: number, result = 'exit-code') => ({ result, exit: { how: 'exited', status } }) as const;
const killed = (status: number, result = 'signal') => ({ result, exit: { how: 'killed', status } }) as const;
const end = (more: Partial<RunEnd>): RunEnd => ({
  invocation: 'one',
  next: 'two',
  at: '2026-01-02T03:04:05Z',
  ...exited(7),
  ...more,
});

describe('the end of a run is told by the next one', () => {
  const rows: readonly (readonly [string, Partial<RunEnd>, number, string, string])[] = [
    ['its program ended', exited(7), 1, 'crashed', 'exit status 7'],
    ['its program was killed', exited(137), 1, 'killed', 'exit status 137: signal 9 (KILL)'],
    ['its session was ended', exited(70), 1, 'session-ended', 'exit status 70'],
    ['the memory ran out', killed(9, 'oom-kill'), 1, 'out-of-memory', ''],
    [
      'it did not answer',
      { result: 'watchdog', exit: { how: 'dumped', status: 6 } },
      1,
      'timed-out',
      'signal 6 (ABRT), core dumped',
    ],
    ['somebody stopped it, then started it', killed(15, 'success'), 0, 'stopped-by-hand', ''],
    ['somebody stopped it, and it ended well', exited(0, 'success'), 0, 'stopped-by-hand', 'exit status 0'],
    ['somebody terminated it, and systemd brought it back', killed(15, 'success'), 1, 'killed', 'signal 15 (TERM)'],
    ['it failed, and somebody started it', exited(7), 0, 'crashed', 'exit status 7'],
  ];
  test.each(rows)('%s', (_what, how, restarts, cause, detail) => {
    expect(endBefore(end(how), { unit: { active: 'active', invocation: 'two' }, restarts })).toEqual({ cause, detail });
  });
});

describe('whose end it is', () => {
  const rows: readonly (readonly [string, RunEnd | undefined, string, string, boolean])[] = [
    ['nothing was written down', undefined, 'active', 'two', false],
    ['of the run before', end({}), 'active', 'two', true],
    ['of one before that', end({}), 'active', 'three', false],
    ['of the run before, which is just being claimed', end({ next: '' }), 'activating', 'two', true],
    ['of one that the run under way has not claimed', end({ next: '' }), 'active', 'three', false],
    ['of this run itself', end({ next: '' }), 'activating', 'one', false],
    ['no run is under way', end({ next: '' }), 'activating', '', false],
  ];
  test.each(rows)('%s', (_what, written, active, invocation, speaks) => {
    expect(endBefore(written, { unit: { active, invocation }, restarts: 1 }) !== null).toBe(speaks);
  });
});
