import { expect, test } from 'vitest';
import { Waiting } from '../../src/controller/waiting.ts';

/** Names of those who have been heard, in order. */
function asking() {
  const waiting = new Waiting();
  const heard: string[] = [];
  const ask = (name: string) => void waiting.wait().then(() => heard.push(name));
  return { waiting, heard, ask };
}

test('who asks while a pass is under way waits for the next one', async () => {
  const { waiting, heard, ask } = asking();
  ask('early');
  waiting.passBegins();
  ask('late');
  waiting.nothingLeft();
  await Promise.resolve();
  expect(heard).toEqual(['early']);
  waiting.passBegins();
  waiting.nothingLeft();
  await Promise.resolve();
  expect(heard).toEqual(['early', 'late']);
});

test('at the end nobody is left waiting', async () => {
  const { waiting, heard, ask } = asking();
  waiting.passBegins();
  ask('late');
  waiting.end();
  await Promise.resolve();
  expect(heard).toEqual(['late']);
});
