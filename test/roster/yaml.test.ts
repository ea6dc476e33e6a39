import { describe, expect, test } from 'vitest';
import { parse, rosterWith, told } from './sample.ts';

describe('text that is no good YAML', () => {
  test.each([
    ['', 'roster/syntax 1:1 this file has no roster in it'],
    ['# nothing yet\n', 'roster/syntax 1:1 this file has no roster in it'],
    ['agents:\n\t- name: a', 'roster/syntax 2:1 a tab is used for indentation'],
    ['fleet: "coding', 'roster/syntax 1:15 a quote is not closed'],
    ['tmux: { a: 1', 'roster/syntax 1:13 a brace is not closed'],
    ['host: [a', 'roster/syntax 1:9 a bracket is not closed'],
    ['host: [a b: c: d]', 'roster/syntax 1:13 a block stands inside braces or brackets'],
    ['host: ["a" "b"]', 'roster/syntax 1:12 a comma or a colon is missing between two items'],
    ['version: 1\n  fleet: x', 'roster/syntax 1:10 a block stands on the same line as its key'],
    ['version: 1\nfleet', 'roster/syntax 2:1 a key has no colon after it'],
    ['fleet: @x', 'roster/syntax 1:8 a plain text cannot start with this character'],
    ['fleet: !!js/function x', 'roster/syntax 1:8 tags are not read here'],
    ['fleet: !secret x', 'roster/syntax 1:8 tags are not read here'],
    ['fleet: a\nfleet: b', 'roster/syntax 2:1 the key "fleet" is written twice in one block'],
    ['version: 1\n---\nversion: 1', 'roster/syntax 2:1 this file has more than one document'],
    ['fleet: a\u0007', 'roster/syntax 1:9 an invisible character (U+0007) that YAML does not allow'],
    ['fleet: a # \u202e', 'roster/syntax 1:12 an invisible character (U+202E) that YAML does not allow'],
    ['host: *gpu', 'roster/aliases 1:7 an alias names no anchor before it'],
    ['tmux: &a { b: *a }', 'roster/aliases 1:15 an alias stands inside the value that it repeats'],
    ['[a]: b', 'roster/type 1:1 expected a key, found a block, list or alias'],
    ['just words', 'roster/type 1:1 the roster: expected a block of keys, found text "just words"'],
  ])('%j', (text, first) => {
    const findings = told(text);
    expect(findings[0]).toBe(first);
    expect(parse(text).roster).toBeNull();
  });
});

describe('unusual YAML that is right', () => {
  test.each([
    ['a byte order mark', `\uFEFF${rosterWith()}`],
    ['Windows line ends', rosterWith('profile: coding').replaceAll('\n', '\r\n')],
    ['a document mark', `---\n${rosterWith()}...\n`],
    ['tabs between words', rosterWith('profile:\tcoding')],
    [
      'an anchor and its alias',
      rosterWith('defaults: { working_directory: &d ~/src }\nruntimes: { mine: { command: x, args: [*d] } }'),
    ],
    ['folded and literal texts', rosterWith('profile: >-\n  coding\n')],
    ['quoted keys', rosterWith('"profile": \'coding\'')],
    ['JSON', JSON.stringify({ version: 1, agents: [{ name: 'a', runtime: 'pi' }] })],
    ['a list in the column of its key', 'version: 1\nagents:\n- name: a\n  runtime: pi\n'],
  ])('%s', (_what, text) => {
    expect(told(text)).toEqual([]);
    expect(parse(text).roster?.agents.length).toBeGreaterThan(0);
  });

  test('a byte order mark does not move places', () => {
    expect(told(`\uFEFFversion: 3\nagents: []`)).toEqual([
      'roster/version 1:10 version: expected the number 1, found the number 3',
    ]);
  });

  test('a merge key is a key like any other', () => {
    expect(told(rosterWith('tmux: { <<: { socket_name: x } }'))).toEqual(['roster/unknown-key 2:9 unknown key "<<" in tmux']);
  });
});
