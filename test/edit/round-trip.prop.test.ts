import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editRoster } from '../../src/edit/edit.ts';
import type { Entry } from '../../src/edit/entry.ts';
import { readYaml } from '../../src/roster/read-yaml.ts';
import { plainOf } from '../../src/roster/written.ts';
import { withoutMark } from '../../src/roster/yaml-reader.ts';
import { oddRosters } from './odd.ts';

const presets = new URL('../../rosters/presets/', import.meta.url);
const rosters: readonly (readonly [string, string])[] = [
  ...readdirSync(presets).map((name): [string, string] => [name, readFileSync(new URL(name, presets), 'utf8')]),
  ...Object.entries(oddRosters),
];

interface Said {
  readonly agents: readonly Readonly<Record<string, unknown>>[];
}

function said(text: string): Said {
  const { root, problems } = readYaml(withoutMark(text));
  expect(problems).toEqual([]);
  if (root === null) throw new Error('nothing was read');
  return JSON.parse(JSON.stringify(plainOf(root))) as Said;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom(
    'true',
    'no',
    '~',
    '1e3',
    '0x1',
    '- a',
    'a: b',
    'a #b',
    '',
    ' ',
    '*a',
    '&a',
    '!a',
    "it's",
    '"',
    '\\',
    '{',
    '[a]',
    '4G',
    ':',
    'a:',
  ),
);
const entry: fc.Arbitrary<Entry> = fc
  .record(
    {
      runtime: fc.constantFrom('pi', 'claude'),
      model_hint: text,
      persistent_persona: fc.boolean(),
      env: fc.dictionary(fc.constantFrom('A', 'B'), text, { minKeys: 1 }),
      resources: fc.record({ cpu_weight: fc.integer({ min: 1, max: 10_000 }) }),
    },
    { requiredKeys: ['runtime'] },
  )
  .map((more) => ({ name: 'coder9', ...more }));

describe.each(rosters)('%s', (_name, before) => {
  test('an agent that is added and removed again leaves no trace', () => {
    fc.assert(
      fc.property(entry, (added) => {
        const after = editRoster(before, { kind: 'add', entry: added });
        expect(said(after).agents).toEqual([...said(before).agents, JSON.parse(JSON.stringify(added))]);
        expect(editRoster(after, { kind: 'remove', agent: 'coder9' })).toBe(before);
      }),
      { numRuns: 25 },
    );
  });

  test('two that are added and removed in any order leave none either', () => {
    const two = ['x1', 'x2'].reduce((now, name) => editRoster(now, { kind: 'add', entry: { name, runtime: 'pi' } }), before);
    for (const order of [
      ['x1', 'x2'],
      ['x2', 'x1'],
    ]) {
      expect(order.reduce((now, agent) => editRoster(now, { kind: 'remove', agent }), two)).toBe(before);
    }
  });

  test.each(said(before).agents.map(({ name }) => String(name)))(
    '%s is removed, and every line that is not its own stays',
    (agent) => {
      if (/&one|&env/.test(before) && agent === 'a') return; // its own test
      const after = editRoster(before, { kind: 'remove', agent });
      expect(said(after).agents).toEqual(said(before).agents.filter(({ name }) => name !== agent));
      expect(isWithin(after.replace(' []', ''), before)).toBe(true);
    },
  );

  test.each(said(before).agents.map(({ name }) => String(name)))('keys of %s are set, changed and taken away', (agent) => {
    const set = (now: string, path: [string] | [string, string], value: string | number | null) =>
      editRoster(now, { kind: 'set', agent, settings: [{ path, value }] });
    const hinted = set(before, ['model_hint'], 'one');
    expect(set(set(hinted, ['model_hint'], 'two: #'), ['model_hint'], 'one')).toMatch(/one/);
    const limited = set(hinted, ['resources', 'tasks_max'], 7);
    const more = set(limited, ['resources', 'cpu_weight'], 8);
    const agents = said(more).agents;
    expect(agents.find(({ name }) => name === agent)).toMatchObject({
      model_hint: 'one',
      resources: { tasks_max: 7, cpu_weight: 8 },
    });
    const back = set(set(more, ['resources', 'cpu_weight'], null), ['resources', 'tasks_max'], null);
    expect(back).toBe(hinted);
    expect(said(set(hinted, ['model_hint'], null)).agents).toEqual(
      said(before).agents.map((one) => {
        const { model_hint: _, ...others } = one;
        return one.name === agent ? others : one;
      }),
    );
  });
});

/** Whether all characters of one text stand in the other, in their order. */
function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole) if (character === [...part.slice(at)][0]) at += character.length;
  return at === part.length;
}
