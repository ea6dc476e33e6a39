import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainYaml } from '../../src/roster/plain-yaml.ts';
import { presetNames } from '../../src/roster/presets.ts';
import { readYaml } from '../../src/roster/read-yaml.ts';
import type { Written } from '../../src/roster/written.ts';
import { preset } from './sample.ts';

/** Values with the places that anybody may see: of scalars, keys, and where blocks and lists begin. */
function seen(node: Written): unknown {
  if (node.kind === 'scalar') return [node.value, node.start, node.end];
  if (node.kind === 'list') return { start: node.start, items: node.items.map(seen) };
  return {
    start: node.start,
    entries: [...node.entries].map(([key, { key: at, value }]) => [key, at.start, at.end, seen(value)]),
  };
}

function expectAgreement(text: string): boolean {
  const plain = readPlainYaml(text);
  if (plain === null) return false;
  const { root, problems } = readYaml(text);
  expect(problems).toEqual([]);
  expect(root).not.toBeNull();
  if (root !== null) expect(seen(plain)).toEqual(seen(root));
  return true;
}

const words = [
  'a',
  'coder0',
  '~',
  '~/src',
  'null',
  'true',
  'False',
  'yes',
  '7',
  '0',
  '007',
  '-1',
  '1.5',
  '1e3',
  '0x1f',
  '.inf',
  '4G',
  '12:30',
  'a:b',
  'a b',
  'a #b',
  'a#b',
  "it's",
  '"q"',
  '"q#"',
  "'s'",
  "''",
  '""',
  "'a''b'",
  '"a\\nb"',
  '-x',
  '--m',
  '- x',
  '[a, b]',
  '[]',
  '{}',
  '{ k: v, l: [1, "x"] }',
  '{k: v}',
  '{ k : v }',
  '[a b]',
  '[a:, b]',
  '[a,]',
  '[,]',
  '{ k }',
  '{ a: b: c }',
  '&n x',
  '*n',
  '!t x',
  '|',
  '>',
  'gpt-5.5:high',
  '@x',
  '=',
  '+1',
  '5.',
  'é',
  'x,y',
  'k: v',
  'k:',
];
/** Values that rosters have. */
const roster = [
  'coder0',
  '~/src',
  'true',
  '7',
  '4G',
  '"q"',
  "'s'",
  '[a, "b"]',
  '{ k: v, l: [1, "x"] }',
  '[]',
  '{}',
  'gpt-5.5:high',
  '~',
];
const line = fc
  .tuple(
    fc.constantFrom(0, 0, 0, 0, 0, 1, 2, 2, 4),
    fc.constantFrom('', '', '', '- ', '-  '),
    fc.constantFrom(...'abcdefghij', 'k-1', '"k"', 'k k', '1', ''),
    fc.constantFrom(...words, ''),
    fc.constantFrom('', '', '', ' ', ' # note', ' #', '\r'),
  )
  .map(
    ([indent, item, key, value, end]) =>
      `${' '.repeat(indent)}${item}${key === '' ? value : `${key}:${value === '' ? '' : ` ${value}`}`}${end}`,
  );
const texts = fc
  .array(
    fc.oneof({ weight: 12, arbitrary: line }, { weight: 1, arbitrary: fc.constantFrom('', '  ', '# c', '   # c', '---', '\t') }),
    { maxLength: 8 },
  )
  .map((lines) => lines.join('\n'));

/** Lines of a block map, nested blocks indented, comments and empty lines between. */
const { block } = fc.letrec<{ block: string[]; entry: string[] }>((tie) => ({
  block: fc
    .array(fc.tuple(tie('entry'), fc.constantFrom([], [], [''], ['   # note'])), { minLength: 1, maxLength: 4 })
    .map((entries) => entries.flatMap(([[first = '', ...more], after], index) => [`k${index}:${first}`, ...more, ...after])),
  entry: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(fc.constantFrom(...roster), fc.constantFrom('', '', ' ', ' # note', '\r')).map(([word, end]) => [` ${word}${end}`]),
    tie('block').map((lines) => ['', ...lines.map((text) => `  ${text}`)]),
    fc
      .tuple(fc.constantFrom('', '  '), fc.array(tie('block'), { minLength: 1, maxLength: 3 }))
      .map(([indent, items]) => [
        '',
        ...items.flatMap((lines) => lines.map((text, index) => `${indent}${index === 0 ? '- ' : '  '}${text}`)),
      ]),
  ),
}));

describe('the quick reader says nothing, or what the full parser says', () => {
  test('on random lines', () =>
    fc.assert(
      fc.property(texts, (text) => void expectAgreement(text)),
      { numRuns: 4000 },
    ));

  test('on blocks such as rosters are made of, of which it reads nearly all', () => {
    const runs = 1000;
    let read = 0;
    fc.assert(
      fc.property(block, (lines) => {
        if (expectAgreement(lines.join('\n'))) read += 1;
      }),
      { numRuns: runs },
    );
    expect(read).toBeGreaterThan(runs * 0.8);
  });

  test('on one key with each kind of value', () => {
    for (const word of words) {
      for (const text of [
        `k: ${word}`,
        `k: ${word}\n`,
        `k: ${word} # c`,
        `l:\n  - ${word}\n  - x`,
        `f: { k: ${word} }`,
        `f: [${word}, ${word}]`,
        `${word}: k`,
      ])
        expectAgreement(text);
    }
  });

  test.each(presetNames)('preset %s is read quickly', (name) => {
    expect(expectAgreement(preset(name))).toBe(true);
  });
});
