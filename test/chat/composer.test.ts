import { describe, expect, test } from 'vitest';
import { entered } from '../../src/chat/command.ts';
import { type Draft, edited, inserted, longestDraft, noDraft } from '../../src/chat/composer.ts';
import type { ChatKey } from '../../src/chat/keys.ts';

/** The cursor is a bar. */
const draft = (text: string): Draft => ({ text: text.replace('|', ''), at: text.indexOf('|') });
const shown = ({ text, at }: Draft): string => `${text.slice(0, at)}|${text.slice(at)}`;

describe('a draft', () => {
  test.each<[before: string, key: ChatKey, after: string]>([
    ['ab|c', 'backspace', 'a|c'],
    ['|a', 'backspace', '|a'],
    ['a👨‍👩‍👧|', 'backspace', 'a|'],
    ['e\u0301|x', 'left', '|e\u0301x'],
    ['a|bc', 'delete', 'a|c'],
    ['one two |', 'kill-word', 'one |'],
    ['one\ntwo th|ree', 'kill-line', 'one\n|ree'],
    ['o|ne\ntwo', 'kill-end', 'o|\ntwo'],
    ['one\nt|wo', 'home', 'one\n|two'],
    ['one|\ntwo', 'end', 'one|\ntwo'],
    ['one\ntw|o', 'up', 'on|e\ntwo'],
    ['longer|\nab', 'down', 'longer\nab|'],
    ['a|b', 'up', '|ab'],
    ['a|b', 'down', 'ab|'],
    ['one |two', 'word-right', 'one two|'],
    ['a|b', 'new-line', 'a\n|b'],
    ['a|b', 'page-up', 'a|b'],
  ])('%j, %s: %j', (before, key, after) => {
    expect(shown(edited(draft(before), key))).toBe(after);
  });

  test('takes a paste without what steers a terminal', () => {
    expect(shown(inserted(draft('a|b'), 'x\r\ny\tz\x1b[31m\x07'))).toBe('ax\ny    z[31m|b');
  });

  test('does not grow for ever', () => {
    expect(inserted(noDraft, 'x'.repeat(longestDraft + 5)).text).toHaveLength(longestDraft);
  });
});

describe('what is entered', () => {
  test.each([
    ['Go on.', { kind: 'say', text: 'Go on.' }],
    ['  \n ', { kind: 'nothing' }],
    ['/new Release 2', { kind: 'new-thread', title: 'Release 2' }],
    ['/main', { kind: 'thread', index: 0 }],
    ['/thread 3', { kind: 'thread', index: 3 }],
    ['/quit', { kind: 'leave' }],
    ['//clear', { kind: 'say', text: '/clear' }],
    ['/etc/hosts is wrong', { kind: 'say', text: '/etc/hosts is wrong' }],
    ['/clear\nall', { kind: 'say', text: '/clear\nall' }],
    ['!status', { kind: 'say', text: '!status' }],
  ])('%j', (text, expected) => {
    expect(entered(text)).toEqual(expected);
  });

  test.each(['/clear', '/new', '/thread x'])('%j is said to nobody', (text) => {
    expect(entered(text).kind).toBe('notice');
  });
});
