import canonicalizeModule from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/model/digest.ts';

const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** All keys in the order of their UTF-16 code units, as far as the language lets them: whole numbers come first whatever is done. */
const inOrder = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, content]) => [key, inOrder(content)]));
};

describe('canonical JSON is what RFC 8785 makes of it', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.object({
      key: fc.oneof(fc.string({ unit: 'binary' }), fc.nat().map(String)),
      values: [fc.string(), fc.boolean(), fc.constant(undefined), fc.double({ noNaN: true, noDefaultInfinity: true })],
    }),
  );

  test('of values in any order', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(canonicalJson(any)).toBe(canonicalize(any));
      }),
    );
  });

  test('of values whose keys are in order', () => {
    fc.assert(
      fc.property(value, (any) => {
        expect(canonicalJson(inOrder(any))).toBe(canonicalize(any));
      }),
    );
  });

  test.each([
    [{ 9: 1, 10: 2 }, '{"10":2,"9":1}'],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
    [{ a: { b: 1, a: 2 } }, '{"a":{"a":2,"b":1}}'],
    [{ a: new Date(0) }, '{"a":"1970-01-01T00:00:00.000Z"}'],
    [[-0, 1e21, '\u2028\ud800'], '[0,1e+21,"\u2028\\ud800"]'],
  ])('%j', (any, text) => expect(canonicalJson(any)).toBe(text));

  test.each([Number.NaN, { a: Number.POSITIVE_INFINITY }, undefined, () => 1])('%s is none', (any) => {
    expect(() => canonicalJson(any)).toThrow();
  });
});
