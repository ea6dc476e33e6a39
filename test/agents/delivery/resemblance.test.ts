import { describe, expect, test } from 'vitest';
import { occurrences, resemblance } from '../../../src/agents/delivery/resemblance.ts';

const long = Array.from({ length: 60 }, (_, line) => `line ${line} of what was typed`).join('\n');
const tail = (text: string): string => text.split('\n').slice(-12).join('\n');

describe('what stands in a composer', () => {
  test.each([
    ['', 'Look at issue 12.', 'empty'],
    [' \n ', 'Look at issue 12.', 'empty'],
    ['Look at issue 12.', 'Look at issue 12.', 'ours'],
    ['Look at\n  issue\u00a012.', 'Look at issue 12.', 'ours'],
    ['│ Look at issue 12. │', 'Look at issue 12.', 'ours'],
    ['naïve ﬁle', 'nai\u0308ve file', 'ours'],
    ['🦀🦀', '🦀🦀', 'ours'],
    ['日本語 テスト', '日本語テスト', 'ours'],
    ['привет _', 'привет \u{1e900}', 'ours'],
    [tail(long), long, 'ours'],
    ['Look at', 'Look at issue 12.', 'other'],
    ['a', 'Look at issue 12.', 'other'],
    ['something else', 'Look at issue 12.', 'other'],
    ['wait Look at issue 12.', 'Look at issue 12.', 'mixed'],
    ['Look at issue 12. no, not that', 'Look at issue 12.', 'mixed'],
    [`${tail(long)} no`, long, 'mixed'],
    ['x 🦀', '🦀', 'mixed'],
  ])('%j, where %j was typed: %s', (text, typed, kind) => {
    expect(resemblance({ text, folded: false }, typed)).toBe(kind);
  });

  test('under a label cannot be seen', () => {
    expect(resemblance({ text: '[Pasted text #1 +40 lines]', folded: true }, long)).toBe('ours');
  });
});

test.each([
  ['nothing', 0],
  ['> Look at\n  issue 12.\n● done\n> Look at issue 12.', 2],
  ['LOOK AT ISSUE 12', 0],
])('a text stands in %j %d times, wrapped or not', (history, count) => {
  expect(occurrences(history, 'Look at issue 12.')).toBe(count);
});
