import { Variant } from 'dbus-next';
import compat from 'dbus-next/lib/marshall-compat.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BusCall } from '../../src/systemd/bus.ts';
import { encode } from '../../src/systemd/encode.ts';

const call = (signature: string, body: readonly unknown[]): BusCall => ({
  destination: 'org.example.Name',
  path: '/org/example',
  interface: 'org.example.Interface',
  member: 'Method',
  signature,
  body,
});

/** As the codec alone makes a message, from the first byte to the last. */
const whole = (each: BusCall, serial: number): Buffer =>
  compat.marshallMessage({ ...each, type: 1, serial, signature: each.signature ?? '', body: each.body ?? [] })[0];

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const argument: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  s: text,
  b: fc.boolean(),
  u: fc.nat(),
  as: fc.array(text),
  'a(ss)': fc.array(fc.tuple(text, text)),
};
const calls = fc
  .array(fc.constantFrom(...Object.keys(argument)), { maxLength: 4 })
  .chain((types) =>
    fc
      .array(fc.tuple(...types.map((type) => argument[type] ?? fc.constant(null))), { minLength: 1, maxLength: 4 })
      .map((bodies) => bodies.map((body) => call(types.join(''), body))),
  );

describe('a call has the bytes that the codec gives it', () => {
  test('whatever other calls of the method came before', () => {
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 0xffffffff }), (several, serial) => {
        for (const each of several) expect(encode(each, serial)).toEqual(whole(each, serial));
      }),
    );
  });

  test.each(['destination', 'path', 'interface', 'member'] as const)('and of a call to another %s', (field) => {
    const first = call('ss', ['a', 'b']);
    const other = { ...first, [field]: field === 'path' ? '/org/other' : 'org.example.Other' };
    encode(first, 1);
    expect(encode(other, 2)).toEqual(whole(other, 2));
    expect(encode(first, 3)).toEqual(whole(first, 3));
  });

  test('after calls to more places than are kept', () => {
    for (let unit = 0; unit < 500; unit++) encode({ ...call('s', ['a']), path: `/org/example/${unit}` }, 1);
    expect(encode(call('s', ['b']), 2)).toEqual(whole(call('s', ['b']), 2));
  });

  test('where it has no arguments', () => {
    const { signature: _, body: __, ...bare } = call('', []);
    for (const serial of [1, 2]) expect(encode(bare, serial)).toEqual(whole(bare, serial));
  });
});

test.each([
  ['s', ['fine'], ['nul\0'], /NUL character in the arguments of Method/],
  ['as', [['fine']], [['fine', 'nul\0']], /NUL character/],
  ['ss', ['one', 'two'], ['one'], /body/i],
  ['', [], ['one'], /body/i],
  ['s', ['one'], [1], /string/],
  ['b', [true], [null], /null/],
  ['asb', [['one'], true], ['one', true], /array/],
  ['asas', [[], []], [-1, []], /array/],
  ['aq', [[1]], [-1], /array/],
  ['v', [new Variant('s', 'one')], ['one'], /Variant/],
])('what cannot be sent is refused, the first time and after a good one: %s %j %j', (signature, good, wrong, told) => {
  const other = { ...call(signature, wrong), member: `Method${signature}` };
  expect(() => encode(other, 1)).toThrow(told);
  encode({ ...other, body: good }, 1);
  expect(() => encode(other, 1)).toThrow(told);
});
