import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bridge } from '../../src/connectors/bridge/bridge.ts';
import { sizeOf } from '../../src/connectors/bridge/split.ts';
import { Life } from './life.ts';
import { partOf } from './parts.ts';
import { Stage, type Subject } from './subject.ts';

/**
 * What every connector has to do, together with the bridge. `makeSubject` gives a server of its kind with an empty conversation; what it cannot
 * be made to do wrong is skipped, and the report says so.
 */
export function conformance(kind: string, makeSubject: () => Promise<Subject>, can: readonly Fault[]): void {
  describe(`a ${kind} connector`, () => {
    let subject: Subject;
    let bridges: Bridge[] = [];
    beforeEach(async () => {
      subject = await makeSubject();
      bridges = [];
    });
    afterEach(async () => {
      await Promise.all(bridges.map((bridge) => bridge.close()));
      await subject.end();
    });
    const opened = async (stage: Stage, life?: Life): Promise<Bridge> => {
      const bridge = await stage.open(life);
      if (life === undefined) bridges.push(bridge);
      await subject.until('it listens', () => bridge.health().connector.phase === 'live');
      return bridge;
    };
    const closed = async (bridge: Bridge): Promise<void> => {
      bridges = bridges.filter((one) => one !== bridge);
      await bridge.close();
    };
    /** Ids of so many threads. */
    const threads = async (stage: Stage, count: number): Promise<string[]> => {
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1)
        ids.push(subject.threadsAreMessages ? await subject.say(subject.operator, `root ${at}`) : `thread-${at}`);
      if (subject.threadsAreMessages) await stage.heard(count);
      return ids;
    };

    test('order: what a person says arrives in order, in each thread', async () => {
      const stage = new Stage(subject);
      await opened(stage);
      const [first = '', second = ''] = await threads(stage, 2);
      const before = stage.inbox.length;
      for (let at = 0; at < 10; at += 1)
        for (const thread of [null, first, second]) await subject.say(subject.operator, `${at}`, thread);
      await stage.heard(before + 30);
      const digits = Array.from({ length: 10 }, (_, at) => `${at}`);
      for (const thread of [null, first, second])
        expect(stage.texts(thread).filter((text) => !text.startsWith('root'))).toEqual(digits);
    });

    test('order: what the fleet says is seen in order, in each thread', async () => {
      const stage = new Stage(subject);
      await opened(stage);
      const [first = '', second = ''] = await threads(stage, 2);
      for (let at = 0; at < 10; at += 1) for (const threadId of [null, first, second]) await stage.queue(`${at}`, { threadId });
      const seen = await stage.spoken(30);
      const digits = Array.from({ length: 10 }, (_, at) => `${at}`);
      for (const thread of [null, first, second])
        expect(seen.filter(({ threadId }) => threadId === thread).map(({ text }) => text)).toEqual(digits);
    });

    test('threads: a question in a thread is answered there', async () => {
      const stage = new Stage(subject);
      await opened(stage);
      const [thread = ''] = await threads(stage, 1);
      const asked = await subject.say(subject.operator, 'what is open?', thread);
      await subject.until('it is there', () => stage.inbox.some(({ id }) => id === asked));
      const message = stage.inbox.find(({ id }) => id === asked);
      expect(message).toMatchObject({ threadId: thread, senderId: subject.operator, isOwn: false, isBot: false });
      await stage.queue('nothing', { threadId: message?.threadId ?? null });
      expect(await stage.spoken(1)).toMatchObject([{ text: 'nothing', threadId: thread }]);
    });

    test('threads: one that the fleet opens has an id, and takes all parts of what is said', async () => {
      const stage = new Stage(subject);
      const bridge = await opened(stage);
      const { limit } = subject.open().traits;
      await stage.queue('word '.repeat(limit.most / 4), { newThread: 'A new topic' });
      await stage.settled(1);
      const [receipt] = stage.receipts;
      expect(receipt).toMatchObject({ state: 'sent', threadId: expect.any(String) });
      const seen = await subject.seen();
      expect(seen.length).toBeGreaterThan(1);
      expect(new Set(seen.map(({ threadId }) => threadId))).toEqual(new Set([receipt?.threadId]));
      expect(bridge.health().problems).toEqual([]);
    });

    test('idempotency: a part that is sent again, and at once, is one message', async () => {
      const connector = subject.open();
      const part = partOf({ text: 'once' });
      let first = '';
      const sent = (async () => {
        for (const again of [1, 2, 3]) {
          const result = await connector.send(part);
          const ids = 'ids' in result ? result.ids : [];
          first ||= ids[0] ?? '';
          expect([again, result.outcome, ids]).toEqual([again, expect.stringMatching(/^(?:accepted|duplicate)$/), [first]]);
        }
        return true;
      })();
      let done = false;
      sent.then(
        () => (done = true),
        () => (done = true),
      );
      await subject.until('it is sent', () => done);
      await sent;
      expect(await subject.seen()).toHaveLength(1);
    });

    test('idempotency: what is queued twice under one id is said once', async () => {
      const stage = new Stage(subject);
      await opened(stage);
      await stage.queue('once', { id: 'key' });
      await stage.queue('once', { id: 'key' });
      await stage.settled(1);
      await stage.queue('once', { id: 'key' });
      await stage.queue('then');
      await stage.settled(2);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['once', 'then']);
    });

    test('restart: what is said while nobody listens arrives later, in order, and nothing arrives twice', async () => {
      const stage = new Stage(subject);
      const first = await opened(stage);
      await subject.say(subject.operator, 'before');
      await stage.heard(1);
      await closed(first);
      await subject.say(subject.operator, 'between 1');
      await subject.say(subject.operator, 'between 2');
      await stage.queue('queued between');
      await opened(stage);
      await subject.say(subject.operator, 'after');
      await stage.heard(4);
      await stage.spoken(1);
      expect(stage.texts()).toEqual(['before', 'between 1', 'between 2', 'after']);
      expect(stage.handed).toBe(4);
    });

    test('gaps: more than comes at once is all there', async () => {
      const stage = new Stage(subject);
      await closed(await opened(stage));
      const texts = Array.from({ length: 150 }, (_, at) => `message ${at}`);
      for (const text of texts) await subject.say(subject.operator, text);
      await opened(stage);
      await stage.heard(150);
      expect(stage.texts()).toEqual(texts);
    });

    test('acknowledgement: what cannot be written down is offered again', async () => {
      const stage = new Stage(subject);
      const bridge = await opened(stage);
      stage.disk.isFull = true;
      await subject.say(subject.operator, 'on a full disk');
      await subject.until('it is told', () => bridge.health().problems.some(({ reason }) => reason === 'journal-failing'));
      expect(stage.inbox).toEqual([]);
      stage.disk.isFull = false;
      await stage.heard(1);
      expect(stage.texts()).toEqual(['on a full disk']);
      await subject.until('it is well', () => bridge.health().healthy);
    });

    test('duplicates: what the server gives again is known', async ({ skip }) => {
      skip(!can.includes('repeat'), cannot('repeat'));
      const stage = new Stage(subject);
      await opened(stage);
      for (const text of ['a', 'b', 'c']) {
        subject.faults.repeat?.(2);
        await subject.say(subject.operator, text);
        await subject.until(text, () => stage.texts().includes(text));
      }
      expect(stage.texts()).toEqual(['a', 'b', 'c']);
      expect(stage.handed).toBe(3);
    });

    test('limits: a long text is seen in parts, in order, each within the limit', async () => {
      const stage = new Stage(subject);
      await opened(stage);
      const { limit } = subject.open().traits;
      const words = Array.from({ length: Math.ceil(limit.most / 2) }, (_, at) => `w${at}`);
      await stage.queue(words.join(' '));
      await stage.settled(1);
      const seen = await subject.seen();
      expect(seen.length).toBeGreaterThan(1);
      for (const { text } of seen) expect(sizeOf(text, limit)).toBeLessThanOrEqual(limit.most);
      expect(seen.flatMap(({ text }) => text.split(' '))).toEqual(words);
      expect(stage.receipts[0]?.ids).toHaveLength(seen.length);
    });

    test('limits: what is turned away for the rate waits, and keeps its place', async ({ skip }) => {
      skip(!can.includes('limit'), cannot('limit'));
      const stage = new Stage(subject);
      await opened(stage);
      subject.faults.limit?.(3);
      for (const text of ['1', '2', '3']) await stage.queue(text);
      await stage.settled(3);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['1', '2', '3']);
    });

    test('unknown: what may have arrived is sent again, and is there once', async ({ skip }) => {
      skip(!can.includes('loseAnswers'), cannot('loseAnswers'));
      const stage = new Stage(subject);
      await opened(stage);
      subject.faults.loseAnswers?.(2);
      for (const text of ['1', '2']) await stage.queue(text);
      await stage.settled(2);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['1', '2']);
      expect(stage.receipts.map(({ state }) => state)).toEqual(['sent', 'sent']);
    });

    test('rejected: what the server does not want is told, and holds nobody up', async ({ skip }) => {
      skip(!can.includes('refuse'), cannot('refuse'));
      const stage = new Stage(subject);
      await opened(stage);
      subject.faults.refuse?.(1);
      for (const text of ['1', '2']) await stage.queue(text);
      await stage.settled(2);
      expect(stage.receipts.map(({ state }) => state)).toEqual(['rejected', 'sent']);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['2']);
    });

    test('outage: nothing is lost while the server is away, and it is told', async ({ skip }) => {
      skip(!can.includes('down'), cannot('down'));
      const stage = new Stage(subject);
      const bridge = await opened(stage);
      await subject.faults.down?.();
      for (const text of ['1', '2']) await stage.queue(text);
      await subject.until('it is told', () => bridge.health().problems.some(({ reason }) => reason === 'unreachable'));
      await subject.faults.up?.();
      await stage.settled(2);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['1', '2']);
      await subject.say(subject.operator, 'still there?');
      await stage.heard(1);
      await subject.until('it is well', () => bridge.health().healthy);
    });

    test('refusal: without operators nobody is admitted, live or later', async () => {
      const stage = new Stage(subject, { operators: [] });
      const bridge = await opened(stage);
      await subject.say(subject.operator, 'live');
      await subject.until('it is counted', () => bridge.health().inbound.refused.stranger === 1);
      await closed(bridge);
      await subject.say(subject.operator, 'later');
      const next = await opened(stage);
      await subject.until('it is counted', () => next.health().inbound.refused.stranger === 2);
      expect(stage.inbox).toEqual([]);
      expect(await subject.seen()).toEqual([]);
    });

    test('refusal: strangers are counted and not answered; what is said here does not come back', async () => {
      const stage = new Stage(subject);
      const bridge = await opened(stage);
      await stage.queue('by the fleet');
      await stage.spoken(1);
      if (subject.stranger !== null) await subject.say(subject.stranger, 'let me in');
      await subject.say(subject.operator, 'I may');
      await stage.heard(1);
      expect(stage.texts()).toEqual(['I may']);
      expect(bridge.health().inbound.refused.stranger).toBe(subject.stranger === null ? 0 : 1);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(['by the fleet']);
    });

    test('redaction: a secret is neither seen nor kept, by value or by shape', async () => {
      const value = 'correct-horse-battery';
      const shape = `ghp_${'a1B2'.repeat(9)}`;
      const stage = new Stage(subject, { secrets: [value] });
      const bridge = await opened(stage);
      await stage.queue(`my token is ${value}, and ${shape} too`);
      await subject.say(subject.operator, `take ${value} and ${shape}`);
      await stage.heard(1);
      const seen = await stage.spoken(1);
      // Who queues it does not know the value: until it is sent it stands in the outbox.
      const kept = [...seen.map(({ text }) => text), ...stage.texts(), JSON.stringify(bridge.health())].join('\n');
      expect(kept).not.toContain(value);
      expect(kept + stage.disk.text).not.toContain(shape);
    });

    test('flood: everything arrives, each way, in order', async () => {
      const stage = new Stage(subject, { limits: { rate: { burst: 100, perSecond: 10_000 }, backlog: 100_000 } });
      await opened(stage);
      const texts = Array.from({ length: subject.flood }, (_, at) => `${at}`);
      for (const text of texts) {
        await subject.say(subject.operator, text);
        await stage.queue(text);
      }
      await stage.heard(texts.length);
      await stage.settled(texts.length);
      expect(stage.texts()).toEqual(texts);
      expect((await subject.seen()).map(({ text }) => text)).toEqual(texts);
    });

    test('stop: nothing is received after it', async () => {
      const stage = new Stage(subject);
      const bridge = await opened(stage);
      await closed(bridge);
      await subject.say(subject.operator, 'too late');
      const again = new Stage(subject);
      const watcher = await opened(again);
      await subject.say(subject.operator, 'in time');
      await subject.until('the other one has it', () => again.texts().includes('in time'));
      await closed(watcher);
      expect(stage.inbox).toEqual([]);
    });

    test('crash: between each two steps, and nothing is lost or there twice', async () => {
      for (let at = 1, survived = false; !survived; at += 1) {
        const stage = new Stage(subject);
        const [told, asked] = [(await subject.seen()).length, `asked ${at}`];
        const life = new Life(at);
        // What was said in the round before is of no concern to this one.
        const quiet = await stage.open();
        await subject.until('it listens', () => quiet.health().connector.phase === 'live');
        await quiet.close();
        stage.inbox.length = 0;
        stage.receipts.length = 0;
        const id = await stage.queue(`told ${at}`, { id: `round-${at}` });
        await subject.say(subject.operator, asked);
        void stage.open(life).catch(() => {});
        await subject.until(
          'it is dead or done',
          () => life.isOver || (stage.texts().includes(asked) && stage.receipts.length === 1),
        );
        survived = !life.isOver;
        life.kill();
        await subject.until('it is gone', () => life.isGone);
        const next = await stage.open();
        await subject.until('all is done', async () => stage.texts().includes(asked) && !(await isWaiting(stage, id)));
        await next.close();
        expect([at, stage.texts().filter((text) => text === asked)]).toEqual([at, [asked]]);
        const seen = (await subject.seen()).slice(told).map(({ text }) => text);
        expect([at, seen]).toEqual([at, [`told ${at}`]]);
        expect(at).toBeLessThan(100);
      }
    });
  });
}

export type Fault = 'repeat' | 'limit' | 'loseAnswers' | 'refuse' | 'down';

async function isWaiting(stage: Stage, id: string): Promise<boolean> {
  const { records } = await stage.journals.outbound.read();
  return !records.some((record) => record.kind === 'settled' && record.receipt.id === id);
}

const cannot = (fault: Fault): string => `a server of this kind cannot be made to do that: ${fault}`;
