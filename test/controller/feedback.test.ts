import { describe, expect, test } from 'vitest';
import { type Ears, feedback } from '../../src/controller/feedback.ts';
import type { HistoryEntry } from '../../src/model/controller.ts';

const binding = { repository: '/home/jason/fleet', ref: 'refs/heads/main', rosters: 'rosters' };

const outcome = (subject: string): HistoryEntry => ({
  format_version: '1.0',
  at: '2026-01-02T03:04:05.000Z',
  revision: subject,
  kind: 'revision',
  subject,
  outcome: 'applied',
  message: `the host is as ${subject} says`,
  diagnostics: [],
});

/** Collects what is told, in order; `failing` ears reject. */
function listen(failing: readonly ('note' | 'hook')[] = []) {
  const heard: string[] = [];
  const failures: string[] = [];
  const hear = (ear: 'note' | 'hook', what: string): Promise<void> => {
    heard.push(`${ear} ${what}`);
    return failing.includes(ear) ? Promise.reject(new Error(`no ${ear}`)) : Promise.resolve();
  };
  const ears: Ears = {
    note: (commit, text) => hear('note', `${commit}: ${text}`),
    hook: (facts) => hear('hook', JSON.stringify(facts)),
  };
  return { heard, failures, ...feedback(ears, binding, 'w-jarvis', (what) => failures.push(what)) };
}

test('an outcome is told to note and hook, with its facts', async () => {
  const { heard, tell } = listen();
  tell(outcome('c1'));
  await expect.poll(() => heard.length).toBe(2);
  expect(heard[0]).toBe('note c1: applied on w-jarvis at 2026-01-02T03:04:05.000Z\nthe host is as c1 says\n');
  expect(JSON.parse(heard[1]?.slice('hook '.length) ?? '')).toEqual({
    MUSTER_REVISION: 'c1',
    MUSTER_OUTCOME: 'applied',
    MUSTER_MESSAGE: 'the host is as c1 says',
    MUSTER_AT: '2026-01-02T03:04:05.000Z',
    MUSTER_HOST: 'w-jarvis',
    MUSTER_REPOSITORY: '/home/jason/fleet',
    MUSTER_REF: 'refs/heads/main',
  });
});

test('what fails is told, and keeps nothing else from being told, in order', async () => {
  const { heard, failures, tell } = listen(['note', 'hook']);
  tell(outcome('c1'));
  tell(outcome('c2'));
  await expect.poll(() => failures.length).toBe(4);
  expect(heard.map((line) => line.slice(0, 7))).toEqual(['note c1', 'hook {"', 'note c2', 'hook {"']);
  expect(failures).toEqual([
    'no note was written: no note',
    'the hook failed: no hook',
    'no note was written: no note',
    'the hook failed: no hook',
  ]);
});

test('nothing but outcomes of revisions is told', async () => {
  const { heard, tell } = listen();
  tell({ format_version: '1.0', at: '', revision: null, kind: 'controller', event: 'started', message: '' });
  tell(outcome('c1'));
  await expect.poll(() => heard.length).toBe(2);
  expect(heard.every((line) => line.includes('c1'))).toBe(true);
});

test('where nobody listens nothing is told', () => {
  const { tell } = feedback({ note: null, hook: null }, binding, 'w-jarvis', (what) => {
    throw new Error(what);
  });
  expect(() => tell(outcome('c1'))).not.toThrow();
});

describe('at the end', () => {
  /** A hook that goes on until the test lets it end. */
  function slowly() {
    const begun: string[] = [];
    const failures: string[] = [];
    const ends: (() => void)[] = [];
    const hook: Ears['hook'] = ({ MUSTER_REVISION = '' }) => {
      begun.push(MUSTER_REVISION);
      return new Promise((resolve) => ends.push(resolve));
    };
    const told = feedback({ note: null, hook }, binding, 'w-jarvis', (what) => failures.push(what));
    return { begun, failures, endHook: () => ends.shift()?.(), ...told };
  }

  test('what waits for a slow hook is told before it ends', async () => {
    const { begun, failures, endHook, tell, end } = slowly();
    tell(outcome('c1'));
    tell(outcome('c2'));
    let ended = false;
    const ending = end(60_000).then(() => {
      ended = true;
    });
    await expect.poll(() => begun).toEqual(['c1']);
    expect(ended).toBe(false);
    endHook();
    await expect.poll(() => begun).toEqual(['c1', 'c2']);
    endHook();
    await ending;
    expect(failures).toEqual([]);
  });

  test('no longer than it may take; what is given up then is said, and told to nobody any more', async () => {
    const { begun, failures, endHook, tell, end } = slowly();
    tell(outcome('c1'));
    tell(outcome('c2'));
    await end(1);
    expect(failures).toEqual([
      'it ends now: nobody waits for what is told of c1, applied',
      'it ends now: nobody waits for what is told of c2, applied',
    ]);
    endHook();
    await new Promise(setImmediate);
    expect(begun).toEqual(['c1']);
  });
});
