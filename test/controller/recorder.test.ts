import { describe, expect, test } from 'vitest';
import { Recorder } from '../../src/controller/recorder.ts';
import type { HistoryEntry } from '../../src/model/controller.ts';
import { Store } from '../fakes/store.ts';

const entry = (message: string): HistoryEntry => ({
  format_version: '1.0',
  at: '2026-01-01T00:00:00.000Z',
  revision: null,
  kind: 'controller',
  event: 'started',
  message,
});

const written = ({ entries }: Store): string[] => entries.map((one) => ('message' in one ? one.message : ''));

test('what several ask for at once is written once, in order', async () => {
  const store = new Store();
  const recorder = new Recorder(store, () => {});
  await Promise.all(['a', 'b', 'c'].map((message) => recorder.append(entry(message))));
  expect(written(store)).toEqual(['a', 'b', 'c']);
});

test('what could not be written is written before what comes later', async () => {
  const store = new Store();
  const recorder = new Recorder(store, () => {});
  store.isFull = true;
  await recorder.append(entry('a'), entry('b'));
  expect(recorder.trouble).toContain('no space left');
  store.isFull = false;
  await Promise.all([recorder.append(entry('c')), recorder.catchUp()]);
  expect(written(store)).toEqual(['a', 'b', 'c']);
  expect(recorder.trouble).toBeNull();
});

test('of a queue that grows too long the oldest are given up, and the history says how many', async () => {
  const store = new Store();
  const recorder = new Recorder(store, () => {});
  store.isFull = true;
  for (let n = 0; n < 1005; n += 1) await recorder.append(entry(`${n}`));
  store.isFull = false;
  await recorder.catchUp();
  expect(written(store).slice(0, 3)).toEqual([
    'the 5 entries before this one are lost: they could not be written for too long',
    '5',
    '6',
  ]);
  expect(store.entries).toHaveLength(1001);
});

test('a deed that is insisted upon is done once it can be, and the newest of its kind alone', async () => {
  const recorder = new Recorder(new Store(), () => {});
  const done: string[] = [];
  let isLocked = true;
  const deed = (name: string) => async (): Promise<void> => {
    if (isLocked) throw new Error('locked');
    done.push(name);
  };
  await recorder.insist('the ref', deed('old'));
  await recorder.insist('the ref', deed('new'));
  expect(recorder.trouble).toBe('the ref: locked');
  isLocked = false;
  await recorder.catchUp();
  await recorder.catchUp();
  expect(done).toEqual(['new']);
  expect(recorder.trouble).toBeNull();
});

describe('who is told of an outcome', () => {
  const applied = (subject: string, message = ''): HistoryEntry => ({
    format_version: '1.0',
    at: '2026-01-01T00:00:00.000Z',
    revision: subject,
    kind: 'revision',
    subject,
    outcome: 'applied',
    message,
    diagnostics: [],
  });
  const before = { ...applied('c1'), kind: 'revision', outcome: 'applied', subject: 'c1', message: '', diagnostics: [] } as const;

  test('hears of it once it is in the history, and once', async () => {
    const store = new Store();
    const heard: string[] = [];
    const recorder = new Recorder(store, () => heard.push(`${store.entries.length} written`));
    await recorder.append(entry('a'), entry('b'));
    expect(heard).toEqual(['2 written', '2 written']);
    expect(recorder.takeUntold()).toHaveLength(2);
    expect(recorder.takeUntold()).toEqual([]);
  });

  test('a full disk keeps nobody from hearing of it', async () => {
    const store = new Store();
    const recorder = new Recorder(store, () => {});
    store.isFull = true;
    await recorder.append(entry('a'));
    expect(recorder.takeUntold()).toHaveLength(1);
  });

  test('does not hear again what was written before a crash and comes out the same after it', async () => {
    const store = new Store();
    const recorder = new Recorder(store, () => {});
    recorder.continueAfter([before]);
    await recorder.append(applied('c1'), entry('a'));
    expect(store.entries).toEqual([entry('a')]);
    expect(recorder.takeUntold()).toEqual([entry('a')]);
  });

  test.each([
    ['another revision', [applied('c2'), applied('c1')]],
    ['another reason', [applied('c1', 'for another reason')]],
  ])('hears of %s, and of the same one after it', async (_what, entries) => {
    const store = new Store();
    const recorder = new Recorder(store, () => {});
    recorder.continueAfter([before]);
    await recorder.append(...entries);
    expect(store.entries).toEqual(entries);
  });
});
