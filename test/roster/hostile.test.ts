import { describe, expect, test } from 'vitest';
import { parse } from './sample.ts';

describe('hostile texts are refused without harm', () => {
  test('an alias bomb', () => {
    const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let row = 1; row < 12; row += 1)
      rows.push(
        `a${row}: &a${row} [${Array(9)
          .fill(`*a${row - 1}`)
          .join(', ')}]`,
      );
    expect(parse(`version: 1\n${rows.join('\n')}\nagents: []`).diagnostics).toMatchObject([
      { code: 'roster/aliases', summary: 'the aliases of this file expand to too many values' },
    ]);
  });

  test('more aliases than anybody needs', () => {
    expect(parse(`host: [&a x${', *a'.repeat(101)}]`).diagnostics).toMatchObject([
      { code: 'roster/aliases', summary: 'this file uses 101 aliases' },
    ]);
  });

  test('a file of two megabytes, and one that is larger in bytes than in characters', () => {
    const tooLarge = [{ code: 'roster/too-large', place: { line: 1, column: 1 } }];
    expect(parse('x'.repeat(2 ** 21)).diagnostics).toMatchObject(tooLarge);
    expect(parse('é'.repeat(600_000)).diagnostics).toMatchObject(tooLarge);
  });

  test.each([
    ['brackets', '['.repeat(50_000)],
    ['braces', '{a: '.repeat(50_000)],
    ['dashes', '- '.repeat(50_000)],
    ['question marks', '? '.repeat(50_000)],
    ['keys', 'a: '.repeat(50_000)],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
  ])('deep nesting by %s', (_what, text) => {
    expect(parse(text).diagnostics).toMatchObject([{ code: 'roster/syntax', summary: 'this file is nested too deeply' }]);
  });

  test('a file full of mistakes is told of a bounded number', () => {
    const { diagnostics } = parse(`version: 1\nagents:\n${'  - name: 4\n'.repeat(5000)}`);
    expect(diagnostics).toHaveLength(201);
    expect(diagnostics.at(-1)?.summary).toContain('are not shown');
  });

  test('more agents than a fleet can have are not judged one by one', () => {
    expect(parse(`version: 1\nagents:\n${'- {}\n'.repeat(10_001)}`).diagnostics).toMatchObject([
      { code: 'roster/too-large', summary: '10001 agents in one roster' },
    ]);
  });

  test('prototype keys are keys', () => {
    const { roster } = parse(
      'version: 1\nruntimes: { constructor: { command: x } }\nagents:\n  - { name: a, runtime: constructor, env: { __proto__: y, toString: z } }',
    );
    expect(Object.entries(roster?.agents[0]?.env ?? {})).toEqual([
      ['__proto__', 'y'],
      ['toString', 'z'],
    ]);
    expect(Object.keys(roster?.runtimes ?? {})).toEqual(['constructor']);
  });
});
