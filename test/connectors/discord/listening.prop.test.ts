import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, limited } from './fake-rest.ts';
import { Theatre } from './stage.ts';

/** Whatever goes wrong between a server and a connector; `lane` picks a channel or thread. */
const deed = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant('say' as const), lane: fc.nat(6) }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constantFrom('open' as const, 'archive' as const, 'edit' as const), lane: fc.nat(6) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(
        ...(['drop', 'invalidate', 'refuse', 'repeat', 'fail', 'limit', 'full', 'deny', 'silence', 'down', 'restart'] as const),
      ),
      lane: fc.nat(6),
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('pass' as const), lane: fc.nat(6) }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

const pauses = [1, 50, 500, 5000, 45_000, 100_000, 600_000];

async function carryOut(theatre: Theatre, { what, lane }: Deed, said: { text: string; channel: string }[]): Promise<void> {
  const { discord, rest, clock } = theatre;
  const { gateway } = discord;
  const lanes = [...discord.channels.values()].filter(({ id }) => id !== discord.elsewhereId);
  const { id: channel } = lanes[lane % lanes.length] ?? discord.channel;
  switch (what) {
    case 'say': {
      const text = `${said.length}`;
      said.push({ text, channel });
      discord.say(text, { channelId: channel });
      return;
    }
    case 'open': {
      const root = discord.channel.messages.findLast(({ id }) => !discord.channels.has(id));
      if (root !== undefined) discord.openThread(root.id, 'thread');
      return;
    }
    case 'archive':
      if (channel !== discord.channelId) discord.setArchived(channel, true);
      return;
    case 'edit': {
      const last = discord.channelOf(channel).messages.at(-1);
      if (last !== undefined) discord.edit(last, last.content);
      return;
    }
    case 'drop':
      gateway.drop([null, 4000, 4009, 1001][lane % 4] ?? null);
      return;
    case 'invalidate':
      gateway.invalidateSessions();
      return;
    case 'refuse':
      gateway.refuseResumes += 1;
      return;
    case 'repeat':
      gateway.repeats += 2;
      return;
    case 'fail':
      rest.fail(({ method }) => method === 'GET', { kind: 'answer', answer: html(502) }, lane);
      return;
    case 'limit':
      rest.fail(({ method }) => method === 'GET', { kind: 'answer', answer: limited(2, 'user') }, lane);
      return;
    case 'full':
      theatre.refuses += lane;
      return;
    case 'deny':
      discord.revoke('READ_MESSAGE_HISTORY');
      await clock.pass(pauses[lane] ?? 1);
      discord.grant('READ_MESSAGE_HISTORY');
      return;
    case 'silence':
      gateway.isSilent = true;
      await clock.pass(pauses[lane] ?? 1);
      gateway.isSilent = false;
      return;
    case 'down':
      gateway.isDown = true;
      gateway.drop();
      await clock.pass(pauses[lane] ?? 1);
      gateway.isDown = false;
      return;
    case 'restart':
      await theatre.done(theatre.close());
      theatre.listen();
      return;
    case 'pass':
      await clock.pass(pauses[lane] ?? 1);
  }
}

test('whatever breaks, what is said is heard, each thread in its order', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
      const theatre = new Theatre();
      const said: { text: string; channel: string }[] = [];
      await theatre.live();
      for (const each of deeds) await carryOut(theatre, each, said);
      /** Each once, as the bridge has it. */
      const heard = (): readonly string[] => [
        ...new Set(theatre.heard.filter(({ kind }) => kind === 'message').map(({ text }) => text)),
      ];
      await theatre.clock.until('all of it is heard', () => heard().length === said.length);
      const channelOf = new Map(said.map(({ text, channel }) => [text, channel]));
      for (const { id } of theatre.discord.channels.values()) {
        const of = (texts: readonly string[]): string[] => texts.filter((text) => channelOf.get(text) === id);
        expect(of(heard())).toEqual(of(said.map(({ text }) => text)));
      }
      await theatre.done(theatre.close());
    }),
    { numRuns: 60 },
  );
});
