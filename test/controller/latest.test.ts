import { expect, test } from 'vitest';
import { Latest } from '../../src/controller/latest.ts';

/** Writes that end when the test lets them. */
function slowly() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const latest = new Latest<string>(async (value) => {
    begun.push(value);
    await new Promise<void>((resolve) => ends.push(resolve));
  });
  return { latest, begun, end: () => ends.shift()?.() };
}

test('one at a time, and of those that came meanwhile the last', async () => {
  const { latest, begun, end } = slowly();
  for (const value of ['a', 'b', 'c']) latest.put(value);
  expect(begun).toEqual(['a']);
  end();
  await expect.poll(() => begun).toEqual(['a', 'c']);
});

test('what comes in the very turn in which a write ends is written, too', async () => {
  const written: string[] = [];
  const latest = new Latest<string>(async (value) => void written.push(value));
  latest.put('a');
  for (const value of ['b', 'c', 'd']) {
    await Promise.resolve();
    latest.put(value);
  }
  await latest.written();
  expect(written.at(-1)).toBe('d');
});

test('whoever asks is told once the last one is written', async () => {
  const { latest, begun, end } = slowly();
  latest.put('a');
  latest.put('b');
  const done = latest.written().then(() => begun.join());
  end();
  await expect.poll(() => begun.length).toBe(2);
  end();
  expect(await done).toBe('a,b');
});
