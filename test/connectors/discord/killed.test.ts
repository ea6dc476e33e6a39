import { expect, test } from 'vitest';
import { bundled } from '../../agents/bundled.ts';
import { soak } from './soak.ts';

test('a bridge that is killed three times while sessions are dropped and answers lost: nothing is lost, nothing there twice, each thread in order', {
  timeout: 180_000,
}, async () => {
  const program = await bundled(new URL('bridge-process.ts', import.meta.url));
  const { heard, seen, expected, identifies } = await soak({
    program,
    messages: 400,
    kills: 3,
    measured: 5,
    seed: 11,
    factor: 20,
  });
  expect(heard).toEqual(expected);
  expect(seen).toEqual(expected);
  expect(identifies).toBeGreaterThanOrEqual(4);
});
