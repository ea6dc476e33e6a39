import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyReader, type Typed } from '../../src/chat/keys.ts';

const read = (...pieces: string[]): readonly Typed[] => {
  const reader = new KeyReader();
  return pieces.flatMap((piece) => reader.feed(piece));
};

const esc = '\x1b';

describe('what is typed', () => {
  test.each<[story: string, typed: string, expected: readonly Typed[]]>([
    ['text comes as it is', 'Grüße, 漢字', [{ kind: 'text', text: 'Grüße, 漢字' }]],
    [
      'Enter sends',
      'a\r',
      [
        { kind: 'text', text: 'a' },
        { kind: 'key', key: 'enter' },
      ],
    ],
    ['Alt-Enter is a new line', `${esc}\r`, [{ kind: 'key', key: 'new-line' }]],
    ['so is Ctrl-J', '\n', [{ kind: 'key', key: 'new-line' }]],
    ['Ctrl-C leaves', '\x03', [{ kind: 'key', key: 'leave' }]],
    ['an unknown sequence is nothing', `${esc}[15~x`, [{ kind: 'text', text: 'x' }]],
    ['so is the report of a mouse', `${esc}[<0;1;1Mx`, [{ kind: 'text', text: 'x' }]],
    [
      'a paste comes whole, and its line ends send nothing',
      `${esc}[200~one\rtwo${esc}[A${esc}[201~!`,
      [
        { kind: 'paste', text: `one\rtwo${esc}[A` },
        { kind: 'text', text: '!' },
      ],
    ],
  ])('%s', (_story, typed, expected) => {
    expect(read(typed)).toEqual(expected);
  });

  test('means the same however it is cut into pieces', () => {
    const words = fc.constantFrom(
      'a',
      'ö',
      '\r',
      `${esc}[A`,
      `${esc}\r`,
      `${esc}[1;5C`,
      `${esc}[200~x\r${esc}[201~`,
      '\x03',
      `${esc}OH`,
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), fc.array(fc.nat(40), { maxLength: 6 }), (all, cuts) => {
        const typed = all.join('');
        const places = [0, ...cuts.map((cut) => Math.min(cut, typed.length)).sort((a, b) => a - b), typed.length];
        const pieces = places.slice(1).map((to, index) => typed.slice(places[index], to));
        expect(joined(read(...pieces))).toEqual(joined(read(typed)));
      }),
    );
  });

  test('an escape that nothing follows swallows nothing', () => {
    const reader = new KeyReader();
    expect(reader.feed(esc)).toEqual([]);
    expect(reader.isOpen).toBe(true);
    reader.settle();
    expect(reader.feed('x')).toEqual([{ kind: 'text', text: 'x' }]);
  });

  test('a paste is waited for', () => {
    const reader = new KeyReader();
    reader.feed(`${esc}[200~on`);
    reader.settle();
    expect(reader.feed(`e${esc}[201~`)).toEqual([{ kind: 'paste', text: 'one' }]);
  });
});

/** Text in one piece. */
const joined = (typed: readonly Typed[]): string =>
  typed.map((one) => (one.kind === 'key' ? `<${one.key}>` : one.kind === 'paste' ? `[${one.text}]` : one.text)).join('');
