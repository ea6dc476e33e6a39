import { expect, test } from 'vitest';
import { signsOfLife } from '../../src/cli/signs-of-life.ts';

function stage(everyMs: number) {
  const said: string[] = [];
  const say = (what: string) => async (status?: string) => void said.push(status === undefined ? what : `${what} ${status}`);
  const notifier = { status: say('status'), alive: say('alive'), readyAndAlive: say('ready') };
  let at = 1000;
  const tell = signsOfLife(notifier, everyMs, () => at);
  return {
    /** What is said when this status is told so many milliseconds after the one before. */
    after: (ms: number, status: string): readonly string[] => {
      at += ms;
      tell(status);
      return said.splice(0);
    },
  };
}

test('that it is up is said again while systemd may wait for that, and later only that it lives', () => {
  const { after } = stage(20_000);
  expect(after(0, 'ready')).toEqual(['ready ready']);
  expect(after(5000, 'ready')).toEqual(['status ready']);
  expect(after(15_000, 'well')).toEqual(['ready well']);
  expect(after(20_000, 'well')).toEqual(['ready well']);
  expect(after(20_000, 'well')).toEqual(['ready well']);
  expect(after(20_000, 'well')).toEqual(['status well', 'alive']);
  expect(after(5000, 'ill')).toEqual(['status ill']);
  expect(after(15_000, 'ill')).toEqual(['status ill', 'alive']);
});

test('it is said once to who watches nobody', () => {
  const { after } = stage(Number.POSITIVE_INFINITY);
  expect(after(0, 'ready')).toEqual(['ready ready']);
  expect(after(600_000, 'well')).toEqual(['status well']);
});
