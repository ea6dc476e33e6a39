import { describe, expect, test } from 'vitest';
import { eventsIn, messageIn } from '../../../src/connectors/matrix/events.ts';
import { fileName } from '../../../src/connectors/matrix/media.ts';
import { problemsOf } from '../../../src/connectors/matrix/settings.ts';
import { message } from './fake-homeserver.ts';

const me = '@fleet:example.org';

function read(content: object, more: object = {}) {
  const [event] = eventsIn([message('', { content, ...more })]);
  if (event === undefined) throw new Error('no event');
  return messageIn(event, {
    userId: me,
    roomId: '!room',
    origin: 'live',
    threadOf: (id) => (id === '$in-thread' ? '$root' : null),
  });
}

const text = (body: string, more: object = {}): object => ({ msgtype: 'm.text', body, ...more });

describe('what an event says', () => {
  test.each([
    ['a text', text('hi'), { kind: 'message', text: 'hi', threadId: null, replyToId: null, isBot: false, mentionsMe: false }],
    ['a notice is of a program', { msgtype: 'm.notice', body: 'x' }, { isBot: true }],
    [
      'an edit to a notice, too',
      text('* x', {
        'm.new_content': { msgtype: 'm.notice', body: 'x' },
        'm.relates_to': { rel_type: 'm.replace', event_id: '$a' },
      }),
      { isBot: true },
    ],
    ['an emote', { msgtype: 'm.emote', body: 'waves' }, { text: '* waves' }],
    [
      'a message of a thread',
      text('x', {
        'm.relates_to': {
          rel_type: 'm.thread',
          event_id: '$root',
          is_falling_back: true,
          'm.in_reply_to': { event_id: '$last' },
        },
      }),
      { threadId: '$root', replyToId: null },
    ],
    [
      'a reply within a thread',
      text('x', { 'm.relates_to': { rel_type: 'm.thread', event_id: '$root', 'm.in_reply_to': { event_id: '$a' } } }),
      { threadId: '$root', replyToId: '$a' },
    ],
    ['a reply', text('x', { 'm.relates_to': { 'm.in_reply_to': { event_id: '$a' } } }), { threadId: null, replyToId: '$a' }],
    [
      'a reply with the quote of an old program',
      text('> <@a:b> old\n> more\n\nnew', { 'm.relates_to': { 'm.in_reply_to': { event_id: '$a' } } }),
      { text: 'new' },
    ],
    ['a quote of its own', text('> old\n\nnew'), { text: '> old\n\nnew' }],
    [
      'an edit',
      text('* new', { 'm.new_content': text('new'), 'm.relates_to': { rel_type: 'm.replace', event_id: '$in-thread' } }),
      { kind: 'edit', targetId: '$in-thread', text: 'new', threadId: '$root' },
    ],
    ['a mention', text('x', { 'm.mentions': { user_ids: [me] } }), { mentionsMe: true }],
    ['a mention of somebody else', text(`${me} x`, { 'm.mentions': {} }), { mentionsMe: false }],
    ['a mention by an old program', text(`${me}: x`), { mentionsMe: true }],
    [
      'a file',
      { msgtype: 'm.file', body: 'a.pdf', url: 'mxc://h/i', info: { mimetype: 'application/pdf', size: 7 } },
      { text: '', attachments: [{ name: 'a.pdf', mediaType: 'application/pdf', bytes: 7, reference: 'mxc://h/i', path: null }] },
    ],
    [
      'an image with a caption',
      { msgtype: 'm.image', body: 'look', filename: 'a.png', url: 'mxc://h/i' },
      { text: 'look', attachments: [{ name: 'a.png', mediaType: null, bytes: null }] },
    ],
  ])('%s', (_name, content, expected) => {
    expect(read(content)).toMatchObject(expected);
  });

  test('a reaction is an event of its own', () => {
    const content = { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$in-thread', key: '👍' } };
    expect(read(content, { type: 'm.reaction' })).toMatchObject({
      kind: 'reaction',
      targetId: '$in-thread',
      text: '👍',
      threadId: '$root',
    });
  });

  test.each([
    ['what was redacted', {}, {}],
    ['a state event', text('x'), { state_key: '' }],
    ['what is encrypted', { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' }, { type: 'm.room.encrypted' }],
    ['a member', { membership: 'join' }, { type: 'm.room.member', state_key: me }],
    ['a reaction to nothing', { 'm.relates_to': { rel_type: 'm.annotation' } }, { type: 'm.reaction' }],
  ])('%s says nothing', (_name, content, more) => {
    expect(read(content, more)).toBe(null);
  });

  test('our own is marked, from whichever device', () => {
    expect(read(text('x'), { sender: me })?.isOwn).toBe(true);
  });
});

describe('a block of a roster', () => {
  const right = { homeserver_url: 'https://matrix.example.org/', user_id: '@mos:example.org', room_id: '!abc:example.org' };

  test.each([
    [right],
    [{ ...right, room_id: '#fleet:example.org' }],
    [{ ...right, room_id: '!withoutServerAsNewRoomsHave' }],
    [{ ...right, homeserver_url: 'http://127.0.0.1:8008' }],
    [{ ...right, homeserver_url: 'http://localhost:8008' }],
  ])('%j is right', (settings) => {
    expect(problemsOf({ operators: ['@jason:example.org'], settings })).toEqual([]);
  });

  test.each([
    ['homeserver_url', undefined],
    ['homeserver_url', 'http://matrix.example.org'],
    ['homeserver_url', 'https://user:secret@matrix.example.org'],
    ['homeserver_url', 'https://matrix.example.org/?a=b'],
    ['homeserver_url', 'ftp://matrix.example.org'],
    ['homeserver_url', 7],
    ['user_id', 'mos'],
    ['user_id', '@mos'],
    ['room_id', 'abc'],
    ['room_id', '#fleet'],
    ['room_id', '!a b'],
  ])('%s: %j is not allowed', (key, value) => {
    const problems = problemsOf({ operators: [], settings: { ...right, [key]: value } });
    expect(problems.map(({ path }) => path)).toEqual([['settings', key]]);
  });

  test('operators are user ids', () => {
    const problems = problemsOf({ operators: ['@jason:example.org', 'Jason'], settings: right });
    expect(problems).toMatchObject([{ path: ['operators', 1], hint: expect.stringContaining('@mos:example.org') }]);
  });
});

test.each([
  ['../../etc/passwd', /^[0-9a-f]{16}-etc_passwd$/],
  ['.bashrc', /^[0-9a-f]{16}-bashrc$/],
  ['a b\u202egnp.exe', /^[0-9a-f]{16}-a_b_gnp\.exe$/],
  ['', /^[0-9a-f]{16}-file$/],
  ['x'.repeat(5000), /^[0-9a-f]{16}-x{80}$/],
])('a copy of what is called %j has a harmless name', (name, expected) => {
  expect(fileName('$event', name)).toMatch(expected);
});
