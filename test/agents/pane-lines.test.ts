import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newLines } from '../../src/agents/pane-lines.ts';

/** What is told of screens that are seen one after another, the first of which is known. */
function told(...screens: readonly (readonly string[])[]): string[] {
  const news = newLines();
  const [first = [], ...more] = screens;
  news.begin(first);
  return more.flatMap((lines) => news.next(lines));
}

const twice = (lines: readonly string[]) => [lines, lines] as const;

test.each([
  ['what was there', [['a', 'b'], ...twice(['a', 'b'])], []],
  ['a line below', [['a'], ...twice(['a', 'b'])], ['b']],
  ['lines above a composer', [['a', '>'], ...twice(['a', 'b', 'c', '>'])], ['b', 'c']],
  ['the same line again', [['a'], ...twice(['a', 'a'])], ['a']],
  ['lines that push others out of the history', [['a', 'b', 'c'], ...twice(['b', 'c', 'd'])], ['d']],
  [
    'a clock',
    [
      ['a', '1'],
      ['a', '2'],
      ['a', '3'],
      ['a', '4'],
    ],
    [],
  ],
  [
    'a line beside a clock',
    [
      ['a', '1'],
      ['a', 'b', '2'],
      ['a', 'b', '3'],
    ],
    ['b'],
  ],
  ['a screen that was cleared', [['a', 'b'], ...twice([])], []],
  ['another screen', [['a'], ...twice(['x', 'y'])], ['x', 'y']],
])('%s', (_, screens, expected) => {
  expect(told(...screens)).toEqual(expected);
});

test('whatever is appended is told once, and in order', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 6 });
  fc.assert(
    fc.property(words, fc.array(words, { maxLength: 5 }), (first, appended) => {
      const screens = [0, ...appended.map((_, at) => at + 1)].map((count) => [...first, ...appended.slice(0, count).flat()]);
      expect(told(first, ...screens.flatMap(twice))).toEqual(appended.flat());
    }),
  );
});
