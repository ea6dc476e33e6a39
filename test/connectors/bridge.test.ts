import { describe, expect, test } from 'vitest';
import { backOff } from '../../src/connectors/bridge/back-off.ts';
import { inboundBook, shortInbound } from '../../src/connectors/bridge/inbound-book.ts';
import { kept } from '../../src/connectors/bridge/keep.ts';
import { outboundBook, shortOutbound } from '../../src/connectors/bridge/outbound-book.ts';
import type { InboundRecord, OutboundRecord } from '../../src/connectors/bridge/records.ts';
import { outboundMessage, queue } from '../../src/connectors/bridge/say.ts';
import { MemoryServer, type ServerOptions } from './memory-server.ts';
import { memorySubject } from './memory-subject.ts';
import { Stage, type Subject } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

const jason = '@jason:memory';
const hour = 3_600_000;

function scene(options: ServerOptions = {}) {
  const clock = new VirtualClock();
  const server = new MemoryServer(clock, options);
  const subject = memorySubject(server, clock);
  return { clock, server, subject, stage: new Stage(subject) };
}

describe('a transaction that the server may have forgotten', () => {
  test('is not sent again: that nobody knows is told, and holds nobody up', async () => {
    const { clock, server, stage } = scene({ traits: { transactionMs: hour } });
    const first = await stage.open();
    server.sendFaults.push(...Array.from({ length: 1000 }, () => 'lost-request' as const));
    await stage.queue('lost');
    await clock.pass(hour / 2);
    await first.close();
    await clock.pass(hour);
    server.sendFaults.length = 0;
    const requests = server.requests.length;
    const bridge = await stage.open();
    await stage.queue('next');
    await stage.settled(2);
    expect(stage.receipts).toMatchObject([{ state: 'unknown', reason: 'outcome-unknown' }, { state: 'sent' }]);
    expect(server.requests.slice(requests)).toEqual(['say-2.0']);
    expect(bridge.health()).toMatchObject({ healthy: true, problems: [{ reason: 'outcome-unknown', blocking: false }] });
    await bridge.close();
  });

  test('is no matter where it was never sent, however long the server is away', async () => {
    const { clock, server, stage } = scene({ traits: { transactionMs: hour } });
    server.isDown = true;
    const bridge = await stage.open();
    await stage.queue('patient');
    await clock.pass(72 * hour);
    expect(bridge.health()).toMatchObject({ healthy: false, outbound: { waiting: 1 } });
    server.isDown = false;
    await stage.settled(1);
    expect(stage.receipts).toMatchObject([{ state: 'sent' }]);
    await bridge.close();
  });

  test('stays open where later tries certainly did not arrive', async () => {
    const { clock, server, stage } = scene({ traits: { transactionMs: hour } });
    const bridge = await stage.open();
    server.sendFaults.push('lost-answer', 'limited', 'down');
    await stage.queue('arrived');
    await clock.until('it was tried', () => server.sendFaults.length === 0);
    server.isDown = true;
    await clock.pass(2 * hour);
    server.isDown = false;
    await stage.settled(1);
    expect(stage.receipts).toMatchObject([{ state: 'unknown' }]);
    expect(server.seen).toHaveLength(1);
    await bridge.close();
  });

  test('is not trusted to a clock that was set back', async () => {
    const { clock, server, stage } = scene({ traits: { transactionMs: hour } });
    const first = await stage.open();
    server.sendFaults.push('lost-request');
    await stage.queue('lost');
    await clock.until('it is tried', () => server.requests.length === 1);
    await first.close();
    clock.jump(-5 * hour);
    const bridge = await stage.open();
    await stage.settled(1);
    expect(stage.receipts).toMatchObject([{ state: 'unknown' }]);
    await bridge.close();
  });
});

describe('a connector of another kind', () => {
  test('gets what waits, without ids that mean nothing to it, and hands over what the former one left', async () => {
    const { clock, server, subject, stage } = scene();
    const first = await stage.open();
    await clock.until('it listens', () => first.health().inbound.cursorAt !== null);
    await first.close();
    await stage.queue('to a thread of before', { via: 'memory', threadId: '$old', replyToId: '$older' });
    const asked: (string | null)[] = [];
    const telepathy: Subject = {
      ...subject,
      open: () => {
        const connector = server.connect();
        return {
          ...connector,
          kind: 'telepathy',
          subscribe: (cursor, receive) => {
            asked.push(cursor);
            return connector.subscribe(cursor, receive);
          },
        };
      },
    };
    const other = new Stage(telepathy, {}, stage.disk);
    const bridge = await other.open();
    await other.settled(1);
    expect(server.seen).toMatchObject([{ text: 'to a thread of before', threadId: null, replyToId: null }]);
    expect(asked).toEqual([null]);
    await bridge.close();
  });
});

describe('health', () => {
  test('tells of one that is connected and deaf', async () => {
    const { clock, server, stage, subject } = scene();
    const deaf = new Stage({
      ...subject,
      open: () => {
        const connector = server.connect();
        return {
          ...connector,
          health: () => ({ ...connector.health(), phase: 'live', lastContact: '2026-01-01T00:00:00.000Z' }),
        };
      },
    });
    const bridge = await deaf.open();
    await clock.pass(100_000);
    expect(bridge.health().healthy).toBe(true);
    await clock.pass(100_000);
    expect(bridge.health()).toMatchObject({ healthy: false, problems: [{ reason: 'deaf', blocking: true }] });
    await bridge.close();
    expect(stage.inbox).toEqual([]);
  });

  test('tells who was turned away last, and how many of all time, also after a restart', async () => {
    const { clock, server, stage } = scene();
    const first = await stage.open();
    await clock.until('it listens', () => first.health().inbound.cursorAt !== null);
    for (const text of ['a', 'b']) server.say({ senderId: '@mallory:memory', text });
    server.say({ senderId: jason, text: 'beep', isBot: true });
    await clock.until('they are counted', () => first.health().inbound.refused.program === 1);
    expect(first.health().inbound).toMatchObject({
      refused: { own: 0, program: 1, stranger: 2, flood: 0 },
      lastRefused: { senderId: jason, reason: 'program' },
    });
    await first.close();
    const second = await stage.open();
    expect(second.health().inbound.refused).toEqual({ own: 0, program: 1, stranger: 2, flood: 0 });
    await second.close();
  });

  test('tells where the copy of a damaged journal is; what could be read goes on', async () => {
    const { clock, server, stage } = scene();
    const first = await stage.open();
    await clock.until('it listens', () => first.health().inbound.cursorAt !== null);
    server.say({ senderId: jason, text: 'before' });
    await stage.heard(1);
    await first.close();
    stage.disk.damage('inbound', '{"half":');
    stage.disk.damage('inbound', '"not a record"');
    const second = await stage.open();
    expect(second.health().problems).toMatchObject([{ reason: 'journal-damaged', blocking: false }]);
    server.say({ senderId: jason, text: 'after' });
    await stage.heard(2);
    expect(stage.texts()).toEqual(['before', 'after']);
    expect(stage.handed).toBe(2);
    await second.close();
  });

  test('bears no secret, wherever the words come from', async () => {
    const { clock, server, subject } = scene();
    const stage = new Stage(
      {
        ...subject,
        open: () => {
          const connector = server.connect();
          return {
            ...connector,
            send: async () => ({ outcome: 'unavailable', detail: 'no: s3cret-token' }),
            health: () => ({ ...connector.health(), reachable: false, detail: 'not with s3cret-token' }),
          };
        },
      },
      { secrets: ['s3cret-token'] },
    );
    const bridge = await stage.open();
    await stage.queue('hello');
    await clock.pass(120_000);
    expect(bridge.health().problems).toMatchObject([{ reason: 'unreachable' }, { reason: 'sending-held' }]);
    expect(JSON.stringify(bridge.health())).not.toContain('s3cret');
    await bridge.close();
  });
});

describe('what is kept', () => {
  const at = (days: number): string => new Date(Date.UTC(2026, 0, 1) + days * 24 * hour).toISOString();
  const now = Date.parse(at(100));
  const format_version = '1.0' as const;

  test('of what was handed over: the newest ids, for some time; of what waits: all', () => {
    const handed = (id: string, days: number): InboundRecord => ({ format_version, kind: 'handed', id, at: at(days) });
    const many = Array.from({ length: kept.ids + 5 }, (_, index) => handed(`new-${index}`, 99));
    const short = shortInbound([handed('old', 1), ...many], now);
    expect(short).toHaveLength(kept.ids);
    expect(inboundBook(short).known.has('old')).toBe(false);
    expect(shortInbound([handed('old', 1), handed('new', 99)], now)).toEqual([handed('new', 99)]);
  });

  test('of what was said: the newest receipts, for some time; of what is not settled: every step', () => {
    const settled = (id: string, days: number): OutboundRecord => ({
      format_version,
      kind: 'settled',
      receipt: { format_version, id, state: 'sent', ids: [[`$${id}`]], threadId: null, reason: null, detail: '', at: at(days) },
    });
    const open: OutboundRecord[] = [
      {
        format_version,
        kind: 'queued',
        message: outboundMessage({ id: 'open', text: 'x', sender: 'orchestrator', at: at(1) }),
      },
      { format_version, kind: 'begun', id: 'open', parts: ['x', 'y'], at: at(1) },
      { format_version, kind: 'tried', id: 'open', part: 0, at: at(1) },
      { format_version, kind: 'sent', id: 'open', part: 0, ids: ['$1'], threadId: null, at: at(1) },
      { format_version, kind: 'tried', id: 'open', part: 1, at: at(1) },
    ];
    const short = shortOutbound([settled('old', 1), ...open, settled('new', 99)], now);
    expect(short).toEqual([settled('new', 99), ...open]);
    expect(outboundBook(short, 'thread').rows.get('open')).toMatchObject({ sent: [['$1']], tried: at(1) });
  });

  test('of a day in which nothing is said: nothing to speak of', async () => {
    const { clock, stage } = scene();
    const bridge = await stage.open();
    await clock.pass(24 * hour);
    expect(stage.disk.lines('inbound')).toBeLessThan(3);
    expect(stage.disk.lines('outbound')).toBe(0);
    await bridge.close();
    expect(clock.pending).toBe(0);
  });
});

describe('a message that one kind of connector has divided and could not say', () => {
  test('is divided anew by the next one, which takes less at once', async () => {
    const { clock, server, stage } = scene();
    const text = Array.from({ length: 30 }, (_, index) => `paragraph ${index}`).join('\n\n');
    server.isDown = true;
    const wide = await stage.open();
    await stage.queue(text);
    await clock.pass(hour);
    await wide.close();
    const { server: next, subject } = scene({ traits: { limit: { unit: 'characters', most: 100 } } });
    const narrow = new Stage({ ...subject, clock, open: () => next.connect() });
    await narrow.journals.outbound.append((await stage.journals.outbound.read()).records);
    const bridge = await narrow.open();
    await narrow.settled(1);
    expect(narrow.receipts).toMatchObject([{ state: 'sent' }]);
    expect(next.seen.every((one) => one.text.length <= 100)).toBe(true);
    expect(next.seen.map((one) => one.text).join('\n\n')).toBe(text);
    await bridge.close();
  });
});

describe('what comes again', () => {
  test('from the server is written down once', async () => {
    const { clock, server, stage } = scene();
    const bridge = await stage.open();
    await clock.until('it listens', () => bridge.health().inbound.cursorAt !== null);
    server.listenFaults.push('again', 'again');
    server.say({ senderId: jason, text: 'once' });
    await stage.heard(1);
    await clock.pass(120_000);
    const { records } = await stage.journals.inbound.read();
    expect(records.filter(({ kind }) => kind === 'received')).toHaveLength(1);
    await bridge.close();
  });

  test('from two processes that queue one id at once is said once', async () => {
    const { server, stage } = scene();
    const bridge = await stage.open();
    await stage.queue('once', { id: 'key' });
    const queued = (await stage.journals.outbound.read()).records.filter(({ kind }) => kind === 'queued');
    await stage.settled(1);
    await stage.journals.outbound.append(queued);
    await stage.queue('then');
    await stage.settled(2);
    expect(server.seen.map(({ text }) => text)).toEqual(['once', 'then']);
    await bridge.close();
    const again = await stage.open();
    await stage.queue('last');
    await stage.settled(3);
    expect(server.seen.map(({ text }) => text)).toEqual(['once', 'then', 'last']);
    await again.close();
  });
});

describe('queueing', () => {
  test.each([
    ['without text', { text: ' \n' }, 'empty'],
    ['under an id that cannot be part of one', { id: 'a/b' }, 'bad-id'],
    ['more than a megabyte', { text: 'x'.repeat(1024 * 1024 + 1) }, 'too-long'],
  ])('%s is refused, and nothing is kept', async (_name, over, problem) => {
    const { stage, clock } = scene();
    const message = outboundMessage({ id: 'a', text: 'x', sender: 'orchestrator', at: clock.date().toISOString() });
    expect(await queue(stage.journals.outbound, { ...message, ...over })).toEqual({ queued: false, problem });
    expect(stage.disk.text).toBe('');
  });
});

test('back-off doubles to a minute, and spreads', () => {
  expect([1, 2, 3, 7, 100].map((failures) => backOff(failures, () => 0.5))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  expect([backOff(1, () => 0), backOff(1, () => 1)]).toEqual([800, 1200]);
});

test('what to do about what is missing names the fleet, and no secret', async () => {
  const { subject } = scene();
  const stage = new Stage(
    {
      ...subject,
      open: () => {
        const connector = subject.open();
        const missing = [{ what: 'token', detail: 'hunter2hunter2 is not taken', remedy: 'muster connector login FLEET' }];
        return { ...connector, health: () => ({ ...connector.health(), missing }) };
      },
    },
    { secrets: ['hunter2hunter2'] },
  );
  const bridge = await stage.open();
  const { problems, fleet } = bridge.health();
  expect(problems).toMatchObject([
    { reason: 'missing', detail: '[redacted] is not taken', remedy: `muster connector login ${fleet}` },
  ]);
  await bridge.close();
});

test('a flood of ten thousand messages each way: all arrive, in order, while one operator may say so many a second', {
  timeout: 120_000,
}, async () => {
  const { clock, server, stage } = scene();
  const bridge = await stage.open();
  await clock.until('it listens', () => bridge.health().inbound.cursorAt !== null);
  const texts = Array.from({ length: 10_000 }, (_, at) => `${at}`);
  for (const text of texts) server.say({ senderId: jason, text });
  const at = clock.date().toISOString();
  await stage.journals.outbound.append(
    texts.map((text) => ({
      format_version: '1.0',
      kind: 'queued',
      message: outboundMessage({ id: `say-${text}`, text, sender: 'orchestrator', at }),
    })),
  );
  await stage.heard(texts.length);
  await clock.until('all is said', () => bridge.health().outbound.waiting === 0);
  expect(stage.texts()).toEqual(texts);
  expect(server.seen.map(({ text }) => text)).toEqual(texts);
  expect(bridge.health().inbound.refused).toEqual({ own: texts.length, program: 0, stranger: 0, flood: 0 });
  await bridge.close();
});
