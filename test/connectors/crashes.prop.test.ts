import { describe, expect, test } from 'vitest';
import type { Random } from '../fakes/random.ts';
import { seeded } from '../fakes/random.ts';
import { Life } from './life.ts';
import { type ListenFault, MemoryServer, type SendFault, type ServerOptions } from './memory-server.ts';
import { memorySubject } from './memory-subject.ts';
import { Stage } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

const operators = ['@jason:memory', '@ann:memory'];
const threads = [null, 'thread-1', 'thread-2'];

interface Outcome {
  readonly stage: Stage;
  readonly server: MemoryServer;
  /** By thread, in the order in which they were said. */
  readonly asked: ReadonlyMap<string | null, readonly string[]>;
  readonly told: ReadonlyMap<string | null, readonly string[]>;
}

/** Some lives of a bridge, each killed between two steps; messages both ways, requests that fail, a disk that is full; then peace. */
async function history(seed: number, options: ServerOptions): Promise<Outcome> {
  const random = seeded(seed);
  const clock = new VirtualClock(() => random.below(1000) / 1000);
  const server = new MemoryServer(clock, options);
  const stage = new Stage(memorySubject(server, clock), { operators });
  const asked = new Map<string | null, string[]>();
  const told = new Map<string | null, string[]>();
  let count = 0;
  const happen = async (): Promise<void> => {
    count += 1;
    const thread = pick(random, threads);
    if (random.below(2) === 0) {
      server.say({
        senderId: pick(random, operators),
        text: `asked ${count}`,
        threadId: thread,
        kind: pick(random, ['message', 'edit', 'reaction']),
      });
      asked.set(thread, [...(asked.get(thread) ?? []), `asked ${count}`]);
    } else if (!stage.disk.isFull) {
      const text = random.below(4) === 0 ? `told ${count} ${'word '.repeat(60)}end` : `told ${count}`;
      const id = await stage.queue(text, { threadId: thread });
      if (random.below(8) === 0) await stage.queue(text, { threadId: thread, id });
      told.set(thread, [...(told.get(thread) ?? []), text]);
    }
    if (random.below(10) === 0) server.say({ senderId: '@mallory:memory', text: 'let me in' });
    if (random.below(10) === 0) server.say({ senderId: operators[0] ?? '', isBot: true, text: 'beep' });
    if (random.below(4) === 0) server.sendFaults.push(pick(random, sendFaults));
    if (random.below(4) === 0) server.listenFaults.push(pick(random, listenFaults));
    server.isDown = random.below(8) === 0;
    stage.disk.isFull = random.below(10) === 0;
  };

  // A first start listens from then on: before it there is nothing to lose.
  await (await settledOpen(stage, clock)).close();
  for (let lives = 1 + random.below(5); lives > 0; lives -= 1) {
    const life = new Life(1 + random.below(60));
    void stage.open(life).catch(() => {});
    for (let events = random.below(8); events > 0 && !life.isOver; events -= 1) {
      await happen();
      await clock.pass(random.below(4) === 0 ? random.below(100_000) : random.below(20));
    }
    life.kill();
    await clock.until('it is gone', () => life.isGone);
    if (random.below(3) === 0) await happen();
  }
  server.isDown = false;
  stage.disk.isFull = false;
  const last = await stage.open();
  const total = [...asked.values()].flat().length;
  await clock.until(
    `${total} messages are in the inbox, nothing waits (seed ${seed})`,
    () => stage.inbox.length >= total && last.health().outbound.waiting === 0,
    40 * 24 * 3_600_000,
  );
  await clock.pass(60_000);
  await last.close();
  return { stage, server, asked, told };
}

const sendFaults: readonly SendFault[] = ['limited', 'lost-answer', 'lost-request', 'throws', 'down'];
const listenFaults: readonly ListenFault[] = ['again', 'down', 'cursor-only'];

const pick = <T>(random: Random, choices: readonly T[]): T => {
  const choice = choices[random.below(choices.length)];
  if (choice === undefined) throw new Error('nothing to choose from');
  return choice;
};

async function settledOpen(stage: Stage, clock: VirtualClock) {
  const bridge = await stage.open();
  await clock.until('it knows where it begins', () => bridge.health().inbound.cursorAt !== null);
  return bridge;
}

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

/** What was seen in a thread, parts put together again. */
const spoken = ({ server }: Outcome, thread: string | null): string =>
  server.seen
    .filter(({ threadId }) => threadId === thread)
    .map(({ text }) => text)
    .join(' ');

function judgeInbound({ stage, asked }: Outcome): void {
  for (const thread of threads) expect(stage.texts(thread)).toEqual(asked.get(thread) ?? []);
}

describe('killed between any two steps, over a bad network and a full disk', () => {
  test('a server that knows transactions: nothing is lost, nothing is there twice, each thread is in order', {
    timeout: 120_000,
  }, async () => {
    for (const seed of seeds(1, 2000)) {
      const outcome = await history(seed, {});
      judgeInbound(outcome);
      for (const thread of threads)
        expect([seed, spoken(outcome, thread)]).toEqual([seed, (outcome.told.get(thread) ?? []).join(' ')]);
      expect(outcome.stage.receipts.filter(({ state }) => state !== 'sent')).toEqual([]);
    }
  });

  test('a server that knows none and can be asked: the same', { timeout: 120_000 }, async () => {
    for (const seed of seeds(10_001, 500)) {
      const outcome = await history(seed, { dedupes: false, finds: true, traits: { transactionMs: 0 } });
      judgeInbound(outcome);
      for (const thread of threads)
        expect([seed, spoken(outcome, thread)]).toEqual([seed, (outcome.told.get(thread) ?? []).join(' ')]);
    }
  });

  test('a server that knows none and cannot be asked: nothing is there twice, and what is missing is told', {
    timeout: 120_000,
  }, async () => {
    let unknown = 0;
    for (const seed of seeds(20_001, 500)) {
      const outcome = await history(seed, { dedupes: false, traits: { transactionMs: 0 } });
      judgeInbound(outcome);
      const { records } = await outcome.stage.journals.outbound.read();
      const states = new Map(
        records.flatMap((record) => (record.kind === 'settled' ? [[record.receipt.id, record.receipt.state]] : [])),
      );
      unknown += [...states.values()].filter((state) => state === 'unknown').length;
      const transactions = outcome.server.seen.map(({ transaction }) => transaction);
      expect([seed, new Set(transactions).size]).toEqual([seed, transactions.length]);
      for (const record of records)
        if (record.kind === 'queued' && states.get(record.message.id) === 'sent')
          expect(spoken(outcome, record.message.threadId)).toContain(record.message.text);
    }
    expect(unknown).toBeGreaterThan(50);
  });
});
