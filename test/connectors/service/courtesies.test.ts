import { afterEach, beforeEach, expect, test } from 'vitest';
import { courtesies } from '../../../src/connectors/service/courtesies.ts';
import type { InboundMessage } from '../../../src/model/chat-messages.ts';
import type { Courtesy } from '../../../src/model/connectors.ts';
import { VirtualClock } from '../virtual-clock.ts';

const message = (id: string, threadId: string | null): InboundMessage => ({
  id,
  kind: 'message',
  targetId: null,
  conversationId: 'room',
  threadId,
  senderId: 'jason',
  isOwn: false,
  isBot: false,
  mentionsMe: false,
  replyToId: null,
  text: 'how is it going?',
  attachments: [],
  at: '2026-01-01T00:00:00.000Z',
  origin: 'live',
});

let clock: VirtualClock;
let works = false;
let signs: string[] = [];
let stop: AbortController;
let polite: ReturnType<typeof courtesies>;
let running: Promise<void>;
beforeEach(() => {
  clock = new VirtualClock();
  works = false;
  signs = [];
  stop = new AbortController();
  const sign = (each: Courtesy): void =>
    void signs.push(each.sign === 'read' ? `read ${each.message.id}` : `${each.threadId ?? 'room'} ${each.on ? 'on' : 'off'}`);
  polite = courtesies({ sign, isWorking: () => works, clock });
  running = polite.run(stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  expect(clock.pending).toBe(0);
});

const said = (threadId: string | null): void =>
  polite.said({
    format_version: '1.0',
    id: 'a',
    state: 'sent',
    reason: null,
    detail: '',
    ids: [],
    threadId,
    at: '2026-01-01T00:00:00.000Z',
  });

test('somebody types where the question came from, from the beginning of the work to its end', async () => {
  polite.handed(message('1', 'thread'));
  await clock.pass(10_000);
  expect(signs).toEqual(['read 1']);
  works = true;
  await clock.pass(40_000);
  expect(signs.slice(1)).toEqual(['thread on', 'thread on', 'thread on']);
  works = false;
  await clock.pass(10_000);
  expect(signs.at(-1)).toBe('thread off');
  works = true;
  await clock.pass(60_000);
  expect(signs).toHaveLength(5);
});

test('an answer ends it there, and nowhere else', async () => {
  works = true;
  polite.handed(message('1', null));
  polite.handed(message('2', 'thread'));
  await clock.pass(1000);
  said('thread');
  await clock.pass(1000);
  expect(signs.filter((sign) => sign.endsWith('off'))).toEqual(['thread off']);
});

test('whoever is not answered for a quarter of an hour sees nothing any more', async () => {
  works = true;
  polite.handed(message('1', null));
  await clock.pass(30 * 60_000);
  const count = signs.length;
  expect(signs.at(-1)).toBe('room off');
  await clock.pass(30 * 60_000);
  expect(signs).toHaveLength(count);
});

test('nobody types when it has stopped', async () => {
  works = true;
  polite.handed(message('1', null));
  await clock.pass(1000);
  stop.abort();
  await running;
  expect(signs.at(-1)).toBe('room off');
});
