import { expect, test } from 'vitest';
import { renderDiff } from '../../src/views/diff.ts';
import { plain, styleFor } from '../../src/views/style.ts';

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('');

test.each([
  ['nothing for the same text', lines(1, 3), lines(1, 3), ''],
  [
    'a change with three lines around it',
    lines(1, 9),
    lines(1, 9).replace('5\n', 'x\n'),
    '@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n',
  ],
  [
    'changes that are near as one',
    lines(1, 6),
    lines(1, 6).replace('2\n', 'x\n').replace('5\n', ''),
    '@@ -1,6 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n-5\n 6\n',
  ],
  [
    'changes that are apart as two',
    lines(1, 20),
    `0\n${lines(1, 19)}`,
    '@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -17,4 +18,3 @@\n 17\n 18\n 19\n-20\n',
  ],
  ['what a terminal would act upon made visible', 'a\n', 'a\n\x1b[2J\r\n', '@@ -1,1 +1,2 @@\n a\n+\\x1b[2J\n'],
])('%s', (_story, before, after, hunks) => {
  const head = hunks === '' ? '' : '--- a/r.yaml\n+++ b/r.yaml\n';
  expect(renderDiff('r.yaml', before, after, plain)).toBe(`${head}${hunks}`);
});

test('lines that come are green, lines that go are red', () => {
  const shown = renderDiff('r.yaml', 'a\n', 'b\n', styleFor(true));
  expect(shown).toContain('\x1b[31m-a\x1b[39m');
  expect(shown).toContain('\x1b[32m+b\x1b[39m');
});
