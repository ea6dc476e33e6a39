import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { incarnationOf } from '../../src/agents/state/process.ts';
import { runStub } from '../../src/agents/stub/run.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'muster-stub-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A stub on a terminal and a clock that the test holds in its hands. */
function stub(env: Readonly<Record<string, string>> = {}) {
  const screen: string[] = [];
  const raw: boolean[] = [];
  let listener: (bytes: Uint8Array) => void = () => {};
  let resized: () => void = () => {};
  let close: () => void = () => {};
  let now = Date.UTC(2026, 0, 1);
  let crashed = false;
  const timers = new Set<{ at: number; deed: () => void }>();
  const status: { value: number | null } = { value: null };
  const done = runStub({
    input: {
      on: (event: string, listen: (bytes: Uint8Array) => void) => {
        if (event === 'data') listener = listen;
        if (event === 'close') close = listen as () => void;
      },
      setRawMode: (on: boolean) => raw.push(on),
      pause: () => {},
    },
    output: {
      write: (text: string) => screen.push(text),
      on: (_: string, listen: () => void) => {
        resized = listen;
      },
      columns: 80,
    },
    env: { MOSAIC_RUN: directory, MOSAIC_AGENT: 'coder0', MOSAIC_CLASS: 'implementer', MOSAIC_FLEET: 'coding', ...env },
    clock: {
      now: () => now,
      after: (milliseconds, deed) => {
        const timer = { at: now + milliseconds, deed };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    pid: process.pid,
    crash: () => {
      crashed = true;
    },
  }).then((value) => {
    status.value = value;
    return value;
  });
  return {
    raw,
    done,
    status,
    type: (text: string) => listener(new TextEncoder().encode(text)),
    paste: (text: string) => listener(new TextEncoder().encode(`\x1b[200~${text}\x1b[201~`)),
    /** Lets so many milliseconds pass, timers in order. */
    pass(milliseconds: number): void {
      const end = now + milliseconds;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.deed();
      }
      now = end;
    },
    resize: () => resized(),
    close: () => close(),
    crashed: () => crashed,
    /** Everything written, and what was written since the last look. */
    written: () => screen.join(''),
    seen: () => screen.splice(0).join(''),
    transcript: () => lines('transcript.jsonl').map(({ type, text }) => [type, text]),
    heartbeat: () => lines('heartbeat.json')[0] ?? {},
  };
}

const lines = (file: string): Record<string, unknown>[] =>
  existsSync(join(directory, file))
    ? readFileSync(join(directory, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];

describe('a stub agent', () => {
  test('says who it is, sets its terminal up, and shows a composer', () => {
    const role = join(directory, 'coder.md');
    writeFileSync(role, '---\nclasses: [implementer]\n---\n\n# Coder: writes code\n');
    const agent = stub({ MOSAIC_ROLE_FILE: role });
    expect(agent.raw).toEqual([true]);
    expect(agent.written()).toContain('\x1b[?2004h');
    expect(agent.written()).toContain('coder0, class implementer, fleet coding\r\nRole: Coder: writes code\r\n> \r\n');
  });

  test.each([
    ['typed', 'hello\r', 'hello'],
    ['typed with a line feed', 'one\ntwo\r', 'one\ntwo'],
    ['pasted, then Enter', '\x1b[200~one\ntwo\n\x1b[201~\r', 'one\ntwo\n'],
    ['pasted by a terminal that sends carriage returns', '\x1b[200~one\rtwo\r\nthree\x1b[201~\r', 'one\ntwo\nthree'],
    ['corrected', 'helol\x7f\x7flo\r', 'hello'],
    ['written anew', 'wrong\x03right\r', 'right'],
  ])('answers a message that is %s', (_, bytes, text) => {
    const agent = stub();
    agent.type(bytes);
    expect(agent.heartbeat().state).toBe('busy');
    agent.pass(1000);
    expect(agent.transcript()).toEqual([
      ['user', text],
      ['assistant', `got: ${text}`],
    ]);
    expect(agent.heartbeat().state).toBe('idle');
    expect(agent.written()).toContain(`● got: ${text.replaceAll('\n', '\r\n')}`);
  });

  test('does not submit a paste that holds carriage returns within its frame', () => {
    const agent = stub();
    agent.paste('one\rtwo\r');
    agent.pass(1000);
    expect(agent.transcript()).toEqual([]);
  });

  test('shows a long paste by a label, and submits all of it', () => {
    const agent = stub();
    const text = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
    agent.paste(text);
    expect(agent.written()).toContain('> [Pasted text #1 +29 lines]');
    agent.type('\r');
    expect(agent.transcript()).toEqual([['user', text]]);
  });

  test('keeps what comes while it is busy for later turns, in order', () => {
    const agent = stub();
    agent.type('/busy 3\r');
    agent.type('one\r');
    agent.type('two\r');
    expect([agent.transcript(), agent.heartbeat().state]).toEqual([[], 'busy']);
    expect(agent.written()).toContain('2 queued');
    agent.pass(2999);
    expect(agent.transcript()).toEqual([]);
    agent.pass(1001);
    expect(agent.transcript().map(([, text]) => text)).toEqual(['one', 'got: one', 'two', 'got: two']);
  });

  test('Ctrl-C and Escape end the turn under way', () => {
    for (const key of ['\x03', '\x1b']) {
      const agent = stub();
      agent.type('work\r');
      agent.type(key);
      agent.pass(100);
      expect(agent.transcript().slice(-2)).toEqual([
        ['user', 'work'],
        ['interrupted', 'work'],
      ]);
      expect(agent.heartbeat().state).toBe('idle');
    }
  });

  test('takes text and Enter for the answer of a dialog', () => {
    const agent = stub();
    agent.type('/dialog\r');
    expect(agent.heartbeat().state).toBe('waiting');
    agent.type('hello');
    expect(agent.heartbeat().state).toBe('waiting');
    agent.type('\r');
    expect(agent.transcript()).toEqual([['answer', expect.stringMatching(/ yes$/)]]);
    agent.type('\x1b');
    agent.pass(60);
    agent.type('\x1b');
    agent.pass(60);
    expect(agent.heartbeat().state).toBe('waiting');
    agent.type('nothing');
    expect(agent.transcript().at(-1)).toEqual(['answer', expect.stringMatching(/^Rewind.* no$/)]);
  });

  test.each([
    ['Ctrl-D', '\x04', 0],
    ['/exit 7', '/exit 7\r', 7],
    ['/exit', '/exit\r', 0],
  ])('%s ends it', async (_, bytes, status) => {
    const agent = stub();
    agent.type(bytes);
    expect(await agent.done).toBe(status);
    expect([agent.raw.at(-1), agent.written().includes('\x1b[?2004l')]).toEqual([false, true]);
  });

  test('ends with its terminal', async () => {
    const agent = stub();
    agent.close();
    expect(await agent.done).toBe(0);
  });

  test('crashes and hangs on demand; who hangs neither answers nor beats', () => {
    const crashing = stub();
    crashing.type('/crash\r');
    expect(crashing.crashed()).toBe(true);
    const hanging = stub();
    hanging.type('/hang\r');
    hanging.seen();
    const last = hanging.heartbeat().at;
    hanging.type('hello\r\x04');
    hanging.pass(60_000);
    expect([hanging.seen(), hanging.transcript(), hanging.heartbeat().at, hanging.status.value]).toEqual(['', [], last, null]);
  });

  test('beats every few seconds, under the incarnation of its process', () => {
    const agent = stub({ MOSAIC_INVOCATION: 'abc' });
    agent.pass(5000);
    expect(agent.heartbeat()).toEqual({
      format_version: '1.0',
      agent: 'coder0',
      incarnation: incarnationOf(process.pid),
      invocation: 'abc',
      state: 'idle',
      at: '2026-01-01T00:00:05.000Z',
    });
    expect(incarnationOf(process.pid).start_time).toBeGreaterThan(0);
  });

  test('draws itself anew when its terminal changes', () => {
    const agent = stub();
    agent.type('draft');
    agent.seen();
    agent.resize();
    const drawn = agent.seen();
    expect([drawn.startsWith('\x1b[H\x1b[2J'), drawn.includes('> draft\r\n')]).toEqual([true, true]);
  });

  test('shows no control character that it was sent', () => {
    const agent = stub();
    agent.paste('\x1b[31mred\x07');
    agent.type('\r');
    agent.pass(1000);
    expect(agent.written()).not.toContain('\x1b[31m');
    expect(agent.written()).not.toContain('\x07');
  });

  test('names its commands when it does not know one', () => {
    const agent = stub();
    agent.type('/what\r');
    expect(agent.written()).toContain('unknown command /what; there are /busy SECONDS');
  });
});

describe('quirks', () => {
  test('swallow-enter: the first Enter does nothing, the text stays', () => {
    const agent = stub({ STUB_QUIRKS: 'swallow-enter' });
    agent.type('hello\r');
    expect(agent.transcript()).toEqual([]);
    agent.type('\r');
    expect(agent.transcript()).toEqual([['user', 'hello']]);
  });

  test('enter-into-paste: an Enter close behind a paste is a part of it', () => {
    const agent = stub({ STUB_QUIRKS: 'enter-into-paste=100' });
    agent.paste('hello');
    agent.type('\r');
    expect(agent.transcript()).toEqual([]);
    agent.pass(100);
    agent.type('\r');
    expect(agent.transcript()).toEqual([['user', 'hello\n']]);
  });

  test('slow-mount: what is typed before is lost, and the heartbeat says starting', () => {
    const agent = stub({ STUB_QUIRKS: 'slow-mount=500' });
    agent.type('early\r');
    expect([agent.heartbeat().state, agent.written()]).toEqual(['starting', '']);
    agent.pass(500);
    agent.type('late\r');
    expect(agent.transcript()).toEqual([['user', 'late']]);
  });

  test('late-transcript and no-transcript', () => {
    const late = stub({ STUB_QUIRKS: 'late-transcript=5000' });
    late.type('hello\r');
    late.pass(1000);
    expect(late.transcript()).toEqual([]);
    late.pass(5000);
    expect(late.transcript()).toHaveLength(2);
    const none = stub({ STUB_QUIRKS: 'no-transcript', MOSAIC_AGENT: 'other' });
    none.type('hello\r');
    none.pass(10_000);
    expect(none.transcript()).toHaveLength(2);
  });

  test('canonical: neither raw mode nor bracketed paste', () => {
    const agent = stub({ STUB_QUIRKS: 'canonical' });
    expect([agent.raw, agent.written().includes('2004h')]).toEqual([[], false]);
    agent.type('hello\n');
    expect(agent.transcript()).toEqual([['user', 'hello']]);
  });

  test('suggestion: dim text that is no draft', () => {
    const agent = stub({ STUB_QUIRKS: 'suggestion=try this' });
    expect(agent.written()).toContain('> \x1b[2mtry this\x1b[0m');
    agent.type('\r');
    expect(agent.transcript()).toEqual([]);
  });
});
