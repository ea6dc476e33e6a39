import type { ConnectorSetting } from '../../../src/model/connectors.ts';
import type { Subject } from '../subject.ts';
import type { FakeDiscord } from './fake.ts';
import { denied, type FakeRequest, type FakeRest, limited } from './fake-rest.ts';

export const isPost = ({ method, path }: FakeRequest): boolean => method === 'POST' && path.endsWith('/messages');

export const settingOf = (
  discord: FakeDiscord,
  { base, log, more = {} }: { base: string; log: ConnectorSetting['log']; more?: Record<string, unknown> },
): ConnectorSetting => ({
  fleet: 'coding',
  tenant: 'jason',
  settings: { channel_id: discord.channelId, api_base_url: base, ...more },
  secrets: { DISCORD_BOT_TOKEN: discord.token },
  log,
  clock: discord.clock,
});

type People = Pick<Subject, 'operator' | 'stranger' | 'say' | 'seen' | 'threadsAreMessages' | 'faults'>;

/** What people do and see in the channel, and what can be made to go wrong there. */
export function peopleOf(discord: FakeDiscord, rest: FakeRest): People {
  return {
    operator: discord.operator.id,
    stranger: discord.stranger.id,
    say: async (who, text, threadId = null) => {
      const by = who === discord.operator.id ? discord.operator : discord.stranger;
      if (threadId !== null && !discord.channels.has(threadId)) discord.openThread(threadId, 'a thread', by);
      return discord.say(text, { by, ...(threadId !== null && { channelId: threadId }) }).id;
    },
    seen: async () => said(discord),
    threadsAreMessages: true,
    faults: {
      down: async () => {
        discord.gateway.isDown = true;
        discord.gateway.drop();
      },
      up: async () => {
        discord.gateway.isDown = false;
      },
      limit: (times) => rest.fail(isPost, { kind: 'answer', answer: limited(0.5, 'user') }, times),
      loseAnswers: (times) => rest.fail(isPost, { kind: 'lose-answer', how: 'error' }, times),
      refuse: (times) => rest.fail(isPost, { kind: 'answer', answer: denied(400, 200_000, 'blocked') }, times),
      repeat: (times) => {
        discord.gateway.repeats += times;
      },
    },
  };
}

/** What the bot has said, in order. A message that a thread begins with is shown at its top. */
export function said(discord: FakeDiscord): { id: string; text: string; threadId: string | null }[] {
  return [...discord.channels.values()]
    .flatMap(({ messages }) => messages)
    .filter(({ author }) => author.id === discord.bot.id)
    .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    .map(({ id, content, channel_id }) => ({
      id,
      text: content,
      threadId:
        channel_id === discord.channelId && !discord.channels.has(id) ? null : channel_id === discord.channelId ? id : channel_id,
    }));
}
