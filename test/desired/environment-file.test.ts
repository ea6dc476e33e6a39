import { expect, test } from 'vitest';
import { readEnvironmentFile } from './environment-file.ts';

/** The rules of systemd.exec(5), one a row: the reader that the other tests trust. */
test.each([
  ['comments and what is no assignment', '# A="1"\n; B="2"\n\nnothing\nC="3"\n', { C: '3' }],
  ['an unquoted value, without the blanks around it', 'A= \t b  c \t\nB=2', { A: 'b  c', B: '2' }],
  ['quotes within an unquoted value', `A=a"b'c\n`, { A: `a"b'c` }],
  ['a backslash in an unquoted value', 'A=a\\b\\\\c\\\nd\n', { A: 'ab\\cd' }],
  ['single quotes', `A='a"\\$b\nc'\n`, { A: 'a"\\$b\nc' }],
  ['double quotes', 'A="a\\"\\\\\\`\\$\\n\\\nb"\n', { A: 'a"\\`$\\nb' }],
  ['blanks outside of the quotes', 'A= "a " \nB="b"\n', { A: 'a ', B: 'b' }],
  ['the last of two', 'A="1"\nA="2"\n', { A: '2' }],
])('reads %s', (_, text, values) => {
  expect(readEnvironmentFile(text)).toEqual(values);
});

test.each(['A="no end\n', 'A="one" two\n', 'A="\uFDD0"\n', 'A="\0"\n'])('rejects %j', (text) => {
  expect(() => readEnvironmentFile(text)).toThrow();
});
