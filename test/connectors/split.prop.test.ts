import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeOf, split } from '../../src/connectors/bridge/split.ts';
import type { TextLimit } from '../../src/model/connectors.ts';

const characters = (most: number): TextLimit => ({ unit: 'characters', most });

describe('where a text is cut', () => {
  const filler = (words: number): string => Array.from({ length: words }, (_, index) => `word${index % 10}`).join(' ');
  test.each([
    ['fits: as it is', 'one\n\ntwo', 64, ['one\n\ntwo']],
    [
      'between paragraphs before lines',
      `${filler(6)}\n\n${filler(3)}\nx\n${filler(4)}`,
      64,
      [filler(6), `${filler(3)}\nx\n${filler(4)}`],
    ],
    ['between lines before words', `${filler(8)}\n${filler(8)}`, 64, [filler(8), filler(8)]],
    ['between words', filler(20), 64, [filler(10), filler(10)].map((_, part) => filler(20).slice(part * 60, part * 60 + 59))],
    ['anywhere in one long word', 'x'.repeat(130), 64, ['x'.repeat(63), 'x'.repeat(63), 'xxxx']],
  ])('%s', (_name, text, most, parts) => {
    expect(split(text, characters(most))).toEqual(parts);
  });

  test('a block of code is closed and opened again, with its language', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line ${index};`);
    const parts = split(`Look:\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\nDone.`, characters(80));
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts.slice(1)) expect(part).toMatch(/^```ts\n/);
    for (const part of parts) expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
    expect(parts.join('\n').match(/line \d+;/g)).toEqual(lines);
  });

  test.each([
    ['white space at the end', `${'x'.repeat(62)}\n\n  `, ['x'.repeat(62)]],
    ['a word that would begin a block', `${'x'.repeat(60)} \`\`\`\n`, [`${'x'.repeat(59)}`, 'x ```\n']],
    ['the end of a block', `\`\`\`\n${'x'.repeat(56)}\n\`\`\``, [`\`\`\`\n${'x'.repeat(56)}\n\`\`\``]],
  ])('%s makes no part of its own', (_name, text, parts) => {
    expect(split(text, characters(64))).toEqual(parts);
  });

  test('a character of four bytes is never cut', () => {
    const text = '🦭'.repeat(100);
    for (const limit of [characters(65), { unit: 'bytes', most: 67 } as const])
      expect(split(text, limit).every((part) => !/\p{Cs}/u.test(part))).toBe(true);
  });

  test('a megabyte of code takes no time to speak of', () => {
    const parts = split(`\`\`\`\n${'a line of code\n'.repeat(70_000)}\`\`\``, characters(2000));
    expect(parts.length).toBeGreaterThan(500);
  });
});

const piece = fc.oneof(
  fc.constantFrom('\n', '\n\n', '```\n', '\n```ts\n', '~~~~\n', ' ', '\n  ', '`', '\t'),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '日', '🦭', ' '), maxLength: 150 }),
);
const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));
const limit = fc.record({
  unit: fc.constantFrom('bytes' as const, 'characters' as const),
  most: fc.integer({ min: 64, max: 300 }),
});

test('whatever the text, every part fits, none is empty, and nothing but white space and fences comes or goes', () => {
  const words = (given: string): string => given.replace(/^ {0,3}(?:`{3,16}(?!`)|~{3,16}(?!~)).*$/gm, '').replace(/\s+/g, '');
  fc.assert(
    fc.property(text, limit, (given, bound) => {
      // A fence that is longer than a part is cut like any line: what comes behind it is text then, of which this test knows nothing.
      fc.pre((given.match(/^ {0,3}(?:`{3}|~{3}).*$/gm) ?? []).every((line) => Buffer.byteLength(line) < 28));
      const parts = split(given, bound);
      expect(parts.length).toBeGreaterThan(0);
      for (const part of parts) expect(sizeOf(part, bound)).toBeLessThanOrEqual(bound.most);
      if (parts.length > 1) for (const part of parts) expect(part.trim()).not.toBe('');
      expect(words(parts.join('\n'))).toBe(words(given));
    }),
    { numRuns: 5000 },
  );
});
