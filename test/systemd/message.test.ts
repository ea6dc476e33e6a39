import { expect, test } from 'vitest';
import { type Incoming, messageReader } from '../../src/systemd/message-reader.ts';
import { typesOf } from '../../src/systemd/message-type.ts';
import { callMessage } from '../../src/systemd/message-writer.ts';

// The bytes are what another implementation of the protocol makes of the same.

const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
};
/** The header's fields up to the member. */
const before =
  '01016f00190000002f6f72672f667265656465736b746f702f73797374656d6431000000000000000201730020000000' +
  '6f72672e667265656465736b746f702e73797374656d64312e4d616e616765720000000000000000030173';
/** Those after it. */
const after = '06017300180000006f72672e667265656465736b746f702e73797374656d64310000000000000000';

test.each<readonly [string, readonly unknown[], number, string]>([
  ['Subscribe ', [], 7, `6c010001000000000700000091000000${before}000900000053756273637269626500000000000000${after}`],
  [
    'StartUnit ss',
    ['ünit.service', 'replace'],
    8,
    `6c0100012000000008000000a0000000${before}00090000005374617274556e697400000000000000${after}08016700027373000d000000c3bc6e69742e73657276696365000000070000007265706c61636500`,
  ],
  [
    'ListUnitsByPatterns asas',
    [[], ['mosaic-*', 'a']],
    9,
    `6c0100011e00000009000000aa000000${before}00130000004c697374556e69747342795061747465726e730000000000${after}080167000461736173000000000000000000000016000000080000006d6f736169632d2a00000000010000006100`,
  ],
  [
    'EnableUnitFiles asbb',
    [['x'], true, false],
    0xfffffffe,
    `6c01000114000000feffffffa2000000${before}000f000000456e61626c65556e697446696c657300${after}080167000461736262000000000000000600000001000000780000000100000000000000`,
  ],
  [
    'RequestName su',
    ['org.x', 4],
    1,
    `6c0100011000000001000000a0000000${before}000b000000526571756573744e616d650000000000${after}0801670002737500050000006f72672e7800000004000000`,
  ],
])('the call %s is written as the protocol has it', (what, body, serial, hex) => {
  const [member = '', signature] = what.split(' ');
  expect(callMessage({ ...manager, member }, serial, signature, body).toString('hex')).toBe(hex);
});

test('a call that is longer than what was made ready for it', () => {
  const unit = `${'ü'.repeat(3000)}.service`;
  const bytes = callMessage({ ...manager, member: 'GetUnit' }, 1, 'as', [[unit, unit]]);
  expect(bytes.readUInt32LE(4)).toBe(bytes.length - Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8);
  expect(read([bytes])[0]?.body).toEqual([[unit, unit]]);
});

test.each<readonly [string, string, readonly unknown[]]>([
  ['a NUL, at which the bus would hang up', 's', ['a\0b']],
  ['less than its signature', 'ss', ['only one']],
  ['a number for a text', 's', [1]],
  ['a text for a list', 'as', ['x']],
  ['a type that nobody sends', 'd', [1]],
  ['no signature', 'a', [[]]],
])('a call with %s is refused', (_name, signature, body) => {
  expect(() => callMessage({ ...manager, member: 'GetUnit' }, 1, signature, body)).toThrow(TypeError);
});

const reply = Buffer.from(
  [
    '6c020001d00000000300000050000000050175000900000006017300040000003a312e390000000007017300040000003a312e32',
    '0000000008016700226128736f752979626e716975787464766179617b73767d287328622929617b73767d003400000000000000',
    '0100000061000000020000002f620000010000000000000005000000c3bc6e6974000000040000002f632f6400000000ffffffff',
    'ff00000001000000fefffffffdffffff00286beefbffffffffffffffffffffffffffffff000000000000e03f026173000e000000',
    '0100000078000000010000007900000003000000010203002a00000000000000030000004f6e6500017400000000000001000000',
    '000000000300000054776f0001730000010000007a0000000000000002000000696e00000000000000000000',
  ].join(''),
  'hex',
);
const error = Buffer.from(
  [
    '6c030001080000000300000047000000040173000b0000006f72672e782e4572726f720000000000050175000400000006017300',
    '040000003a312e39000000000701730001000000730000000000000008016700017300000300000077687900',
  ].join(''),
  'hex',
);
const signal = Buffer.from(
  [
    '6c04000114000000050000004e00000001016f00020000002f700000000000000201730003000000692e69000000000003017300',
    '010000004d0000000000000007017300040000003a312e3100000000080167000873617b73767d617300000003000000782e7900',
    '000000000000000000000000',
  ].join(''),
  'hex',
);

function read(chunks: readonly Buffer[]): Incoming[] {
  const heard: Incoming[] = [];
  const take = messageReader((message) => heard.push(message));
  for (const chunk of chunks) take(chunk);
  return heard;
}

const said = [
  {
    type: 2,
    replySerial: 9,
    sender: ':1.2',
    body: [
      [
        ['a', '/b', 1],
        ['ünit', '/c/d', 4294967295],
      ],
      255,
      true,
      -2,
      65535,
      -3,
      4000000000,
      -5n,
      18446744073709551615n,
      0.5,
      { signature: 'as', value: ['x', 'y'] },
      Buffer.from([1, 2, 3]),
      { One: { signature: 't', value: 1n }, Two: { signature: 's', value: 'z' } },
      ['in', [false]],
      {},
    ],
  },
  { type: 3, replySerial: 4, errorName: 'org.x.Error', sender: 's', body: ['why'] },
  { type: 4, path: '/p', interface: 'i.i', member: 'M', sender: ':1.1', body: ['x.y', {}, []] },
];

test('values of every type are read', () => {
  expect(read([reply, error, signal])).toEqual(said);
});

test.each([1, 3, 7, 16, 17, 100, 1000])('messages are read in pieces of %d bytes', (size) => {
  const all = Buffer.concat([reply, error, signal, reply]);
  const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
  expect(read(pieces)).toEqual([...said, said[0]]);
});

test('what was said by a machine of the other byte order', () => {
  // A signal without a path, with one number.
  const bytes = Buffer.from('42040001000000040000000100000007' + '0801670001750000' + '01020304', 'hex');
  expect(read([bytes])).toEqual([{ type: 4, body: [0x01020304] }]);
});

test.each<readonly [string, (bytes: Buffer) => void]>([
  ['no byte order', (bytes) => bytes.writeUInt8(0x20, 0)],
  ['more than a message may have', (bytes) => bytes.writeUInt32LE(0xfffffff0, 4)],
  ['a text that goes beyond its end', (bytes) => bytes.writeUInt32LE(0x7fff, bytes.length - 8)],
  ['a field without a signature', (bytes) => bytes.writeUInt8(0, 17)],
])('a message with %s is none', (_name, spoil) => {
  const bytes = Buffer.from(error);
  spoil(bytes);
  expect(() => read([bytes])).toThrow();
});

test.each(['(', '()', 'a', '{s}', '{sss}', 'z', 's)'])('%j is no signature', (signature) => {
  expect(() => typesOf(signature)).toThrow(TypeError);
});
