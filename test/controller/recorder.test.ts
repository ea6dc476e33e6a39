import { expect, test } from 'vitest';
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

test('of a queue that grows too long the oldest are given up', async () => {
  const store = new Store();
  const recorder = new Recorder(store, () => {});
  store.isFull = true;
  for (let n = 0; n < 1005; n += 1) await recorder.append(entry(`${n}`));
  store.isFull = false;
  await recorder.catchUp();
  expect(written(store).slice(0, 2)).toEqual(['5', '6']);
  expect(store.entries).toHaveLength(1000);
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
