import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configKeys } from '../../src/config/config-format.ts';
import { defaultConfig, defaultIntervalMs } from '../../src/config/defaults.ts';
import { parseDuration } from '../../src/config/durations.ts';
import { patternPhrases } from '../../src/config/patterns.ts';

interface Schema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}
const schema: Schema = JSON.parse(readFileSync(new URL('../../rosters/controller.schema.json', import.meta.url), 'utf8'));
const property = (...path: readonly string[]): Schema => path.reduce((part, key) => part.properties?.[key] ?? {}, schema);

function* parts(value: unknown): Generator<Schema> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Schema;
  for (const child of Object.values(value)) yield* parts(child);
}

test.each(Object.entries(configKeys))('the schema and the words said about it agree on the keys of block %j', (block, keys) => {
  expect(Object.keys((block === '' ? schema : property(block)).properties ?? {})).toEqual(keys);
});

test('and on every pattern', () => {
  const patterns = [...parts(schema)].flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : []));
  expect([...new Set(patterns)].sort()).toEqual(Object.keys(patternPhrases).sort());
});

test('every key says what it is for, and no block takes others', () => {
  for (const [block, keys] of Object.entries(configKeys)) {
    expect((block === '' ? schema : property(block)).additionalProperties).toBe(false);
    for (const key of keys) expect(property(...(block === '' ? [key] : [block, key])).description).toMatch(/^[A-Z].*\.$/);
  }
});

test('the defaults that it tells are those that count', () => {
  const told = (...path: readonly string[]) => property(...path).default;
  const length = (...path: readonly string[]) => parseDuration(String(told(...path)));
  expect({
    rosters: told('rosters'),
    worktree: told('worktree'),
    fastForwardOnly: told('fast_forward_only'),
    health: { deadlineMs: length('health', 'deadline'), stableMs: length('health', 'stable') },
    resyncMs: length('resync'),
    notes: told('notes'),
  }).toEqual({
    rosters: defaultConfig.rosters,
    worktree: defaultConfig.worktree,
    fastForwardOnly: defaultConfig.fastForwardOnly,
    health: defaultConfig.health,
    resyncMs: defaultConfig.resyncMs,
    notes: defaultConfig.notes,
  });
  expect(length('remote', 'interval')).toBe(defaultIntervalMs);
});
