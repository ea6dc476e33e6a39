import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { countFindings, renderDiagnostics } from '../../src/views/diagnostics.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';

const file = 'rosters/coding.yaml';
const at = (line: number, column: number, endColumn?: number): Pick<Diagnostic, 'place'> => ({
  place: { file, line, column, ...(endColumn === undefined ? {} : { endColumn }) },
});
const finding = (more: Partial<Diagnostic>): Diagnostic => ({
  severity: 'error',
  code: 'roster/value',
  summary: 'what happened',
  ...more,
});

const text = 'version: 1\nagents:\n  - { name: boss, class: orchestrator }\n  - { name: muse, class: enhancer }\n';
const long = `args: [${'x'.repeat(150)}, wrong${'y'.repeat(100)}]`;

const stories: Readonly<Record<string, { readonly diagnostics: readonly Diagnostic[]; readonly text?: string }>> = {
  'in the middle, with why and what to do': {
    text,
    diagnostics: [finding({ ...at(3, 13, 17), detail: 'because of this', hint: 'do that' })],
  },
  'at the first line': { text, diagnostics: [finding(at(1, 1, 8))] },
  'at the last line': { text, diagnostics: [finding(at(4, 5, 9))] },
  'at a last line without its end': { text: text.trimEnd(), diagnostics: [finding(at(4, 5, 9))] },
  'at the empty line after the last': { text, diagnostics: [finding(at(5, 1))] },
  'beyond the text': { text, diagnostics: [finding(at(99, 1))] },
  'without an end': { text, diagnostics: [finding(at(2, 1))] },
  'over the end of its line': { text, diagnostics: [finding(at(2, 1, 999))] },
  'of each severity': {
    text,
    diagnostics: [
      finding(at(3, 13, 17)),
      finding({ ...at(4, 13, 17), severity: 'warning', code: 'prune/mass' }),
      finding({ severity: 'notice', code: 'floor/waived', summary: 'no place at all' }),
    ],
  },
  'in a file whose text is not at hand': { diagnostics: [finding({ ...at(3, 13, 17), hint: 'do that' })] },
  'behind tabs': { text: 'agents:\n\t- name:\tboss\n', diagnostics: [finding(at(2, 10, 14))] },
  'in a file of another system': { text: text.replaceAll('\n', '\r\n'), diagnostics: [finding(at(3, 13, 17))] },
  'behind wide and composed characters': { text: 'a: "日本 🦀 é" # x\n', diagnostics: [finding(at(1, 14, 15))] },
  'within a long line': { text: long, diagnostics: [finding(at(1, 8, 20))] },
  'beyond what is shown of a long line': { text: long, diagnostics: [finding(at(1, 200, 210))] },
  'across what is shown of a long line': { text: long, diagnostics: [finding(at(1, 150, 260))] },
  'among control characters and overrides': {
    text: 'a: "\x1b[31m\u202e\x07\u200b"\nb: x\n',
    diagnostics: [
      finding({
        ...at(1, 14, 15),
        summary: 'a \x1b[2J name\nof two lines',
        detail: '\u202eevil',
        hint: '\rdo',
        code: 'roster/type',
      }),
    ],
  },
};

test.each(Object.entries(stories))('a finding %s', (name, { diagnostics, text: source }) => {
  const sources = new Map(source === undefined ? [] : [[file, source]]);
  return expectGolden(renderDiagnostics(diagnostics, sources, plain), `finding-${name.replace(/[ ,]+/g, '-')}`);
});

test('findings in colours', () =>
  expectGolden(
    renderDiagnostics(stories['of each severity']?.diagnostics ?? [], new Map([[file, text]]), styleFor(true)),
    'findings-coloured',
  ));

describe('the caret', () => {
  const caretOf = (line: string, column: number, endColumn: number): readonly [string, string] => {
    const shown = renderDiagnostics([finding(at(1, column, endColumn))], new Map([[file, line]]), plain).split('\n');
    const [source = '', under = ''] = [shown[2], shown[3]];
    return [source.slice(source.indexOf('|') + 2), under.slice(under.indexOf('|') + 2)];
  };

  test.each([
    ['plain text', 'name: boss', 7, 11, 'boss'],
    ['behind a tab', '\tname: boss', 8, 12, 'boss'],
    ['a tab itself', 'a\tb', 2, 3, '  '],
    ['behind an escape sequence', 'a: \x1b boss', 6, 10, 'boss'],
    ['a hidden override', 'a: \u202eb', 4, 5, '\\u{202e}'],
  ])('stands below %s', (_, line, column, endColumn, marked) => {
    const [source, under] = caretOf(line, column, endColumn);
    const start = under.indexOf('^');
    expect(source.slice(start, start + under.trim().length)).toBe(marked);
    expect(under.trim()).toBe('^'.repeat(marked.length));
  });
});

test.each<readonly [string, readonly Diagnostic[]]>([
  ['', []],
  ['1 error', [finding({})]],
  [
    '2 errors, 1 warning, 1 notice',
    [finding({}), finding({ severity: 'notice' }), finding({ severity: 'warning' }), finding({})],
  ],
])('findings are counted: %j', (words, diagnostics) => {
  expect(countFindings(diagnostics)).toBe(words);
});

test('nothing is said of nothing', () => {
  expect(renderDiagnostics([], new Map(), plain)).toBe('');
});
