import { expect, test } from 'vitest';
import { missingIn, typedIn } from './transcript.ts';

const block = { language: 'console', text: '$ one\na\n…\nc\n$ two\n', sections: [], line: 1 };

test('commands have what is shown below them', () => {
  expect(typedIn(block)).toEqual([
    { command: 'one', shown: ['a', '…', 'c'] },
    { command: 'two', shown: [] },
  ]);
});

test.each<[string[], string, string[]]>([
  [['a', '…', 'c'], 'a\nb\nc\n', []],
  [['a', 'c'], 'a\nb\nc\n', ['c']],
  [['…', 'c', 'd'], 'a\nc\n', ['d']],
  [['a'], 'b\na\n', ['a']],
  [['at 12:00:01 after 3s: 0123456789ab'], 'at 13:30:00 after 12s: ba9876543210\n', []],
  [['3 of 3 live'], '2 of 3 live\n', ['3 of 3 live']],
])('%j of %j lacks %j', (shown, output, missing) => {
  expect(missingIn(shown, output)).toEqual(missing);
});
