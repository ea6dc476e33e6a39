import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { namePattern } from '../../src/model/names.ts';
import { knownKeys } from '../../src/roster/keys.ts';
import { patternPhrases } from '../../src/roster/patterns.ts';
import { shipped } from './sample.ts';

type Schema = { readonly [key: string]: unknown };
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const schema: unknown = JSON.parse(readFileSync(shipped('roster.schema.json'), 'utf8'));

/** Every object below, with the path to it. */
function* walk(value: unknown, path = ''): Generator<readonly [string, Schema]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* walk(item, `${path}/${index}`);
  if (!isSchema(value)) return;
  yield [path, value];
  for (const [key, child] of Object.entries(value)) yield* walk(child, `${path}/${key}`);
}

const all = [...walk(schema)];
const at = (path: string): Schema => all.find(([where]) => where === path)?.[1] ?? {};
const keysAt = (path: string): string[] => Object.keys(at(`${path}/properties`));

describe('the published schema and the words said about it agree', () => {
  test.each([
    ['', ''],
    ['tmux', '/properties/tmux'],
    ['defaults', '/properties/defaults'],
    ['runtimes.*', '/$defs/runtime'],
    ['connector', '/properties/connector'],
    ['agents.*', '/$defs/agent'],
    ['agents.*.resources', '/$defs/resources'],
  ])('on the keys of block %j', (block, path) => {
    expect(knownKeys[block]).toEqual(keysAt(path));
  });

  test('on every pattern', () => {
    const patterns = all.flatMap(([, part]) => (typeof part.pattern === 'string' ? [part.pattern] : []));
    expect([...new Set(patterns)].sort()).toEqual(Object.keys(patternPhrases).sort());
    expect(patterns).toContain(namePattern);
  });

  test('on what a block may hold: nothing unknown but in connector settings and free names', () => {
    const open = all.filter(([, part]) => part.type === 'object' && part.additionalProperties !== false).map(([path]) => path);
    expect(open).toEqual([
      '/properties/runtimes',
      '/$defs/environment',
      '/$defs/tmuxSettings',
      '/$defs/matrixSettings',
      '/$defs/discordSettings',
    ]);
  });

  test('every key says what it is for', () => {
    const silent = all.filter(
      ([path, part]) => /\/properties\/\w+$/.test(path) && !path.includes('/allOf/') && !part.description && !part.$ref,
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });
});
