import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { presetNames } from '../../src/roster/presets.ts';
import { parse, preset } from './sample.ts';

const yamlish = fc
  .array(
    fc.constantFrom(
      'version: 1\n',
      'agents:\n',
      '  - name: a\n',
      '    runtime: pi\n',
      '- ',
      ': ',
      '&a ',
      '*a',
      '!!str ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|\n',
      '>\n',
      '#',
      '\t',
      '\r\n',
      '\n',
      '  ',
      '---\n',
      '...',
      '%',
      '?',
      ',',
      '<<',
      '~',
      'é',
      '\u0000',
      '\ud800',
      '😀',
      '__proto__',
      '0x1F',
      '1e999',
      '\\x',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

const mutated = fc
  .tuple(fc.constantFrom(...presetNames), fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.string({ maxLength: 6 })), { maxLength: 6 }))
  .map(([name, edits]) =>
    edits.reduce((text, [at, length, added]) => {
      const from = at % text.length;
      return text.slice(0, from) + added + text.slice(from + length);
    }, preset(name)),
  );

function expectSound(text: string): void {
  const { diagnostics, roster, masked } = parse(text);
  const lines = masked().split('\n');
  expect(roster === null).toBe(diagnostics.length > 0);
  for (const finding of diagnostics) expectPlace(finding, lines);
}

function expectPlace({ place, summary, hint = '' }: Diagnostic, lines: readonly string[]): void {
  const line = lines[(place?.line ?? 0) - 1];
  expect(line).toBeDefined();
  expect(place?.column).toBeGreaterThanOrEqual(1);
  expect(place?.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
  if (place?.endColumn !== undefined) {
    expect(place.endColumn).toBeGreaterThan(place.column);
    expect(place.endColumn).toBeLessThanOrEqual((line?.length ?? 0) + 1);
  }
  expect(`${summary}${hint}`).not.toMatch(/\p{Cc}/u);
}

describe('whatever the text, there is a roster or there are findings, each with a place in the text', () => {
  test('any text', () => fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectSound), { numRuns: 500 }));
  test('text made of what YAML is made of', () => fc.assert(fc.property(yamlish, expectSound), { numRuns: 1500 }));
  test('presets with holes and splinters', () => fc.assert(fc.property(mutated, expectSound), { numRuns: 500 }));
});
