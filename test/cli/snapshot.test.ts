import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../src/cli/refusal.ts';
import { isObservation, readSnapshot } from '../../src/cli/snapshot.ts';
import type { Observation } from '../../src/model/observation.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { statusOf } from '../../src/plan/status.ts';
import { runs, type World, world, worldOf } from '../plan/arbitrary.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const jsonOf = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const coding = { name: 'coding', agents: [{ name: 'boss', class: 'orchestrator' }] };
const { seen } = worldOf({ from: [coding], to: [coding] });

/** The same document with another value at one place; `undefined` takes the place out. */
function withValue(document: Json, [key, ...rest]: readonly string[], value: Json | undefined): Json {
  if (key === undefined || document === null || typeof document !== 'object') return value ?? null;
  const copy = structuredClone(document) as { [key: string]: Json };
  if (rest.length === 0 && value === undefined) delete copy[key];
  else copy[key] = withValue(copy[key] ?? null, rest, value);
  return copy;
}

const read = async (text: string): Promise<Observation> => {
  const file = join(mkdtempSync(join(tmpdir(), 'muster-snapshot-')), 'host.json');
  writeFileSync(file, text);
  return readSnapshot(file, 'host.json');
};

const refusalOf = async (snapshot: Json): Promise<unknown> => {
  const error: unknown = await read(JSON.stringify(snapshot)).catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.diagnostics.map(({ code, detail }) => ({ code, detail })) : error;
};

test('a snapshot is read as it was written', async () => {
  expect(await read(JSON.stringify(seen))).toEqual(seen);
});

test('one of an older version, without suspensions, is read too', async () => {
  const { suspensions, ...older } = seen;
  expect(await read(JSON.stringify(older))).toEqual(older);
});

const boss = 'mosaic-agent@boss.service';

describe('a snapshot is refused by the part that is wrong', () => {
  test.each<[part: string, path: readonly string[], value: Json | undefined]>([
    ['facts', ['facts', 'tenant'], 7],
    ['facts', ['facts', 'launcher'], 'muster'],
    ['linger', ['linger', 'value'], 'yes'],
    ['linger', ['linger'], { known: false }],
    ['files', ['files', 'value'], []],
    ['files', ['files', 'value', 'agents/boss.env'], null],
    ['files', ['files', 'value', 'agents/boss.env', 'ours'], undefined],
    ['units', ['units'], undefined],
    ['units', ['units', 'value'], undefined],
    ['units', ['units', 'value', boss], 'active'],
    ['units', ['units', 'value', boss, 'enablement'], undefined],
    ['units', ['units', 'value', boss, 'ownFile'], false],
    ['tmux', ['tmux', 'value', 'sessions'], {}],
    ['tmux', ['tmux', 'value', 'sessions'], [null]],
    ['records', ['records', 'value', boss], {}],
    ['completed', ['completed', 'value'], { boss: 1 }],
    ['programs', ['programs', 'value'], { boss: {} }],
    ['admitted', ['admitted', 'value'], { revision: null }],
    ['admitted', ['admitted', 'value', 'state', 'units', boss], null],
    ['admitted', ['admitted', 'value', 'fleets'], { coding: 'boss' }],
    ['suspensions', ['suspensions'], { known: true, value: [{ kind: 'host' }] }],
  ])('%s, at %j: %j', async (part, path, value) => {
    expect(await refusalOf(withValue(jsonOf(seen), path, value))).toEqual([
      { code: 'snapshot/format', detail: `Missing or of another shape: ${part}.` },
    ]);
  });
});

test('whatever stands in a snapshot, it is refused or planned against', () => {
  const damage = fc.record({ turns: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), value: fc.jsonValue({ maxDepth: 1 }) });
  fc.assert(
    fc.property(world, damage, (any, { turns, value }) => {
      const before = jsonOf(any.seen);
      const snapshot: unknown = withValue(before, placeIn(before, turns), jsonOf(value));
      if (isObservation(snapshot)) planAgainst(snapshot, any);
    }),
    runs,
  );
});

/** Some place in a document: at each level the turn picks the key. */
function placeIn(document: Json, [turn, ...turns]: readonly number[]): string[] {
  const keys = document !== null && typeof document === 'object' ? Object.keys(document) : [];
  const key = turn === undefined ? undefined : keys[turn % Math.max(keys.length, 1)];
  if (key === undefined) return [];
  return [key, ...placeIn((document as { [key: string]: Json })[key] ?? null, turns)];
}

function planAgainst(observation: Observation, { desired, adopt }: World): void {
  const plan = planChanges(desired, observation, { adopt });
  judge(startOf(observation, desired), plan, desired);
  statusOf(desired, observation, {});
}
