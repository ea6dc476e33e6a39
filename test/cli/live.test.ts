import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { keysIn, type LiveScreen, onLiveScreen } from '../../src/cli/live.ts';

/** A terminal that remembers what was written, and whether it is raw. */
function terminal() {
  const state = { written: '', raw: false, paused: false };
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 40,
    rows: 5,
    write: (text: string) => {
      state.written += text;
      return true;
    },
  });
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (raw: boolean) => {
      state.raw = raw;
    },
    pause: () => {
      state.paused = true;
    },
  });
  const signals = new AbortController();
  const context = { stdout, stdin, interruptions: () => signals.signal } as unknown as Context;
  return { state, stdout, stdin, signals, context };
}

const before = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const after = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Draws until it is over. */
const stay = async (screen: LiveScreen): Promise<void> => {
  while (!screen.over.aborted) {
    screen.draw(['one', 'two']);
    await screen.pause(60_000);
  }
};

test.each([
  ['q', 'q'],
  ['Ctrl-C', '\x03'],
  ['a q among other keys', '\x1b[Axq'],
])('%s leaves, and the terminal is as it was', async (_, typed) => {
  const { state, stdin, context } = terminal();
  const done = onLiveScreen(context, stay);
  expect(state.raw).toBe(true);
  stdin.emit('data', Buffer.from(typed));
  await done;
  expect(state.written.startsWith(before)).toBe(true);
  expect(state.written.endsWith(after)).toBe(true);
  expect(state).toMatchObject({ raw: false, paused: true });
});

test('so does a signal, and the end of the terminal', async () => {
  const first = terminal();
  const one = onLiveScreen(first.context, stay);
  first.signals.abort();
  await one;
  const second = terminal();
  const other = onLiveScreen(second.context, stay);
  second.stdin.emit('end');
  await other;
  for (const { state } of [first, second]) expect(state.written.endsWith(after)).toBe(true);
});

test('a failure puts it back, too', async () => {
  const { state, context } = terminal();
  const failing = onLiveScreen(context, () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
  expect(state.raw).toBe(false);
  expect(state.written.endsWith(after)).toBe(true);
});

test('what is as before is not drawn again, but after a change of size it is', async () => {
  const { state, stdout, stdin, context } = terminal();
  const drawn = () => state.written.split('\x1b[?2026h').length - 1;
  const counts: number[] = [];
  await onLiveScreen(context, async (screen) => {
    screen.draw(['one']);
    screen.draw(['one']);
    counts.push(drawn());
    stdout.emit('resize');
    screen.draw(['one']);
    counts.push(drawn());
    stdin.emit('data', Buffer.from('q'));
  });
  expect(counts).toEqual([1, 2]);
});

test('never more lines than there are rows', async () => {
  const { state, context } = terminal();
  await onLiveScreen(context, async (screen) => screen.draw(['1', '2', '3', '4', '5', '6', '7']));
  expect(state.written).toContain('5');
  expect(state.written).not.toContain('6\x1b[0m');
});

test.each([
  ['\x1b[A\x1bOB', ['up', 'down']],
  ['jk hlgG', ['down', 'up', 'page-down', 'left', 'right', 'home', 'end']],
  ['\x1b[5~\x1b[6~', ['page-up', 'page-down']],
  ['\t\r\x1b', ['tab', 'enter', 'escape']],
  ['\x1b[200~x\x1b[<0;1;1M', ['other', 'other', 'other']],
])('%j is %j', (typed, keys) => {
  expect(keysIn(typed)).toEqual({ keys, quits: false });
});
