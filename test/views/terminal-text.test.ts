import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellsOf, drawn, lastRow, plainText, withCursor } from '../../src/views/terminal-text.ts';

const one = (text: string, from = 0, to = 20): string => drawn(cellsOf(text)[0] ?? [], from, to, true).trimEnd();

describe('colours and attributes', () => {
  test.each([
    ['\x1b[31mred\x1b[0m plain', '\x1b[0;31mred\x1b[0m plain'],
    ['\x1b[1;4;38;5;208mx\x1b[22mx', '\x1b[0;1;4;38;5;208mx\x1b[0;4;38;5;208mx\x1b[0m'],
    ['\x1b[48;2;1;2;3mx', '\x1b[0;48;2;1;2;3mx\x1b[0m'],
    ['\x1b[38:2::1:2:3mx\x1b[39mx', '\x1b[0;38;2;1;2;3mx\x1b[0mx'],
    ['\x1b[4:3mx\x1b[24mx', '\x1b[0;4mx\x1b[0mx'],
    ['\x1b[38;5;999mx', 'x'],
    ['\x1b[5;8mhidden', 'hidden'],
    ['\x1b[58;5;9;31mx', '\x1b[0;31mx\x1b[0m'],
  ])('%j is drawn as %j', (text, expected) => {
    expect(one(text)).toBe(expected);
  });

  test('hold beyond the end of a line, and not beyond what is drawn', () => {
    const rows = cellsOf('\x1b[32ma\nb');
    expect(rows.map((cells) => drawn(cells, 0, 1, true))).toEqual(['\x1b[0;32ma\x1b[0m', '\x1b[0;32mb\x1b[0m']);
  });

  test('are left out for who wants none', () => {
    expect(drawn(cellsOf('\x1b[1;31mx')[0] ?? [], 0, 3, false)).toBe('x  ');
  });
});

describe('nothing else comes through', () => {
  test.each([
    ['a title', '\x1b]0;evil\x07x', 'x'],
    ['a link', '\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\', 'x'],
    ['the clipboard', '\x1b]52;c;ZXZpbA==\x07x', 'x'],
    ['a string that does not end', 'x\x1bPevil', 'x'],
    ['moving the cursor', '\x1b[2J\x1b[Hx', 'x'],
    ['asking the terminal', '\x1b[6n\x1b[c\x05x', 'x'],
    ['another screen', '\x1b[?1049l\x1b[?25lx', 'x'],
    ['a reset', '\x1bcx', 'x'],
    ['C1 controls', '\u009b31mx', '31mx'],
    ['turning text around', '\u202ex\u2066', 'x'],
    ['bells and backspaces', 'a\x07\x08\x7fb', 'ab'],
  ])('%s', (_, text, expected) => {
    expect(one(text)).toBe(expected);
  });

  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences that may be there
  const colours = /\x1b\[0(?:;\d{1,3})*m/g;

  test('whatever a program writes', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '\x1b[',
        '\x1b]',
        '\x1bP',
        ';',
        'm',
        '\x1b\\',
        '\x07',
        '\x9c',
        '\x0e',
        '\x0f',
        '한',
        '👩‍👩‍👧',
        'é',
        '38;5',
        '1:2',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.nat(6), fc.nat(12), (pieces, from, width) => {
        for (const cells of cellsOf(pieces.join(''))) {
          const text = drawn(cells, from, from + width, true).replace(colours, '');
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
          expect(cellsOf(text)[0]?.length).toBe(width);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('cells', () => {
  test('a wide character takes two, and is a blank where it is cut', () => {
    expect([one('한x', 0, 3), drawn(cellsOf('한x')[0] ?? [], 1, 3, true), drawn(cellsOf('x한')[0] ?? [], 0, 2, true)]).toEqual([
      '한x',
      ' x',
      'x ',
    ]);
  });

  test('a mark stands on its character', () => {
    expect(cellsOf('e\u0301x')[0]?.map(({ text }) => text)).toEqual(['e\u0301', 'x']);
  });

  test('line drawing of old terminals', () => {
    expect(one('\x0elqk\x0flqk')).toBe('┌─┐lqk');
  });

  test('the cursor is in reverse, beyond the text, too', () => {
    expect(drawn(withCursor(cellsOf('ab')[0] ?? [], 3), 0, 4, true)).toBe('ab \x1b[0;7m \x1b[0m');
  });

  test('rows end with the last one on which something stands', () => {
    const rows = cellsOf('a\n\nb\n  \n');
    expect([lastRow(rows), rows.map(plainText)]).toEqual([3, ['a', '', 'b', '', '']]);
  });
});
