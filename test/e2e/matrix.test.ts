import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { matrixFactory } from '../../src/connectors/matrix/matrix.ts';
import type { InboundMessage, OutboundPart } from '../../src/model/chat-messages.ts';
import type { ChatConnector, ConnectorSetting, Delivery, Subscription } from '../../src/model/connectors.ts';
import { MemoryDisk } from '../connectors/memory-log.ts';
import { partOf } from '../connectors/parts.ts';
import { until } from '../connectors/real-clock.ts';
import { type SettingOptions, settingAt } from '../connectors/synapse/subject.ts';
import { Synapse, TestRoom } from '../connectors/synapse/synapse.ts';

const [synapse, strict, brief] = await Promise.all([
  Synapse.start(),
  /** Answers equal syncs alike for two minutes, and limits the rate, as it comes. */
  Synapse.start({ extra: 'caches: {}\nrc_message: {per_second: 2, burst_count: 3}\nmax_upload_size: 2K\n' }),
  /** Its tokens expire soon. */
  Synapse.start({ extra: 'refreshable_access_token_lifetime: 4s\nnonrefreshable_access_token_lifetime: 4s\n' }),
]);
const servers = [synapse, strict, brief];
afterAll(async () => {
  await Promise.all(servers.map((server) => (typeof server === 'string' ? null : server.end())));
});

const open: Subscription[] = [];
const directory = mkdtempSync(path.join(tmpdir(), 'muster-matrix-'));
afterEach(async () => {
  await Promise.all(open.splice(0).map((subscription) => subscription.close()));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach((context) => {
  for (const server of servers) if (typeof server === 'string') context.skip(server);
});

const there = (server: Synapse | string): Synapse => {
  if (typeof server === 'string') throw new Error(server);
  return server;
};

/** A connector that listens in a room, and what it has heard. */
class Ear {
  readonly heard: InboundMessage[] = [];
  cursor: string | null = null;
  readonly connector: ChatConnector;
  readonly subscription: Subscription;

  constructor(setting: ConnectorSetting, cursor: string | null = null) {
    this.connector = matrixFactory.create(setting);
    this.subscription = this.connector.subscribe(cursor, this.#receive);
    open.push(this.subscription);
  }

  get texts(): readonly string[] {
    return this.heard.filter(({ isOwn }) => !isOwn).map(({ text }) => text);
  }

  readonly #receive = async ({ messages, cursor }: Delivery): Promise<void> => {
    this.heard.push(...messages);
    this.cursor = cursor ?? this.cursor;
  };

  async live(): Promise<this> {
    await until('it listens', () => this.connector.health().phase === 'live');
    return this;
  }

  async hears(text: string): Promise<InboundMessage> {
    await until(`it hears ${text}`, () => this.texts.includes(text));
    return this.heard.find((message) => message.text === text) ?? Promise.reject(new Error(text));
  }

  async lacks(what: string): Promise<void> {
    await until(`it lacks ${what}`, () => this.connector.health().missing.some((missing) => missing.what === what));
  }
}

const ear = (room: string, options: SettingOptions = {}): Promise<Ear> =>
  new Ear(settingAt(there(synapse), room, options)).live();

async function roomFor(...names: readonly string[]): Promise<TestRoom> {
  const room = await TestRoom.make(there(synapse));
  for (const name of names) {
    await room.invite(name);
    await room.join(name);
  }
  return room;
}

let count = 0;
const part = (text: string, more: Partial<OutboundPart> = {}): OutboundPart => {
  count += 1;
  return partOf({ transaction: `say-${count}.0`, text, ...more });
};

async function said(connector: ChatConnector, text: string, more: Partial<OutboundPart> = {}): Promise<readonly string[]> {
  const result = await connector.send(part(text, more));
  if (!('ids' in result)) throw new Error(`${text}: ${JSON.stringify(result)}`);
  return result.ids;
}

describe('invitations', () => {
  test('are accepted from an operator, into the room of the roster, by itself; what was said before is no business of ours', async () => {
    const room = await TestRoom.make(there(synapse));
    await room.say('operator', 'before the invitation');
    const one = await ear(room.id);
    expect(one.connector.health().missing).toMatchObject([{ what: 'room', remedy: expect.stringContaining('invite') }]);
    expect(await one.connector.send(part('too early'))).toMatchObject({ outcome: 'unavailable' });
    await room.invite('fleet');
    await until('it is in the room', () => one.connector.health().missing.length === 0);
    await room.say('operator', 'after the invitation');
    await one.hears('after the invitation');
    expect(one.texts).toEqual(['after the invitation']);
    await said(one.connector, 'in time');
    expect((await room.events()).map(({ content }) => content.body)).toContain('in time');
  });

  test('that came while nobody listened are found', async () => {
    const room = await TestRoom.make(there(synapse));
    await room.invite('fleet');
    const one = await ear(room.id);
    await until('it is in the room', () => one.connector.health().missing.length === 0);
  });

  test('from a stranger are not accepted, nor into another room', async () => {
    const room = await roomFor('stranger');
    const other = await roomFor();
    const power = `${room.path}/state/m.room.power_levels/`;
    const levels = await there(synapse).call<object>('operator', 'GET', power);
    await there(synapse).call('operator', 'PUT', power, { ...levels, invite: 0 });
    const one = await ear(room.id);
    await other.invite('fleet');
    await room.invite('fleet', 'stranger');
    await until('it was seen', () => one.connector.health().detail.includes('no operator'));
    const third = await ear((await roomFor('fleet')).id);
    await third.subscription.close();
    const { joined_rooms } = await there(synapse).call<{ joined_rooms: string[] }>(
      'fleet',
      'GET',
      '/_matrix/client/v3/joined_rooms',
    );
    expect(joined_rooms).not.toContain(room.id);
    expect(joined_rooms).not.toContain(other.id);
  });
});

describe('the room', () => {
  test('may be named by an alias', async () => {
    const room = await TestRoom.make(there(synapse), { room_alias_name: 'fleet-room' });
    await room.invite('fleet');
    const one = await ear('#fleet-room:localhost');
    await until('it is in the room', () => one.connector.health().missing.length === 0);
    await room.say('operator', 'by alias');
    expect((await one.hears('by alias')).conversationId).toBe(room.id);
  });

  test('that does not exist is told', async () => {
    const one = new Ear(settingAt(there(synapse), '#nowhere:localhost'));
    await one.lacks('room');
    expect(one.connector.health().missing[0]?.detail).toBe('there is no room #nowhere:localhost');
  });

  test('that one is thrown out of while it runs is told; nothing said before is lost; back by invitation it goes on', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    await room.say('operator', 'last words');
    const kick = { user_id: there(synapse).account('fleet').user_id };
    await there(synapse).call('operator', 'POST', `${room.path}/kick`, kick);
    await one.lacks('room');
    await one.hears('last words');
    expect(await one.connector.send(part('to nobody'))).toMatchObject({ outcome: 'unavailable' });
    await room.say('operator', 'while it is out');
    await room.invite('fleet');
    await until('it is back', () => one.connector.health().missing.length === 0);
    await room.say('operator', 'welcome back');
    await one.hears('welcome back');
    expect(one.texts).toEqual(['last words', 'welcome back']);
    await there(synapse).call('operator', 'POST', `${room.path}/ban`, kick);
    await one.lacks('room');
  });

  test('that is deleted while it runs is told, and what is to be said waits', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    await room.say('operator', 'the last word here');
    await one.hears('the last word here');
    await there(synapse).call('admin', 'DELETE', `/_synapse/admin/v1/rooms/${encodeURIComponent(room.id)}`, { purge: true });
    expect(await one.connector.send(part('to nowhere'))).toMatchObject({ outcome: 'unavailable' });
    await one.lacks('room');
    const next = new Ear(settingAt(there(synapse), room.id));
    await next.lacks('room');
    expect(await next.connector.send(part('to nowhere'))).toMatchObject({ outcome: 'unavailable' });
  });

  test('where it may not speak: that is told, and holds nobody up', async () => {
    const room = await roomFor('fleet');
    const power = `${room.path}/state/m.room.power_levels/`;
    const levels = await there(synapse).call<object>('operator', 'GET', power);
    await there(synapse).call('operator', 'PUT', power, { ...levels, events_default: 50 });
    const one = await ear(room.id);
    expect(await one.connector.send(part('may I'))).toMatchObject({ outcome: 'rejected', reason: 'forbidden' });
    expect(await matrixFactory.check?.(settingAt(there(synapse), room.id))).toMatchObject([{ what: 'm.room.message' }]);
  });

  test('that was replaced is told', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    const upgraded = await there(synapse).call('operator', 'POST', `${room.path}/upgrade`, { new_version: '11' });
    await one.lacks('room');
    expect(one.connector.health().missing[0]?.detail).toContain(String(upgraded.replacement_room));
  });
});

describe('an encrypted room', () => {
  const encrypted = { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } };

  test('is refused at the start, and nothing is said in the clear', async () => {
    const room = await TestRoom.make(there(synapse), { initial_state: [encrypted] });
    await room.invite('fleet');
    await room.join('fleet');
    const one = await ear(room.id);
    expect(one.connector.health().missing).toMatchObject([{ what: 'unencrypted room' }]);
    expect(await one.connector.send(part('clear text'))).toMatchObject({ outcome: 'unavailable' });
    expect(await room.events()).toEqual([]);
    expect(await matrixFactory.check?.(settingAt(there(synapse), room.id))).toMatchObject([{ what: 'unencrypted room' }]);
  });

  test('is refused from the moment on in which it becomes one', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    await said(one.connector, 'still clear');
    await there(synapse).call('operator', 'PUT', `${room.path}/state/m.room.encryption/`, encrypted.content);
    await one.lacks('unencrypted room');
    expect(await one.connector.send(part('clear text'))).toMatchObject({ outcome: 'unavailable' });
    expect((await room.events()).map(({ content }) => content.body)).toEqual(['still clear']);
  });

  test('is none because somebody sends what looks encrypted', async () => {
    const room = await roomFor('fleet', 'stranger');
    const one = await ear(room.id);
    await room.send('stranger', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' }, 'm.room.encrypted');
    await room.say('operator', 'afterwards');
    await one.hears('afterwards');
    await said(one.connector, 'still clear');
    expect(one.connector.health().missing).toEqual([]);
  });
});

describe('threads', () => {
  test('a part in a thread has the fallback for those who know none: the last message of it', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    const root = await room.say('operator', 'root');
    const first = await room.say('operator', 'first', root);
    expect(await one.hears('first')).toMatchObject({ threadId: root, replyToId: null });
    await said(one.connector, 'second', { threadId: root });
    await said(one.connector, 'third', { threadId: root });
    const [, , second, third] = await room.events();
    const relation = (last: string | undefined) => ({
      rel_type: 'm.thread',
      event_id: root,
      is_falling_back: true,
      'm.in_reply_to': { event_id: last },
    });
    expect(second?.content['m.relates_to']).toEqual(relation(first));
    expect(third?.content['m.relates_to']).toEqual(relation(second?.event_id));
  });

  test('after a restart the last message is asked for, and a message within a thread stands for its root', async () => {
    const room = await roomFor('fleet');
    const root = await room.say('operator', 'root');
    const child = await room.say('operator', 'child', root);
    const connector = matrixFactory.create(settingAt(there(synapse), room.id));
    await said(connector, 'answer', { threadId: child });
    expect((await room.events()).at(-1)?.content['m.relates_to']).toMatchObject({
      event_id: root,
      'm.in_reply_to': { event_id: child },
    });
  });

  test('a reply within a thread is one, and no fallback', async () => {
    const room = await roomFor('fleet');
    const root = await room.say('operator', 'root');
    const child = await room.say('operator', 'child', root);
    const connector = matrixFactory.create(settingAt(there(synapse), room.id));
    await said(connector, 'answer', { threadId: root, replyToId: child });
    await said(connector, 'plain reply', { replyToId: root });
    const [, , answer, reply] = await room.events();
    expect(answer?.content['m.relates_to']).toMatchObject({ is_falling_back: false, 'm.in_reply_to': { event_id: child } });
    expect(reply?.content['m.relates_to']).toEqual({ 'm.in_reply_to': { event_id: root } });
  });

  test('an unknown thread leaves nothing unsaid', async () => {
    const room = await roomFor('fleet');
    const connector = matrixFactory.create(settingAt(there(synapse), room.id));
    await said(connector, 'said all the same', { threadId: '$nowhere' });
    expect((await room.events()).map(({ content }) => [content.body, content['m.relates_to']])).toEqual([
      ['said all the same', undefined],
    ]);
  });
});

describe('what is said', () => {
  test('is formatted, mentions nobody, and bears no control characters', async () => {
    const room = await roomFor('fleet');
    const connector = matrixFactory.create(settingAt(there(synapse), room.id));
    await said(connector, '**Done**: <b>x</b>, @room [1m\u202e\u0000 \ud800 end');
    const [event] = await room.events();
    expect(event?.content).toMatchObject({
      msgtype: 'm.text',
      body: '**Done**: <b>x</b>, @room [1m \ufffd end',
      formatted_body: '<p><strong>Done</strong>: &#60;b&#62;x&#60;/b&#62;, @room [1m \ufffd end</p>',
      'm.mentions': {},
    });
  });

  test.each([
    ['quotes, which HTML makes six times as long', '"'.repeat(16_384)],
    ['backslashes, which JSON makes twice as long', '\\'.repeat(16_384)],
    ['markup all over', '**a** '.repeat(2730)],
    ['control characters', `${'\u0001'.repeat(16_000)}x`],
    ['characters of four bytes', '😀'.repeat(4096)],
  ])('fits at its longest: %s', async (_name, text) => {
    const room = await roomFor('fleet');
    await said(matrixFactory.create(settingAt(there(synapse), room.id)), text);
  });

  test('is known again over a restart of the homeserver, killed in the midst of it', async () => {
    const room = await roomFor('fleet');
    const connector = matrixFactory.create(settingAt(there(synapse), room.id));
    const once = part('once');
    const first = await connector.send(once);
    await there(synapse).crash();
    expect(await connector.send(once)).not.toMatchObject({ outcome: 'accepted' });
    await there(synapse).up();
    expect(await connector.send(once)).toEqual(first);
    expect(await Promise.all([1, 2, 3, 4].map(() => connector.send(once)))).toEqual([first, first, first, first]);
    expect(await room.events()).toHaveLength(1);
  });

  test('is found again by a new device, to which the homeserver does not tell', async () => {
    const room = await roomFor('fleet');
    const disk = new MemoryDisk();
    const once = part('once');
    await matrixFactory.create(settingAt(there(synapse), room.id, { disk })).send(once);
    const triedAt = new Date().toISOString();
    const { user_id, password } = there(synapse).account('fleet');
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: user_id }, password };
    const { access_token } = await there(synapse).call('fleet', 'POST', '/_matrix/client/v3/login', login);
    const more = { secrets: { MATRIX_ACCESS_TOKEN: String(access_token) } };
    const other = matrixFactory.create(settingAt(there(synapse), room.id, { disk, more }));
    expect(await other.send({ ...once, triedAt })).toMatchObject({ outcome: 'accepted' });
    expect(await other.find?.({ ...once, triedAt })).toMatchObject({ found: 'yes' });
    expect(await room.events()).toHaveLength(1);
  });
});

describe('attachments', () => {
  test('go both ways; the homeserver gives them to nobody without a token, and copies are ours alone', async () => {
    const room = await roomFor('fleet');
    const file = path.join(directory, 'report "1".txt');
    writeFileSync(file, 'all is well\n');
    const one = await ear(room.id, { more: { files: path.join(directory, 'files') } });
    const ids = await said(one.connector, 'see', { attachments: [file, file] });
    expect(ids).toHaveLength(3);
    const [, sent] = await room.events();
    expect(sent?.content).toMatchObject({
      msgtype: 'm.file',
      body: 'report "1".txt',
      info: { size: 12, mimetype: 'text/plain' },
    });
    await room.send('operator', { msgtype: 'm.file', body: '../notes.txt', url: sent?.content.url, info: { size: 12 } });
    await until('it is heard', () => one.heard.some(({ isOwn, attachments }) => !isOwn && attachments.length > 0));
    const copy = one.heard.at(-1)?.attachments[0]?.path ?? '';
    expect(path.dirname(copy)).toBe(path.join(directory, 'files'));
    expect(readFileSync(copy, 'utf8')).toBe('all is well\n');
  });

  test('of strangers are not fetched', async () => {
    const room = await roomFor('fleet', 'stranger');
    const one = await ear(room.id, { more: { files: path.join(directory, 'strange') } });
    await room.send('stranger', { msgtype: 'm.file', body: 'a', url: 'mxc://localhost/whatever' });
    await until('it is heard', () => one.heard.length === 1);
    expect(one.heard[0]?.attachments[0]?.path).toBe(null);
  });

  test('that are too large, or not there, are told before anything is sent', async () => {
    const server = there(strict);
    const room = await TestRoom.make(server);
    await room.invite('fleet');
    await room.join('fleet');
    const connector = matrixFactory.create(settingAt(server, room.id));
    const large = path.join(directory, 'large.bin');
    writeFileSync(large, Buffer.alloc(3000));
    expect(await connector.send(part('x', { attachments: [large] }))).toMatchObject({
      outcome: 'rejected',
      reason: 'attachment-too-large',
    });
    expect(await connector.send(part('x', { attachments: ['/nowhere'] }))).toMatchObject({
      outcome: 'rejected',
      reason: 'attachment-missing',
    });
    expect(await connector.send(part('x', { attachments: [directory] }))).toMatchObject({ outcome: 'rejected' });
    expect(await room.events()).toEqual([]);
  });
});

describe('courtesy', () => {
  test('what was read is shown, in its thread', async () => {
    const room = await roomFor('fleet');
    const one = await ear(room.id);
    await room.say('operator', 'read me');
    const message = await one.hears('read me');
    one.connector.courtesy?.({ sign: 'typing', conversationId: null, threadId: null, on: true });
    one.connector.courtesy?.({ sign: 'read', message });
    const filter = JSON.stringify({ room: { rooms: [room.id], ephemeral: { types: ['m.receipt', 'm.typing'] } } });
    const me = there(synapse).account('fleet').user_id;
    await until('the operator sees it', async () => {
      const synced = await there(synapse).call('operator', 'GET', `/_matrix/client/v3/sync?filter=${encodeURIComponent(filter)}`);
      const shown = JSON.stringify(synced);
      return shown.includes('m.receipt') && shown.includes('m.typing') && shown.includes(me) && shown.includes(message.id);
    });
  });
});

describe('a homeserver as it comes', () => {
  test('with tokens that expire: a login asks for one that can be renewed, and it is, while it listens', async () => {
    const server = there(brief);
    const room = await TestRoom.make(server);
    await room.invite('fleet');
    const disk = new MemoryDisk();
    const setting = settingAt(server, room.id, { disk });
    const { password } = server.account('fleet');
    const told: string[] = [];
    const secrets = await matrixFactory.login?.(person(['', password], told), setting);
    expect(disk.text).toContain('refresh');
    expect(told).toEqual(['Logged in as @fleet:localhost, device MUSTER-coding.']);
    const one = await new Ear({ ...setting, secrets: secrets ?? {} }).live();
    await until('it is in the room', () => one.connector.health().missing.length === 0);
    const renewals = (): number => disk.lines('tokens');
    await until('it was renewed twice', async () => {
      await one.connector.send(part('still there'));
      return renewals() >= 3;
    });
    expect(one.connector.health()).toMatchObject({ missing: [], authenticated: true });
    await one.subscription.close();
    const again = await new Ear({ ...setting, secrets: secrets ?? {} }).live();
    expect(again.connector.health().missing).toEqual([]);
  });

  test('that limits the rate as it comes: everything is told when to come again', async () => {
    const server = there(strict);
    const room = await TestRoom.make(server);
    await room.invite('fleet');
    await room.join('fleet');
    const connector = matrixFactory.create(settingAt(server, room.id));
    const outcomes = [];
    for (const text of ['1', '2', '3', '4', '5', '6', '7', '8']) outcomes.push(await connector.send(part(text)));
    const limited = outcomes.filter(({ outcome }) => outcome === 'rate-limited');
    expect(limited.length).toBeGreaterThan(0);
    for (const result of limited) expect(result).toMatchObject({ retryAfterMs: expect.any(Number) });
  });

  test('that answers equal syncs alike for two minutes: a second first start is not one of old messages', async () => {
    const server = there(strict);
    const room = await TestRoom.make(server);
    await room.invite('fleet');
    await room.join('fleet');
    const setting = settingAt(server, room.id);
    const first = await new Ear(setting).live();
    await first.subscription.close();
    await room.say('operator', 'old by then');
    const second = await new Ear(setting).live();
    await room.say('operator', 'new');
    await second.hears('new');
    expect(second.texts).toEqual(['new']);
  });
});

describe('a login', () => {
  test.each([
    ['a wrong password', ['', 'wrong'], 'does not let @fleet:localhost in'],
    ['a token that is none', ['nonsense'], 'does not accept the access token'],
  ])('by %s keeps nothing, and says why', async (_name, answers, expected) => {
    const disk = new MemoryDisk();
    const setting = settingAt(there(synapse), '!any:localhost', { disk });
    await expect(matrixFactory.login?.(person(answers, []), setting)).rejects.toThrow(expected);
    expect(disk.text).toBe('');
  });

  test('by the token of somebody else is refused', async () => {
    const token = there(synapse).account('operator').access_token;
    const setting = settingAt(there(synapse), '!any:localhost');
    await expect(matrixFactory.login?.(person([token], []), setting)).rejects.toThrow('the roster names @fleet:localhost');
  });

  test('by password is always of the same device, and its token lasts where it can', async () => {
    const setting = settingAt(there(synapse), (await roomFor('fleet')).id);
    const { password } = there(synapse).account('fleet');
    const secrets = [
      await matrixFactory.login?.(person(['', password], []), setting),
      await matrixFactory.login?.(person(['', password], []), setting),
    ];
    const once = part('once');
    const results = [];
    for (const each of secrets) results.push(await matrixFactory.create({ ...setting, secrets: each ?? {} }).send(once));
    expect(results[0]).toMatchObject({ outcome: 'accepted' });
    expect(results[1]).toEqual(results[0]);
    expect(await matrixFactory.check?.({ ...setting, secrets: secrets[0] ?? {} })).toEqual([]);
  });
});

const person = (answers: readonly string[], told: string[]) => {
  const left = [...answers];
  const next = async (): Promise<string> => left.shift() ?? '';
  return { text: next, secret: next, tell: (line: string) => void told.push(line) };
};
