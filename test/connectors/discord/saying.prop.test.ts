import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bridge } from '../../../src/connectors/bridge/bridge.ts';
import { discordConnector } from '../../../src/connectors/discord/connector.ts';
import type { ConnectorSetting } from '../../../src/model/connectors.ts';
import { MemoryDisk } from '../memory-log.ts';
import { Stage } from '../subject.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { FakeDiscord } from './fake.ts';
import { type FakeRequest, FakeRest, type Fault, html, limited } from './fake-rest.ts';
import { base, fakeWire } from './fake-wire.ts';
import { peopleOf, said, settingOf } from './scene.ts';

const isWrite = ({ method, path }: FakeRequest): boolean => method === 'POST' && /\/(?:messages|threads)$/.test(path);
const faults: readonly Fault[] = [
  { kind: 'lose-answer', how: 'error' },
  { kind: 'lose-answer', how: 'reset' },
  { kind: 'lose-answer', how: 'silence' },
  { kind: 'answer', answer: limited(1, 'user') },
  { kind: 'answer', answer: limited(300, 'user') },
  { kind: 'answer', answer: limited(2, 'global') },
  { kind: 'answer', answer: html(502) },
  { kind: 'answer', answer: html(403) },
];
const pauses = [1, 1000, 30_000, 110_000, 130_000, 600_000];

const deed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom('say' as const, 'open' as const), at: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('fail' as const), at: fc.nat(faults.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('pass' as const), at: fc.nat(pauses.length - 1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constantFrom('restart' as const, 'deafen' as const, 'forget' as const, 'outage' as const),
      at: fc.nat(5),
    }),
  },
);

test('whatever is answered, what is said is there once, each thread in its order, and each topic has its thread', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 40 }), fc.boolean(), async (deeds, historyHasNonces) => {
      const clock = new VirtualClock();
      const discord = new FakeDiscord(clock);
      const rest = new FakeRest(discord);
      rest.historyHasNonces = historyHasNonces;
      const disk = new MemoryDisk();
      const log: ConnectorSetting['log'] = (name, isRecord) => disk.log(name, isRecord);
      const wire = fakeWire(discord, rest);
      const stage = new Stage({
        ...peopleOf(discord, rest),
        open: () => discordConnector(wire, settingOf(discord, { base, log })),
        clock,
        until: (what, isSo) => clock.until(what, isSo),
        flood: 0,
        end: async () => {},
      });
      // The last one is opened by whoever speaks in it first.
      const threads = [...[1, 2].map(() => discord.openThread(discord.say('root').id, 'thread').id), discord.say('root').id];
      const expected = new Map<string | null, string[]>();
      const topics: string[] = [];
      const closed = async (bridge: Bridge): Promise<void> => {
        let isClosed = false;
        void bridge.close().then(() => (isClosed = true));
        await clock.until('it is closed', () => isClosed);
      };
      let bridge = await stage.open();
      let count = 0;
      for (const { what, at } of deeds) {
        const text = `text ${count}`;
        if (what === 'say') {
          const threadId = [null, ...threads][at] ?? null;
          expected.set(threadId, [...(expected.get(threadId) ?? []), text]);
          await stage.queue(text, { threadId });
          count += 1;
        } else if (what === 'open') {
          topics.push(text);
          await stage.queue(text, { newThread: `Topic ${count}` });
          count += 1;
        } else if (what === 'fail') rest.fail(isWrite, faults[at] ?? { kind: 'answer', answer: html(502) });
        else if (what === 'pass') await clock.pass(pauses[at] ?? 1);
        else if (what === 'restart') {
          await closed(bridge);
          bridge = await stage.open();
        } else if (what === 'deafen') discord.gateway.isSilent = at % 2 === 0;
        else if (what === 'forget') rest.nonceMs = at % 2 === 0 ? 125_000 : 180_000;
        else {
          discord.gateway.isDown = true;
          discord.gateway.drop();
          await clock.pass(pauses[at] ?? 1);
          discord.gateway.isDown = false;
        }
      }
      await stage.settled(count);
      const seen = said(discord);
      const problems = stage.receipts.filter(({ state }) => state !== 'sent');
      expect(problems).toEqual([]);
      expect(seen.map(({ text }) => text).sort()).toEqual([...topics, ...[...expected.values()].flat()].sort());
      for (const [threadId, texts] of expected)
        expect(seen.filter((each) => each.threadId === threadId && !topics.includes(each.text)).map(({ text }) => text)).toEqual(
          texts,
        );
      for (const topic of seen.filter(({ text }) => topics.includes(text))) expect(topic.threadId).toBe(topic.id);
      await closed(bridge);
    }),
    { numRuns: 100 },
  );
});
