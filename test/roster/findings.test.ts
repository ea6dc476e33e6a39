import { describe, expect, test } from 'vitest';
import { parse, rosterWith, told } from './sample.ts';

describe('a roster with mistakes is told of all of them, each at its place', () => {
  test('everything at once', () => {
    const text = `version: 1
flet: x
agents:
  - name: Coder
    runtime: pi
    clas: 4
    enabled: yes
    resources: { cpu_weight: 4x, tasks_max: 0 }
`;
    expect(told(text).sort()).toEqual([
      'roster/type 7:14 enabled: expected true or false, found text "yes"',
      'roster/type 8:30 cpu_weight: expected a whole number, found text "4x"',
      'roster/unknown-key 2:1 unknown key "flet"',
      'roster/unknown-key 6:5 unknown key "clas" of an agent',
      'roster/value 4:11 name: text "Coder" is not allowed',
      'roster/value 8:45 tasks_max: the number 0 is not allowed',
    ]);
  });

  test.each([
    ['version: "1"', 'roster/version', 'version: expected the number 1, found text "1"', 'write `version: 1`, without quotes'],
    [
      'version: 2\nnovelty: 1',
      'roster/version',
      'version: expected the number 1, found the number 2',
      'this version of Muster reads rosters of `version: 1`',
    ],
  ])('%j is another version, and nothing else is said', (head, code, summary, hint) => {
    const { diagnostics } = parse(`${head}\nagents: []`);
    expect(diagnostics).toMatchObject([{ code, summary, hint, place: { line: 1, column: 10 } }]);
  });

  test.each([
    ['agent: []', 'roster/unknown-key', 'unknown key "agent"', 'did you mean `agents`?'],
    ['command: pi', 'roster/unknown-key', 'unknown key "command"', '"command" belongs to `runtimes.NAME`'],
    [
      'zzzzzzzzz: 1',
      'roster/unknown-key',
      'unknown key "zzzzzzzzz"',
      'known here: `version`, `fleet`, `profile`, `host`, `tenant`, `transport`, `tmux`, `defaults`, `runtimes`, `connector`, `agents`',
    ],
    ['__proto__: { version: 1 }', 'roster/unknown-key', 'unknown key "__proto__"', undefined],
    ['tmux: { socket: x }', 'roster/unknown-key', 'unknown key "socket" in tmux', undefined],
    [
      'defaults: { model_hint: x }',
      'roster/unknown-key',
      'unknown key "model_hint" in defaults',
      '"model_hint" belongs to `agents[…]`',
    ],
    ['fleet: 7', 'roster/type', 'fleet: expected text, found the number 7', 'put it in quotes: "7"'],
    ['fleet: 007', 'roster/type', 'fleet: expected text, found the number 007', 'put it in quotes: "007"'],
    ['fleet: true', 'roster/type', 'fleet: expected text, found true', 'put it in quotes: "true"'],
    ['fleet:', 'roster/type', 'fleet: expected text, found nothing', 'give it a value, or leave the key out'],
    ['fleet: [a]', 'roster/type', 'fleet: expected text, found a list', undefined],
    ['fleet: ../x', 'roster/value', 'fleet: text "../x" is not allowed', undefined],
    ['fleet: "a%b"', 'roster/value', 'fleet: text "a%b" is not allowed', undefined],
    ['fleet: "a:b"', 'roster/value', 'fleet: text "a:b" is not allowed', undefined],
    ['fleet: "$(reboot)"', 'roster/value', 'fleet: text "$(reboot)" is not allowed', undefined],
    ['fleet: "a\\nb"', 'roster/value', 'fleet: text "a\\nb" is not allowed', undefined],
    ['fleet: "\\e[31mred"', 'roster/value', 'fleet: text "\\u001b[31mred" is not allowed', undefined],
    ['host: []', 'roster/value', 'host: a list is not allowed', 'expected at least 1 item'],
    ['host: [a, 3]', 'roster/type', 'host[1]: expected text, found the number 3', 'put it in quotes: "3"'],
    ['host: "a b"', 'roster/value', 'host: text "a b" is not allowed', 'expected a host name, or one with the globs * and ?'],
    ['transport: screen', 'roster/value', 'transport: expected `tmux`, found text "screen"', undefined],
    ['tmux: { socket_name: "../x" }', 'roster/value', 'socket_name: text "../x" is not allowed', undefined],
    [
      'defaults: { working_directory: src }',
      'roster/value',
      'working_directory: text "src" is not allowed',
      'expected `~`, `~/…` or an absolute path',
    ],
    ['runtimes: { Big: { command: x } }', 'roster/value', '"Big" cannot be the name of a runtime', undefined],
    ['runtimes: { mine: {} }', 'roster/missing-key', 'the runtime "mine" has no command', 'add `command:`, the program to run'],
    ['runtimes: { mine: { command: pi --fast } }', 'roster/value', 'command: text "pi --fast" is not allowed', undefined],
    ['runtimes: { mine: { command: x, args: --fast } }', 'roster/type', 'args: expected a list, found text "--fast"', undefined],
    [
      'runtimes: { mine: { command: x, env: { "a b": c } } }',
      'roster/value',
      '"a b" cannot be the name of a variable',
      undefined,
    ],
    ['runtimes: { mine: { command: x, env: { A: "b\\nc" } } }', 'roster/value', 'A: text "b\\nc" is not allowed', undefined],
    ['connector: {}', 'roster/missing-key', 'the key `kind` is missing in connector', undefined],
    ['connector: { kind: matrix }', 'connector/operators', 'the matrix connector names no operators', undefined],
    [
      'connector: { kind: tmux, matrix: {} }',
      'connector/shape',
      'a `matrix` block in a connector of kind "tmux"',
      'take the block out, or change the kind',
    ],
    [
      'connector: { kind: tmux, martix: {} }',
      'roster/unknown-key',
      'unknown key "martix" in connector',
      'did you mean `matrix`?',
    ],
  ])('%s', (lines, code, summary, hint) => {
    const { diagnostics, roster } = parse(rosterWith(lines));
    expect(roster).toBeNull();
    expect(diagnostics.map((finding) => finding.summary)).toEqual([summary]);
    expect(diagnostics).toMatchObject([hint === undefined ? { code } : { code, hint }]);
  });

  test.each([
    ['{ name: a }', 'roster/missing-key', 'agent "a" has no runtime'],
    ['{ runtime: pi }', 'roster/missing-key', 'the key `name` is missing of an agent'],
    ['{ name: a, runtime: pi, state: runing }', 'roster/value', 'state: expected `running` or `stopped`, found text "runing"'],
    ['{ name: a, runtime: pi, model_hint: "gpt 5" }', 'roster/value', 'model_hint: text "gpt 5" is not allowed'],
    ['{ name: a, runtime: pi, env: { A: 1 } }', 'roster/type', 'A: expected text, found the number 1'],
    ['{ name: a, runtime: pi, env: [A] }', 'roster/type', 'env: expected a block of keys, found a list'],
    [
      '{ name: a, runtime: pi, resources: { cpu_weight: "10" } }',
      'roster/type',
      'cpu_weight: expected a whole number, found text "10"',
    ],
    ['{ name: a, runtime: pi, resources: { cpu_weight: 10001 } }', 'roster/value', 'cpu_weight: the number 10001 is not allowed'],
    ['{ name: a, runtime: pi, resources: { memory_max: 4GB } }', 'roster/value', 'memory_max: text "4GB" is not allowed'],
  ])('an agent %s', (agent, code, summary) => {
    expect(parse(rosterWith('', `  - ${agent}`)).diagnostics.map((finding) => [finding.code, finding.summary])).toEqual([
      [code, summary],
    ]);
  });

  test('what cannot be the name of a fleet asks for one', () => {
    expect(told(rosterWith(), 'rosters/My Fleet.yaml')).toEqual([
      'roster/missing-key 1:1 this file\'s name gives no fleet name: "My Fleet" is not one',
    ]);
  });

  test('a value that looks like a credential is not repeated, neither in words nor in the source', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    const text = `${rosterWith(`fleet: ${token}`)}    # was ${token}\n`;
    const { diagnostics, masked, suspects } = parse(text);
    expect(suspects).toMatchObject([{ looksLike: 'a GitHub token', place: { line: 2, column: 8 } }]);
    expect(diagnostics).toHaveLength(1);
    expect(JSON.stringify({ diagnostics, source: masked(), suspects })).not.toContain(token);
    expect(masked()).toHaveLength(text.length);
  });
});
