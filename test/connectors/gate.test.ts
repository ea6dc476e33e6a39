import { describe, expect, test } from 'vitest';
import { type GateView, refusalOf } from '../../src/connectors/bridge/gate.ts';
import { pace } from '../../src/connectors/bridge/pace.ts';
import { type InboundMessage, inboundKinds } from '../../src/model/chat-messages.ts';
import { MemoryServer } from './memory-server.ts';
import { memorySubject } from './memory-subject.ts';
import { Stage } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

const jason = '@jason:example';
const message = (over: Partial<InboundMessage> = {}): InboundMessage => ({
  id: '$1',
  kind: 'message',
  targetId: null,
  conversationId: '!room',
  threadId: null,
  senderId: jason,
  isOwn: false,
  isBot: false,
  mentionsMe: false,
  replyToId: null,
  text: 'hello',
  attachments: [],
  at: '2026-01-01T00:00:00.000Z',
  origin: 'live',
  ...over,
});
const nothing: GateView = { isSaid: () => false, waitingOf: () => 0 };

describe('who is let in', () => {
  test.each<readonly [string, Partial<InboundMessage>, readonly string[], string | null]>([
    ['an operator', {}, [jason], null],
    ['nobody, where no operators are named', {}, [], 'stranger'],
    ['not somebody whose id begins like an operator’s', { senderId: `${jason}.evil` }, [jason], 'stranger'],
    ['not somebody whose id differs in case', { senderId: '@Jason:example' }, [jason], 'stranger'],
    ['not a program, whoever it is', { isBot: true }, [jason], 'program'],
    ['not what this account says elsewhere', { isOwn: true }, [jason], 'own'],
  ])('%s', (_name, over, operators, reason) => {
    for (const kind of inboundKinds)
      for (const origin of ['live', 'catchup'] as const)
        for (const replyToId of [null, '$0'])
          for (const threadId of [null, '$0'])
            expect(
              refusalOf(
                message({ kind, origin, replyToId, threadId, ...over }),
                { operators: new Set(operators), backlog: 10 },
                nothing,
              ),
            ).toBe(reason);
  });

  test('not what we said, though the server says that it is another’s', () => {
    const view = { ...nothing, isSaid: (id: string) => id === '$1' };
    expect(refusalOf(message(), { operators: new Set([jason]), backlog: 10 }, view)).toBe('own');
  });

  test('not more of one sender than may wait', () => {
    const policy = { operators: new Set([jason]), backlog: 10 };
    expect(refusalOf(message(), policy, { ...nothing, waitingOf: () => 9 })).toBe(null);
    expect(refusalOf(message(), policy, { ...nothing, waitingOf: () => 10 })).toBe('flood');
  });
});

test('a pace lets a burst pass, then so many a second, each sender for himself', () => {
  let now = 0;
  const { waitFor, spend } = pace({ burst: 2, perSecond: 4 }, () => now);
  for (const _ of [1, 2]) {
    expect(waitFor('a')).toBe(0);
    spend('a');
  }
  expect([waitFor('a'), waitFor('b')]).toEqual([250, 0]);
  now = 250;
  expect(waitFor('a')).toBe(0);
  now = 1_000_000;
  for (const _ of [1, 2]) spend('a');
  expect(waitFor('a')).toBe(250);
});

describe('a flood', () => {
  const clock = new VirtualClock();
  const server = new MemoryServer(clock);
  const subject = memorySubject(server, clock, jason);

  test('of one operator is handed over at his rate, holds up nobody in another thread, and its excess is refused and counted', async () => {
    const stage = new Stage(subject, {
      operators: [jason, '@ann:example'],
      limits: { rate: { burst: 5, perSecond: 1 }, backlog: 20 },
    });
    const bridge = await stage.open();
    await clock.until('it listens', () => bridge.health().inbound.cursorAt !== null);
    for (let count = 0; count < 100; count += 1) await subject.say(jason, `${count}`, 'flooded');
    await subject.say('@ann:example', 'may I?', 'another');
    await clock.until('she is heard', () => stage.texts('another').length === 1);
    expect(stage.texts('flooded').length).toBeLessThan(10);
    expect(bridge.health().inbound.slowed).toEqual([jason]);
    await clock.until('all that was let in is there', () => bridge.health().inbound.waiting === 0);
    const { refused, lastRefused } = bridge.health().inbound;
    expect(stage.texts('flooded').length + refused.flood).toBe(100);
    expect(refused.flood).toBeGreaterThan(50);
    expect(lastRefused).toMatchObject({ senderId: jason, reason: 'flood' });
    await bridge.close();
    expect(clock.pending).toBe(0);
  });
});
