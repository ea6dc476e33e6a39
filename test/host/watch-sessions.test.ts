import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchSessions } from '../../src/host/watch-sessions.ts';
import type { ObservedSession, ObservedTmux } from '../../src/model/observation.ts';
import { PortError } from '../../src/model/ports.ts';

const session = (id: string, more: Partial<ObservedSession> = {}): ObservedSession => ({
  id,
  name: id,
  agent: 'coder0',
  incarnation: 'a',
  alive: true,
  pid: 7,
  created: 1,
  ...more,
});
const server = (...sessions: readonly ObservedSession[]): ObservedTmux => ({ socket: 'mosaic', server: true, sessions });
const none: ObservedTmux = { socket: 'mosaic', server: false, sessions: [] };
const failing = new PortError('timeout', 'the tmux server did not answer');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Looks at these states one after another; gives at which looks a change was told. */
async function changesIn(states: readonly (ObservedTmux | PortError)[]): Promise<readonly number[]> {
  let look = -1;
  const told: number[] = [];
  const end = watchSessions(
    {
      list: async () => {
        look += 1;
        const state = states[look] ?? none;
        if (state instanceof PortError) throw state;
        return state;
      },
    },
    'mosaic',
    10_000,
    () => told.push(look),
  );
  await vi.advanceTimersByTimeAsync(10_000 * (states.length - 1));
  expect(look).toBe(states.length - 1);
  end();
  expect(vi.getTimerCount()).toBe(0);
  return told;
}

const one = session('$1');
const two = session('$2');
test.each<readonly [string, readonly (ObservedTmux | PortError)[], readonly number[]]>([
  ['nothing', [server(one), server(one), server(one)], []],
  ['another order', [server(one, two), server(two, one)], []],
  ['its name, its pid', [server(one), server({ ...one, name: 'x', pid: 8 })], []],
  ['a session comes and goes', [server(one), server(one, two), server(one)], [1, 2]],
  ['it dies where it is', [server(one), server({ ...one, alive: false })], [1]],
  ['its tag', [server(one), server({ ...one, agent: 'coder1' }), server({ ...one, agent: '' })], [1, 2]],
  ['another run', [server(one), server({ ...one, incarnation: 'b' })], [1]],
  ['the server ends and comes back', [server(), none, none, server()], [1, 3]],
  ['it cannot be asked, for a while', [server(one), failing, failing, server(one), server(one)], [1, 3]],
  ['it could not be asked from the start', [failing, failing, server(one)], [2]],
])('what changes is told once: %s', async (_what, states, expected) => {
  expect(await changesIn(states)).toEqual(expected);
});

test('after its end a listing under way tells nothing', async () => {
  let answer = (_: ObservedTmux): void => {};
  const told: string[] = [];
  const end = watchSessions(
    {
      list: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    },
    'mosaic',
    10,
    () => told.push('change'),
  );
  answer(server(one));
  await vi.advanceTimersByTimeAsync(10);
  end();
  answer(server());
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
