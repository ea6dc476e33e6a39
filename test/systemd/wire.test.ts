import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCall, messageReader, type WireMessage } from '../../src/systemd/wire.ts';

/** Another implementation of the same format. */
const require = createRequire(import.meta.url);
const other = require('dbus-next/lib/message.js') as {
  marshall(message: object): [Buffer];
  unmarshall(bytes: Buffer): { body?: readonly unknown[] } & Readonly<Record<string, unknown>>;
};

const address = { destination: 'org.example.Name', path: '/org/example', interface: 'org.example.Interface', member: 'Do' };

/** Messages that come out when these bytes come in pieces of a size. */
function read(bytes: Buffer, piece = bytes.length): WireMessage[] {
  const messages: WireMessage[] = [];
  const take = messageReader((message) => messages.push(message));
  for (let at = 0; at < bytes.length; at += piece) take(bytes.subarray(at, at + piece));
  return messages;
}

const word = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0'));

test('what is sent is read by others as it was said', () => {
  fc.assert(
    fc.property(word, fc.array(word), fc.boolean(), fc.nat(0xffffffff), fc.nat(0xfffffffe), (text, list, flag, count, serial) => {
      const bytes = encodeCall({ ...address, signature: 'sasbu', body: [text, list, flag, count] }, serial + 1);
      expect(other.unmarshall(bytes)).toMatchObject({ ...address, type: 1, serial: serial + 1, body: [text, list, flag, count] });
    }),
  );
});

test('a call without arguments', () => {
  expect(read(encodeCall(address, 7))).toMatchObject([
    { type: 1, path: '/org/example', interface: 'org.example.Interface', member: 'Do', body: [] },
  ]);
});

test('a long call is aligned beyond its first buffer, too', () => {
  const body = Array.from({ length: 300 }, (_, index) => 'x'.repeat(index % 9));
  expect(other.unmarshall(encodeCall({ ...address, signature: 'as', body: [body] }, 1)).body).toEqual([body]);
});

test.each([
  ['s', ['a\0b'], /NUL/],
  ['as', [['a', 'b\0']], /NUL/],
  ['ss', ['one'], /2 arguments/],
  ['s', [1], /number as s/],
  ['v', ['text'], /string as v/],
])('%s of %j is not sent', (signature, body, why) => {
  expect(() => encodeCall({ ...address, signature, body }, 1)).toThrow(why);
});

const reply = (signature: string, body: readonly unknown[]): Buffer =>
  other.marshall({ type: 2, serial: 9, replySerial: 5, sender: ':1.1', destination: ':1.2', signature, body })[0];

test.each([
  ['s', ['ünï'], ['ünï']],
  ['o', ['/a/b'], ['/a/b']],
  ['g', ['a{sv}'], ['a{sv}']],
  ['ybnqiu', [1, true, -2, 65535, -5, 4294967295], [1, true, -2, 65535, -5, 4294967295]],
  ['yt', [1, 18446744073709551615n], [1, 18446744073709551615n]],
  ['x', [-9n], [-9n]],
  ['yd', [1, -0.5], [1, -0.5]],
  ['ay', [Buffer.of(1, 2, 3)], [Buffer.of(1, 2, 3)]],
  ['as', [[]], [[]]],
  ['yat', [1, []], [1, []]],
  [
    'a(ssu)',
    [
      [
        ['a', 'b', 1],
        ['c', 'd', 2],
      ],
    ],
    [
      [
        ['a', 'b', 1],
        ['c', 'd', 2],
      ],
    ],
  ],
  ['v', [['s', 'inner']], [{ signature: 's', value: 'inner' }]],
  ['v', [['t', 12n]], [{ signature: 't', value: 12n }]],
  ['a{sv}', [[['key', ['u', 3]]]], [{ key: { signature: 'u', value: 3 } }]],
  ['sa{sv}as', ['i', [['k', ['as', ['x']]]], ['z']], ['i', { k: { signature: 'as', value: ['x'] } }, ['z']]],
])('%s is read as others write it, in pieces of any size', (signature, written, meant) => {
  const bytes = Buffer.concat([reply(signature, written), reply(signature, written)]);
  const expected = { type: 2, replySerial: 5, sender: ':1.1', body: meant };
  for (const piece of [1, 7, 16, bytes.length]) expect(read(bytes, piece)).toEqual([expected, expected]);
});

test.each([
  ['that begins as none does', (bytes: Buffer) => bytes.writeUInt8(0x78, 0)],
  ['of half the address space', (bytes: Buffer) => bytes.writeUInt32LE(0x7fffffff, 4)],
  ['whose string ends behind it', (bytes: Buffer) => bytes.writeUInt32LE(9999, bytes.length - 12)],
])('a message %s is none', (_, spoil) => {
  const bytes = reply('s', ['1234567']);
  spoil(bytes);
  expect(() => read(bytes)).toThrow(RangeError);
});

test('whatever bytes come, they give messages, nothing yet, or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (random, headed) => {
      const bytes = Buffer.from(random);
      if (headed && bytes.length >= 16) Buffer.from([0x6c, 2, 0, 1, 40, 0, 0, 0, 1, 0, 0, 0, 60, 0, 0, 0]).copy(bytes);
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
