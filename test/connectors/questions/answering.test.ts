import { beforeEach, describe, expect, test } from 'vitest';
import { bridgeJournals } from '../../../src/connectors/bridge/bridge.ts';
import { answering } from '../../../src/connectors/questions/answering.ts';
import { type Question, questionOf } from '../../../src/connectors/questions/question.ts';
import type { InboundMessage, OutboundMessage } from '../../../src/model/chat-messages.ts';
import { MemoryDisk } from '../memory-log.ts';
import { VirtualClock } from '../virtual-clock.ts';

const message = (text: string, over: Partial<InboundMessage> = {}): InboundMessage => ({
  id: `$${text}`,
  kind: 'message',
  targetId: null,
  conversationId: '!room',
  threadId: '$root',
  senderId: '@jason:example.org',
  isOwn: false,
  isBot: false,
  mentionsMe: false,
  replyToId: null,
  text,
  attachments: [],
  at: '2026-01-01T00:00:00.000Z',
  origin: 'live',
  ...over,
});

describe('a question', () => {
  test.each<[text: string, question: Question | null]>([
    ['!status', { kind: 'status' }],
    ['  !Status \n', { kind: 'status' }],
    ['!plan', { kind: 'plan' }],
    ['!why coder0', { kind: 'why', name: 'coder0' }],
    ['!why', { kind: 'odd', word: 'why' }],
    ['!why ../../x', { kind: 'odd', word: 'why' }],
    ['!help', { kind: 'help' }],
    ['!important: stop', null],
    ['!statusquo', null],
    ['what does !status do?', null],
    ['!status\nand go on', null],
    ['!why is this so slow today', null],
  ])('%j', (text, question) => {
    expect(questionOf({ kind: 'message', text })).toEqual(question);
  });

  test.each(['edit', 'reaction'] as const)('is none as %s', (kind) => {
    expect(questionOf({ kind, text: '!status' })).toBeNull();
  });
});

describe('the bridge', () => {
  let disk: MemoryDisk;
  let clock: VirtualClock;
  let handed: string[];
  let notes: string[];
  let asked: Question[];

  beforeEach(() => {
    disk = new MemoryDisk();
    clock = new VirtualClock();
    handed = [];
    notes = [];
    asked = [];
  });

  const outbound = () => bridgeJournals((name, isRecord) => disk.log(name, isRecord)).outbound;
  const start = (answer = async (question: Question) => `answer to ${question.kind}`) =>
    answering(
      {
        answer: (question) => {
          asked.push(question);
          return answer(question);
        },
        outbound: outbound(),
        note: (text) => void notes.push(text),
        clock,
      },
      async ({ text }) => {
        handed.push(text);
        return 'taken';
      },
    );
  const said = async (): Promise<readonly OutboundMessage[]> =>
    (await outbound().read()).records.flatMap((record) => (record.kind === 'queued' ? [record.message] : []));

  test('answers where it was asked, and hands on all else', async () => {
    const handOver = start();
    expect(await handOver(message('!status'), 'matrix')).toBe('taken');
    expect(await handOver(message('Go on.'), 'matrix')).toBe('taken');
    expect(handed).toEqual(['Go on.']);
    expect(await said()).toEqual([
      expect.objectContaining({
        text: 'answer to status',
        via: 'matrix',
        conversationId: '!room',
        threadId: '$root',
        replyToId: '$!status',
        sender: 'muster',
      }),
    ]);
  });

  test('answers a question once, also after a crash', async () => {
    await start()(message('!status'), 'matrix');
    await start()(message('!status'), 'matrix');
    expect(await said()).toHaveLength(1);
    await start()(message('!status', { id: '$another' }), 'matrix');
    expect(await said()).toHaveLength(2);
  });

  test('tells who asks too often once, and answers again after a while', async () => {
    const handOver = start();
    for (let index = 0; index < 40; index += 1) await handOver(message('!status', { id: `$${index}` }), 'matrix');
    const first = await said();
    expect(first.map(({ text }) => text)).toEqual([
      ...Array.from({ length: 5 }, () => 'answer to status'),
      'That is too many questions. Ask again in 5 seconds.',
    ]);
    expect(notes).toHaveLength(34);
    await handOver(message('!status', { id: '$anne', senderId: '@anne:example.org' }), 'matrix');
    await clock.pass(5000);
    await handOver(message('!status', { id: '$later' }), 'matrix');
    expect((await said()).slice(6).map(({ text }) => text)).toEqual(['answer to status', 'answer to status']);
    expect(handed).toEqual([]);
  });

  test('says so where it cannot tell', async () => {
    await start(async () => {
      throw new Error('the bus is gone');
    })(message('!status'), 'matrix');
    expect((await said()).map(({ text }) => text)).toEqual(['I cannot tell that now: the bus is gone']);
  });

  test('does not count a question as taken while its answer cannot be kept', async () => {
    disk.isFull = true;
    await expect(start()(message('!status'), 'matrix')).rejects.toThrow('no space left');
  });
});
