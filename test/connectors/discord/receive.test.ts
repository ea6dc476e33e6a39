import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { longAgo } from './fake.ts';
import { html } from './fake-rest.ts';
import { Theatre } from './stage.ts';

let theatre: Theatre;
beforeEach(() => {
  theatre = new Theatre();
});
afterEach(() => theatre.close());

const minute = 60_000;

describe('a first start', () => {
  test('begins with now: no history, in no thread, and says where it begins', async () => {
    theatre.discord.say('long ago');
    const old = theatre.discord.say('a root of long ago');
    theatre.discord.openThread(old.id, 'old');
    theatre.discord.say('in a thread of long ago', { channelId: old.id });
    theatre.discord.setArchived(old.id, true);
    await theatre.clock.pass(5000);
    await theatre.live();
    expect(theatre.deliveries[0]).toMatchObject({ messages: [], cursor: expect.stringContaining('floor') });
    await theatre.restart();
    expect(theatre.texts).toEqual([]);
  });

  test('a cursor that makes no sense begins with now', async () => {
    theatre.discord.say('long ago');
    await theatre.clock.pass(5000);
    theatre.cursor = '{"since":4}';
    await theatre.live();
    theatre.discord.say('now');
    await theatre.hears('now');
    expect(theatre.texts).toEqual(['now']);
  });
});

describe('what was said while nobody listened', () => {
  test('in the channel and in threads, also in ones that were opened, archived or both meanwhile', async () => {
    const root = theatre.discord.say('root');
    theatre.discord.openThread(root.id, 'known');
    await theatre.live();
    await theatre.close();
    theatre.discord.say('in the channel');
    theatre.discord.say('in a known thread', { channelId: root.id });
    theatre.discord.setArchived(root.id, true);
    const other = theatre.discord.say('another root');
    theatre.discord.openThread(other.id, 'new');
    theatre.discord.say('in a new thread', { channelId: other.id });
    theatre.discord.setArchived(other.id, true);
    await theatre.live();
    expect([...theatre.texts].sort()).toEqual(['another root', 'in a known thread', 'in a new thread', 'in the channel']);
    expect(theatre.heard.find(({ text }) => text === 'in a new thread')).toMatchObject({
      threadId: other.id,
      origin: 'catchup',
      conversationId: theatre.discord.channelId,
    });
    await theatre.restart();
    expect(theatre.heard).toHaveLength(4);
  });

  test('250 threads that were archived are all looked through', async () => {
    await theatre.live();
    await theatre.close();
    for (let at = 0; at < 250; at += 1) {
      const { id } = theatre.discord.say(`root ${at}`);
      theatre.discord.openThread(id, `thread ${at}`);
      theatre.discord.say(`reply ${at}`, { channelId: id });
      await theatre.clock.pass(10);
      theatre.discord.setArchived(id, true);
    }
    await theatre.live();
    expect(theatre.texts.filter((text) => text.startsWith('reply'))).toHaveLength(250);
    expect(theatre.rest.count('GET', /archived\/public/)).toBeGreaterThan(3);
  });

  test('450 messages come page by page, in order', async () => {
    await theatre.live();
    await theatre.close();
    const texts = Array.from({ length: 450 }, (_, at) => `${at}`);
    for (const text of texts) theatre.discord.say(text);
    await theatre.live();
    expect(theatre.texts).toEqual(texts);
  });

  test('live messages come after those that were missed', async () => {
    await theatre.live();
    await theatre.close();
    for (let at = 0; at < 250; at += 1) theatre.discord.say(`${at}`);
    theatre.listen();
    await theatre.clock.until('it has begun to read', () => theatre.texts.length >= 100);
    theatre.discord.say('live');
    await theatre.hears('live');
    expect(theatre.texts.at(-1)).toBe('live');
    expect(theatre.texts).toHaveLength(251);
  });

  test('a crash after the journal and before the cursor: it comes again', async () => {
    await theatre.live();
    const before = theatre.cursor;
    theatre.discord.say('twice');
    await theatre.hears('twice');
    await theatre.close();
    theatre.cursor = before;
    await theatre.live();
    expect(theatre.heard.map(({ text }) => text)).toEqual(['twice', 'twice']);
    expect(new Set(theatre.heard.map(({ id }) => id)).size).toBe(1);
  });

  test('a server that fails meanwhile is asked again, and nothing is passed over', async () => {
    await theatre.live();
    await theatre.close();
    for (let at = 0; at < 150; at += 1) theatre.discord.say(`${at}`);
    theatre.rest.fail(({ path }) => path.includes('/messages?'), { kind: 'answer', answer: html(502) }, 3);
    await theatre.live();
    expect(theatre.texts).toHaveLength(150);
  });

  test('a thread that is deleted while it is read holds nobody up', async () => {
    const root = theatre.discord.say('root');
    theatre.discord.openThread(root.id, 'short-lived');
    await theatre.live();
    await theatre.close();
    theatre.discord.say('gone soon', { channelId: root.id });
    theatre.discord.say('in the channel');
    const answer = { status: 404, headers: {}, text: '{"code":10003,"message":"Unknown Channel"}' };
    theatre.rest.fail(({ path }) => path.startsWith(`/channels/${root.id}/`), { kind: 'answer', answer });
    await theatre.live();
    expect(theatre.texts).toEqual(['in the channel']);
  });

  test('a first place is kept over many threads: the cursor stays small', async () => {
    await theatre.live();
    for (let at = 0; at < 1300; at += 1) {
      const { id } = theatre.discord.say(`${at}`);
      theatre.discord.openThread(id, 'x');
      theatre.discord.say('y', { channelId: id });
    }
    await theatre.clock.until('all is there', () => theatre.texts.length === 2600);
    expect(Buffer.byteLength(theatre.cursor ?? '')).toBeLessThan(64 * 1024);
    await theatre.restart();
    expect(theatre.heard).toHaveLength(2600);
  });
});

describe('messages', () => {
  beforeEach(() => theatre.live());

  const { bot } = new Theatre().discord;

  test('replies, mentions, attachments and stickers', async () => {
    const first = theatre.discord.say('first');
    const attachments = [{ id: '1', filename: 'a.txt', content_type: 'text/plain', size: 3, url: 'https://cdn.test/a.txt' }];
    theatre.discord.say('', { replyTo: first.id, mentions: [bot], attachments });
    await theatre.clock.until('both are there', () => theatre.heard.length === 2);
    expect(theatre.heard[1]).toMatchObject({
      kind: 'message',
      replyToId: first.id,
      mentionsMe: true,
      attachments: [{ name: 'a.txt', mediaType: 'text/plain', bytes: 3, reference: 'https://cdn.test/a.txt', path: null }],
      at: expect.stringMatching(/Z$/),
    });
  });

  test('an edit is an event of its own, told once however often it comes; a preview is none', async () => {
    const message = theatre.discord.say('to be edited');
    await theatre.hears('to be edited');
    theatre.discord.gateway.dispatch('MESSAGE_UPDATE', message);
    await theatre.clock.pass(1000);
    theatre.discord.edit(message, 'edited');
    theatre.discord.gateway.dispatch('MESSAGE_UPDATE', message);
    await theatre.hears('edited');
    await theatre.clock.pass(1000);
    const edits = theatre.heard.filter(({ kind }) => kind === 'edit');
    expect(edits[0]).toMatchObject({ targetId: message.id, senderId: theatre.discord.operator.id, text: 'edited' });
    expect(new Set(edits.map(({ id }) => id)).size).toBe(1);
    expect(edits[0]?.id).not.toBe(message.id);
  });

  test.each<[string, Record<string, unknown>, Record<string, boolean>]>([
    ['a bot', { by: { id: '300000000000000777', username: 'robot', bot: true } }, { isBot: true, isOwn: false }],
    [
      "a webhook with an operator's name",
      { by: { id: '300000000000000888', username: 'jason', bot: false }, webhook: true },
      { isBot: true, isOwn: false },
    ],
    ['ourselves', { by: bot }, { isOwn: true }],
  ])('of %s are marked', async (_what, said, marks) => {
    theatre.discord.say('hello', said);
    await theatre.hears('hello');
    expect(theatre.heard[0]).toMatchObject(marks);
    expect(theatre.heard[0]?.senderId).not.toBe(theatre.discord.operator.id);
  });

  test.each<[string, () => void]>([
    ['of another channel', () => theatre.discord.say('x', { channelId: theatre.discord.elsewhereId })],
    ['of another server', () => theatre.discord.say('x', { guildId: '400000000000000009' })],
    ['in private', () => theatre.discord.say('x', { guildId: null })],
    ['that tell that somebody has pinned', () => theatre.discord.say('x', { type: 6 })],
    ['that a thread begins with', () => theatre.discord.say('x', { type: 21 })],
    [
      'with ids that are numbers',
      () =>
        theatre.discord.gateway.dispatch('MESSAGE_CREATE', { ...theatre.discord.say('y'), id: 1234567890123456, content: 'x' }),
    ],
    [
      'without an author',
      () => theatre.discord.gateway.dispatch('MESSAGE_CREATE', { ...theatre.discord.say('y'), author: null, content: 'x' }),
    ],
  ])('%s are none', async (_what, say) => {
    say();
    theatre.discord.say('the last one');
    await theatre.hears('the last one');
    expect(theatre.texts).not.toContain('x');
  });

  test('of a thread that nobody has told of are asked for, once for each place', async () => {
    const known = theatre.discord.say('root');
    const sessions = [...theatre.discord.gateway.sessions.values()];
    for (const session of sessions) session.isOver = true;
    theatre.discord.openThread(known.id, 'told to nobody');
    for (const session of sessions) session.isOver = false;
    theatre.discord.say('in it', { channelId: known.id });
    await theatre.hears('in it');
    expect(theatre.rest.count('GET', new RegExp(`^/channels/${known.id}$`))).toBe(1);
  });

  test('garbage on the socket harms nobody', async () => {
    const { gateway } = theatre.discord;
    for (const d of [null, [], 'x', { guild_id: 4 }, { channels: [null, 4] }]) gateway.dispatch('GUILD_CREATE', d);
    for (const t of ['MESSAGE_CREATE', 'THREAD_DELETE', '__proto__']) gateway.dispatch(t, { id: {} });
    theatre.discord.say('still there');
    await theatre.hears('still there');
  });

  test('an empty text of a person: the intent for content is missing, and is told', async () => {
    theatre.discord.say('');
    await theatre.clock.until('it is told', () => theatre.missing().includes('MESSAGE_CONTENT'));
    theatre.discord.say('now it is granted');
    await theatre.clock.until('it is well', () => theatre.missing().length === 0);
  });

  test('what cannot be written down is offered again, in its place', async () => {
    theatre.refuses = 2;
    theatre.discord.say('1');
    theatre.discord.say('2');
    await theatre.hears('2');
    expect(theatre.texts).toEqual(['1', '2']);
  });

  test('more than fits in memory is read over REST later', async () => {
    theatre.refuses = 8;
    for (let at = 0; at < 21_000; at += 1) theatre.discord.say(`${at}`);
    await theatre.hears('20999');
    expect(theatre.texts).toHaveLength(21_000);
    expect(theatre.heard.some(({ origin }) => origin === 'catchup')).toBe(true);
  });
});

describe('auto_thread', () => {
  test('each message of the channel is a topic, which is answered in a thread', async () => {
    theatre = new Theatre({ auto_thread: true });
    await theatre.live();
    const asked = theatre.discord.say('What is **open**?\nTell me.');
    await theatre.hears(asked.content);
    const [message] = theatre.heard;
    expect(message?.threadId).toBe(asked.id);
    expect(await theatre.send({ threadId: asked.id, text: 'nothing' })).toMatchObject({ outcome: 'accepted' });
    expect(theatre.discord.channelOf(asked.id)).toMatchObject({ name: 'What is **open**?', type: 11 });
    theatre.discord.say('thank you', { channelId: asked.id });
    await theatre.hears('thank you');
    expect(theatre.heard.find(({ text }) => text === 'thank you')?.threadId).toBe(asked.id);
  });
});

describe('what is missing', () => {
  test.each(['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY'] as const)(
    '%s: nothing is read, nothing is passed over, and it goes on when it is granted',
    async (bit) => {
      await theatre.live();
      await theatre.close();
      theatre.discord.say('meanwhile');
      theatre.discord.revoke(bit);
      theatre.listen();
      await theatre.until('waiting');
      expect(theatre.missing()).toEqual([bit]);
      await theatre.clock.pass(5 * minute);
      expect(theatre.texts).toEqual([]);
      theatre.discord.grant(bit);
      await theatre.hears('meanwhile');
      expect(theatre.missing()).toEqual([]);
    },
  );

  test('a permission that is taken away while it runs: what was said meanwhile comes when it is back', async () => {
    await theatre.live();
    theatre.discord.revoke('VIEW_CHANNEL');
    await theatre.clock.until('it is told', () => theatre.missing().includes('VIEW_CHANNEL'));
    theatre.discord.say('unseen');
    await theatre.clock.pass(minute);
    theatre.discord.grant('VIEW_CHANNEL');
    await theatre.hears('unseen');
  });

  test.each(['SEND_MESSAGES', 'CREATE_PUBLIC_THREADS', 'SEND_MESSAGES_IN_THREADS', 'ATTACH_FILES'] as const)(
    '%s: it is told with what to do, and listening goes on',
    async (bit) => {
      theatre.discord.revoke(bit);
      await theatre.live();
      theatre.discord.say('I am heard');
      await theatre.hears('I am heard');
      expect(theatre.connector.health().missing).toMatchObject([{ what: bit, remedy: expect.stringContaining('permissions=') }]);
      theatre.discord.grant(bit);
      await theatre.clock.until('it is well', () => theatre.missing().length === 0);
    },
  );

  test('the intent for content: no session is begun before it is granted', async () => {
    theatre.discord.flags = 0;
    theatre.listen();
    await theatre.until('waiting');
    expect(theatre.missing()).toEqual(['MESSAGE_CONTENT']);
    await theatre.clock.pass(10 * minute);
    expect(theatre.discord.gateway.identifies).toEqual([]);
    theatre.discord.flags = 1 << 18;
    await theatre.until('live');
  });

  test('a channel that is deleted while it runs', async () => {
    await theatre.live();
    theatre.discord.remove(theatre.discord.channelId);
    await theatre.clock.until('it is told', () => theatre.missing().includes('channel'));
    expect(await theatre.send()).toMatchObject({ outcome: 'unavailable' });
  });

  test.each<[string, () => void, string]>([
    ['a channel that there is not', () => theatre.discord.channels.delete(theatre.discord.channelId), 'channel'],
    ['a forum', () => (theatre.discord.channel.type = 15), 'channel'],
    ['a server that is not the one of the roster', () => (theatre.more.guild_id = longAgo), 'guild'],
  ])('%s', async (_what, spoils, what) => {
    spoils();
    theatre.listen();
    await theatre.until('waiting');
    expect(theatre.missing()).toEqual([what]);
  });

  test('a page of a proxy instead of Discord is no word on the token', async () => {
    theatre.rest.fail(() => true, { kind: 'answer', answer: html(403) }, 3);
    theatre.listen();
    await theatre.until('waiting');
    expect(theatre.connector.health()).toMatchObject({ reachable: false, missing: [] });
    await theatre.until('live');
  });
});
