import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { split } from '../../../src/connectors/bridge/split.ts';
import { nameOf } from '../../../src/connectors/discord/open-thread.ts';
import { traits } from '../../../src/connectors/discord/settings.ts';
import { partOf } from '../parts.ts';
import { denied, type Fault, html, limited } from './fake-rest.ts';
import { isPost, said } from './scene.ts';
import { Theatre } from './stage.ts';

let theatre: Theatre;
beforeEach(() => {
  theatre = new Theatre();
});
afterEach(() => theatre.close());

const answer = (status: number, code: number, message = 'no'): Fault => ({
  kind: 'answer',
  answer: denied(status, code, message),
});
const texts = (): string[] => said(theatre.discord).map(({ text }) => text);

describe('a message', () => {
  test('pings nobody, whatever it says, and has a nonce that is enforced', async () => {
    await theatre.send({ text: '@everyone @here <@300000000000000001> <@&400000000000000001>', replyToId: '300000000000000999' });
    expect(theatre.discord.channel.messages[0]?.mention_everyone).toBe(false);
    for (const { body } of theatre.rest.log.filter(isPost))
      expect(body).toMatchObject({
        allowed_mentions: { parse: [], replied_user: false },
        enforce_nonce: true,
        nonce: expect.stringMatching(/^[\w-]{20,25}$/),
      });
  });

  test('has the same nonce after a restart, and another one in another fleet', async () => {
    await theatre.send();
    theatre.make();
    await theatre.send();
    const nonces = theatre.rest.log.filter(isPost).map(({ body }) => body.nonce);
    expect(nonces[0]).toBe(nonces[1]);
    expect(texts()).toEqual(['hello']);
  });

  test('of 2000 characters is taken; what is longer was cut before, with code that is closed and opened again', async () => {
    const code = `Look:\n\n\`\`\`ts\n${'const a = 1; // 😀\n'.repeat(300)}\`\`\`\ndone`;
    const parts = split(code, traits.limit);
    for (const [index, text] of parts.entries())
      expect(await theatre.send({ transaction: `say-1.${index}`, text })).toMatchObject({ outcome: 'accepted' });
    expect(parts.length).toBeGreaterThan(2);
    for (const text of texts()) {
      expect(text.length).toBeLessThanOrEqual(2000);
      expect(text.match(/```/g)?.length).toBe(2);
    }
    expect(await theatre.send({ transaction: 'edge', text: 'x'.repeat(2000) })).toMatchObject({ outcome: 'accepted' });
    expect(await theatre.send({ transaction: 'over', text: 'x'.repeat(2001) })).toMatchObject({
      outcome: 'rejected',
      reason: 'refused',
    });
  });

  test('100,000 characters are sent whole, in order, at the pace that the server allows', async () => {
    theatre.rest.bucket = { limit: 5, withinMs: 5000 };
    const words = Array.from({ length: 16_000 }, (_, at) => `w${at}`).join(' ');
    const parts = split(words, traits.limit);
    let waits = 0;
    for (const [index, text] of parts.entries())
      for (;;) {
        const result = await theatre.send({ transaction: `long.${index}`, text });
        if (result.outcome === 'accepted') break;
        expect(result.outcome).toBe('rate-limited');
        waits += 1;
        await theatre.clock.pass('retryAfterMs' in result ? (result.retryAfterMs ?? 0) : 0);
      }
    expect(words.length).toBeGreaterThan(90_000);
    expect(texts().join(' ')).toBe(words);
    expect(waits).toBeGreaterThan(0);
    // What the headers say is enough: nothing is turned away.
    expect(theatre.rest.count('POST', /messages/)).toBe(parts.length);
  });

  test('in reply to one that is gone, or is in another channel, is said all the same', async () => {
    const first = theatre.discord.say('question');
    await theatre.send({ replyToId: first.id });
    expect(theatre.discord.channel.messages.at(-1)?.message_reference).toEqual({ message_id: first.id });
    theatre.rest.fail(isPost, answer(400, 10_008));
    expect(await theatre.send({ transaction: 'b.0', replyToId: first.id })).toMatchObject({ outcome: 'accepted' });
    expect(theatre.rest.log.at(-1)?.body.message_reference).toBeUndefined();
  });

  test('to another conversation, or to what is no thread, is refused without a request', async () => {
    expect(await theatre.send({ conversationId: theatre.discord.elsewhereId })).toMatchObject({
      outcome: 'rejected',
      reason: 'elsewhere',
    });
    expect(await theatre.send({ threadId: '$matrix:event' })).toMatchObject({ outcome: 'rejected', reason: 'no-thread' });
    expect(theatre.rest.log).toEqual([]);
  });
});

describe('what the server says to it', () => {
  test.each<[string, Fault, Record<string, unknown>]>([
    ['a 500 after the write', { kind: 'lose-answer', how: 'error' }, { outcome: 'unknown' }],
    ['a reset after the write', { kind: 'lose-answer', how: 'reset' }, { outcome: 'unknown' }],
    ['no answer', { kind: 'lose-answer', how: 'silence' }, { outcome: 'unknown' }],
    ['a page of a proxy', { kind: 'answer', answer: html(403) }, { outcome: 'unavailable', retryAfterMs: 60_000 }],
    ['a page of a gateway', { kind: 'answer', answer: html(502) }, { outcome: 'unknown' }],
    ['a page that says it is well', { kind: 'answer', answer: html(200) }, { outcome: 'unknown' }],
    ['too many', { kind: 'answer', answer: limited(1.5, 'user') }, { outcome: 'rate-limited', retryAfterMs: 1500 }],
    ['too many in all', { kind: 'answer', answer: limited(2, 'global') }, { outcome: 'rate-limited', retryAfterMs: 2000 }],
    [
      'a limit that others share',
      { kind: 'answer', answer: limited(3, 'shared') },
      { outcome: 'rate-limited', retryAfterMs: 3000 },
    ],
    ['no permission', answer(403, 50_013), { outcome: 'unavailable', retryAfterMs: 60_000 }],
    ['no access', answer(403, 50_001), { outcome: 'unavailable', retryAfterMs: 60_000 }],
    ['overloaded', answer(503, 130_000), { outcome: 'unavailable' }],
    ['blocked by moderation', answer(400, 200_000), { outcome: 'rejected', reason: 'blocked-by-moderation' }],
    ['empty', answer(400, 50_006), { outcome: 'rejected', reason: 'empty' }],
    ['a form that is wrong', answer(400, 50_035), { outcome: 'rejected', reason: 'refused' }],
    ['the thread is locked', answer(400, 160_005), { outcome: 'rejected', reason: 'thread-locked' }],
  ])('%s: one request, and the bridge decides', async (_what, fault, expected) => {
    theatre.rest.fail(isPost, fault);
    expect(await theatre.send()).toMatchObject(expected);
    expect(theatre.rest.count('POST', /messages/)).toBe(1);
    expect(JSON.stringify(theatre.connector.health())).not.toContain(theatre.discord.token);
  });

  test('no answer is waited for longer than ten seconds', async () => {
    theatre.rest.fail(isPost, { kind: 'lose-answer', how: 'silence' });
    await theatre.send();
    expect(theatre.clock.now()).toBeLessThan(10_100);
  });

  test('a limit holds its channel, and no other; a global one holds all', async () => {
    const root = theatre.discord.say('root');
    theatre.discord.openThread(root.id, 'thread');
    theatre.rest.fail(isPost, { kind: 'answer', answer: limited(30, 'user') });
    await theatre.send();
    expect(await theatre.send({ transaction: 'b.0' })).toMatchObject({ outcome: 'rate-limited' });
    expect(await theatre.send({ transaction: 'c.0', threadId: root.id })).toMatchObject({ outcome: 'accepted' });
    theatre.rest.fail(isPost, { kind: 'answer', answer: limited(30, 'global') });
    await theatre.send({ transaction: 'd.0', threadId: root.id });
    const requests = theatre.rest.log.length;
    expect(await theatre.send({ transaction: 'e.0', threadId: theatre.discord.elsewhereId })).toMatchObject({
      outcome: 'rate-limited',
    });
    expect(theatre.rest.log.length).toBe(requests);
    await theatre.clock.pass(30_001);
    expect(await theatre.send({ transaction: 'b.0' })).toMatchObject({ outcome: 'accepted' });
  });

  test('ten thousand messages that may not be said do not have the address barred', async () => {
    theatre.discord.revoke('SEND_MESSAGES');
    for (let at = 0; at < 10_000; at += 1) await theatre.send({ transaction: `${at}.0` });
    expect(theatre.rest.log.length).toBeLessThanOrEqual(2000);
  });

  test('a missing permission is told, and no longer when it is granted', async () => {
    await theatre.live();
    theatre.rest.fail(isPost, answer(403, 50_013));
    await theatre.send();
    expect(theatre.missing()).toEqual(['SEND_MESSAGES']);
    expect(await theatre.send()).toMatchObject({ outcome: 'accepted' });
    expect(theatre.missing()).toEqual([]);
  });
});

describe('an unknown outcome', () => {
  test('what the gateway has told is not sent again, however long ago it was', async () => {
    await theatre.live();
    theatre.rest.nonceMs = 0;
    theatre.rest.fail(isPost, { kind: 'lose-answer', how: 'reset' });
    expect(await theatre.send()).toMatchObject({ outcome: 'unknown' });
    await theatre.hears('hello');
    await theatre.clock.pass(600_000);
    expect(await theatre.send()).toMatchObject({ outcome: 'duplicate', ids: [theatre.discord.channel.messages[0]?.id] });
    expect(texts()).toEqual(['hello']);
  });

  test.each([
    ['by its nonce', true],
    ['by its words, where history has no nonces', false],
  ])('it is found %s', async (_how, historyHasNonces) => {
    theatre.rest.historyHasNonces = historyHasNonces;
    theatre.discord.say('hello');
    await theatre.send({ transaction: 'other.0', text: 'something else' });
    theatre.rest.fail(isPost, { kind: 'lose-answer', how: 'reset' });
    const triedAt = theatre.clock.date().toISOString();
    await theatre.send();
    for (let at = 0; at < 120; at += 1) theatre.discord.say(`chatter ${at}`);
    await theatre.clock.pass(600_000);
    const id = said(theatre.discord).find(({ text }) => text === 'hello')?.id;
    const { find } = theatre.make();
    expect(await theatre.done(find?.(partOf({ triedAt })) ?? Promise.resolve(null))).toEqual({ found: 'yes', ids: [id] });
    const absent = partOf({ transaction: 'absent.0', text: 'never said', triedAt });
    expect(await theatre.done(find?.(absent) ?? Promise.resolve(null))).toEqual({ found: 'no' });
  });

  test('the same words of before, under a nonce of their own, are not taken for it', async () => {
    await theatre.live();
    const triedAt = theatre.clock.date().toISOString();
    await theatre.send({ transaction: 'before.0', text: 'ok' });
    await theatre.hears('ok');
    theatre.rest.historyHasNonces = false;
    const part = partOf({ transaction: 'now.0', text: 'ok', triedAt });
    expect(await theatre.done(theatre.connector.find?.(part) ?? Promise.resolve(null))).toEqual({ found: 'no' });
  });

  test('a server that cannot be asked is no no', async () => {
    theatre.discord.gateway.isDown = true;
    expect(await theatre.done(theatre.connector.find?.(partOf({})) ?? Promise.resolve(null))).toMatchObject({ found: 'unknown' });
  });
});

describe('a thread', () => {
  const isOpening = ({ method, path }: { method: string; path: string }): boolean =>
    method === 'POST' && path.endsWith('/threads');

  test('begins with what is said first, has a title, and takes what follows', async () => {
    const result = await theatre.send({ newThread: '  A title\nof two lines ' });
    const id = theatre.discord.channel.messages[0]?.id;
    expect(result).toEqual({ outcome: 'accepted', ids: [id], threadId: id });
    expect(theatre.discord.channelOf(id ?? '')).toMatchObject({ name: 'A title', owner_id: theatre.discord.bot.id });
    expect(await theatre.send({ transaction: 'say-1.1', threadId: id ?? null, text: 'more' })).toMatchObject({
      outcome: 'accepted',
    });
    expect(said(theatre.discord).map(({ threadId }) => threadId)).toEqual([id, id]);
  });

  test.each<[string, Fault]>([
    ['lost', { kind: 'lose-answer', how: 'reset' }],
    ['a 500 after it was opened', { kind: 'lose-answer', how: 'error' }],
    ['no answer', { kind: 'lose-answer', how: 'silence' }],
  ])('whose opening was answered with: %s. It is looked up before it is opened again', async (_what, fault) => {
    theatre.rest.fail(isOpening, fault);
    const result = await theatre.send({ newThread: 'Topic' });
    expect(result).toMatchObject({ outcome: 'accepted', threadId: theatre.discord.channel.messages[0]?.id });
    expect(theatre.rest.log.filter(isOpening)).toHaveLength(1);
  });

  test('that could not be opened is opened later, after a restart, too; its message is not said again', async () => {
    theatre.rest.nonceMs = 0;
    theatre.rest.fail(isOpening, { kind: 'answer', answer: limited(300, 'user') });
    expect(await theatre.send({ newThread: 'Topic' })).toMatchObject({ outcome: 'rate-limited', retryAfterMs: 300_000 });
    theatre.make();
    await theatre.clock.pass(300_000);
    const result = await theatre.send({ newThread: 'Topic' });
    expect(result).toMatchObject({ outcome: 'accepted', threadId: theatre.discord.channel.messages[0]?.id });
    expect(texts()).toEqual(['hello']);
  });

  test('whose opening came to nothing is asked for again', async () => {
    theatre.rest.fail(isOpening, { kind: 'answer', answer: html(502) });
    expect(await theatre.send({ newThread: 'Topic' })).toMatchObject({ outcome: 'unknown' });
    const result = await theatre.send({ newThread: 'Topic' });
    expect(result).toMatchObject({ outcome: 'accepted', threadId: theatre.discord.channel.messages[0]?.id });
    expect(texts()).toEqual(['hello']);
  });

  test('whose message was found is opened then', async () => {
    theatre.rest.fail(isPost, { kind: 'lose-answer', how: 'reset' });
    const triedAt = theatre.clock.date().toISOString();
    await theatre.send({ newThread: 'Topic' });
    const { find } = theatre.make();
    const id = theatre.discord.channel.messages[0]?.id;
    const found = await theatre.done(find?.(partOf({ newThread: 'Topic', triedAt })) ?? Promise.resolve(null));
    expect(found).toEqual({ found: 'yes', ids: [id], threadId: id });
    expect(theatre.discord.channels.has(id ?? '')).toBe(true);
  });

  test.each([
    ['may not be opened', () => theatre.discord.revoke('CREATE_PUBLIC_THREADS'), ['CREATE_PUBLIC_THREADS']],
    ['would be one too many', () => theatre.rest.fail(isOpening, answer(400, 160_006)), []],
  ] as const)('that %s: it is said in the channel', async (_what, spoils, missing) => {
    spoils();
    const result = await theatre.send({ newThread: 'Topic' });
    expect(result).toEqual({ outcome: 'accepted', ids: [theatre.discord.channel.messages[0]?.id] });
    expect(theatre.missing()).toEqual(missing);
  });

  test('of a message of somebody is opened when it is answered there', async () => {
    const asked = theatre.discord.say('a question');
    expect(await theatre.send({ threadId: asked.id })).toMatchObject({ outcome: 'accepted' });
    expect(said(theatre.discord)).toMatchObject([{ text: 'hello', threadId: asked.id }]);
    expect(theatre.discord.channelOf(asked.id).name).toBe('a question');
  });

  test('that was archived is opened again when it is spoken in', async () => {
    const root = theatre.discord.say('root');
    theatre.discord.openThread(root.id, 'thread');
    theatre.discord.setArchived(root.id, true);
    theatre.rest.fail(isPost, answer(400, 50_083));
    expect(await theatre.send({ threadId: root.id })).toMatchObject({ outcome: 'accepted' });
    expect(theatre.discord.channelOf(root.id).archived).toBe(false);
    expect(theatre.rest.count('PATCH', /channels/)).toBe(1);
  });

  test('that is locked, or gone: what was for it is refused, with the reason, and holds nobody up', async () => {
    const root = theatre.discord.say('root');
    const thread = theatre.discord.openThread(root.id, 'thread');
    thread.locked = true;
    expect(await theatre.send({ threadId: root.id })).toMatchObject({ outcome: 'rejected', reason: 'thread-locked' });
    await theatre.live();
    theatre.discord.remove(root.id);
    theatre.discord.channel.messages.length = 0;
    expect(await theatre.send({ threadId: root.id })).toMatchObject({ outcome: 'rejected', reason: 'thread-gone' });
    expect(await theatre.send({ transaction: 'b.0' })).toMatchObject({ outcome: 'accepted' });
  });

  test('is known after a restart without being asked for', async () => {
    await theatre.live();
    const root = theatre.discord.say('root');
    theatre.discord.openThread(root.id, 'thread');
    await theatre.hears('root');
    await theatre.close();
    expect(theatre.disk.text).toContain(`"id":"${root.id}","title":"thread"`);
  });

  test.each([
    ['', 'Topic'],
    ['\n \n# One\ntwo', '# One'],
    ['x'.repeat(101), `${'x'.repeat(99)}…`],
    [`${'x'.repeat(98)}😀😀`, `${'x'.repeat(98)}…`],
  ])('a title of %j is %j', (text, title) => {
    expect(nameOf(text)).toBe(title);
    expect(title.length).toBeLessThanOrEqual(100);
  });
});

describe('typing', () => {
  test('is shown until it ends, in the thread; and not after the connector has stopped', async () => {
    await theatre.live();
    const sign = (on: boolean): void =>
      theatre.connector.courtesy?.({ sign: 'typing', conversationId: null, threadId: null, on });
    sign(true);
    await theatre.clock.pass(30_000);
    sign(false);
    const count = theatre.rest.count('POST', /typing/);
    expect(count).toBe(4);
    await theatre.clock.pass(30_000);
    sign(true);
    await theatre.close();
    await theatre.clock.pass(60_000);
    expect(theatre.rest.count('POST', /typing/)).toBeLessThanOrEqual(count + 1);
    theatre.connector.courtesy?.({ sign: 'typing', conversationId: null, threadId: theatre.discord.operator.id, on: true });
    await theatre.clock.pass(1000);
    expect(theatre.rest.log.slice(-2).map(({ path }) => path)).toEqual([
      `/channels/${theatre.discord.operator.id}/typing`,
      `/channels/${theatre.discord.channelId}/typing`,
    ]);
    theatre.connector.courtesy?.({ sign: 'typing', conversationId: null, threadId: theatre.discord.operator.id, on: false });
    theatre.connector.courtesy?.({ sign: 'read', message: { id: '1', conversationId: '1', threadId: null } });
  });
});
