import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/model/digest.ts';
import { agentUnit, parseUnit } from '../../src/model/names.ts';
import type { Action } from '../../src/model/plan.ts';
import { type Changes, planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { type SimulationStart, startOf } from '../../src/plan/simulate-start.ts';
import { runs, type World, world } from './arbitrary.ts';
import { seenAfter } from './hosts.ts';

const planOf = ({ desired, seen, adopt }: World): Changes => planChanges(desired, seen, { adopt });

test('the patch turns observed into desired, and is the one that others would write', () => {
  fc.assert(
    fc.property(world, (any) => {
      const { before, after, patch } = planOf(any);
      expect(patch).toEqual(jsonPatch.compare(before, after));
      const operations = patch.map(({ path, value }) => ({ op: 'replace' as const, path, value }));
      const { newDocument } = jsonPatch.applyPatch(structuredClone(before), operations, true);
      expect(newDocument).toEqual(after);
    }),
    runs,
  );
});

describe('carrying out the actions', () => {
  test('gives what is desired, at every place that the plan is about', () => {
    fc.assert(
      fc.property(world, (any) => {
        const plan = planOf(any);
        const { end } = judge(startOf(any.seen, any.desired), plan, any.desired);
        expect(placesOf(end, plan)).toEqual(wishesOf(plan));
      }),
      runs,
    );
  });

  test('leaves nothing to do but what was held back, and that not for long', () => {
    fc.assert(
      fc.property(world, (any) => {
        const first = planOf(any);
        const second = planOf(afterwards(any, first));
        const held = new Set(first.unknown.map(({ path }) => path.split('/').slice(0, 3).join('/')));
        const left = second.actions.filter(
          (action) => action.verb !== 'reload' && !placesAbout(action).some((path) => held.has(path)),
        );
        expect(left.map(({ id }) => id)).toEqual([]);
        const third = planOf(afterwards(afterwards(any, first), second));
        expect(planOf(afterwards(afterwards(afterwards(any, first), second), third)).actions).toEqual([]);
      }),
      runs,
    );
  });
});

/** The world once the plan was carried out. */
function afterwards(any: World, plan: Changes): World {
  const start = startOf(any.seen, any.desired);
  const { end } = judge(start, plan, any.desired);
  return { ...any, seen: seenAfter(any.seen, start, end, any.desired) };
}

function placesAbout({ kind, unit, target }: Action): readonly string[] {
  if (kind === 'file' && target !== null) return [`/files/${pointer(target)}`];
  return unit === null ? [] : [`/units/${pointer(unit)}`];
}

const pointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Units that systemd is bringing up have no session yet that one could count upon. */
function wishesOf({ after, waiting }: Changes): ReturnType<typeof placesOf> {
  const comingUp = new Set(waiting.map((unit) => parseUnit(unit)?.name));
  const sessions = Object.entries(after.sessions).filter(([name]) => !comingUp.has(name));
  return { ...after, sessions: Object.fromEntries(sessions) };
}

/** The end of the trial, looked at where the plan looks. */
function placesOf(end: SimulationStart, plan: Changes): Changes['after'] {
  const wishes = plan.after;
  const orphans = new Set([...end.orphans].map(([id, agent]) => `${agent}${id}`));
  const comingUp = new Set(plan.waiting.map((unit) => parseUnit(unit)?.name));
  const unit = (name: string) => {
    const { enabled = false, live: active = false, config = null } = end.units.get(name) ?? {};
    return { enabled, active, config };
  };
  const sessions = Object.keys(wishes.sessions).filter((name) => !comingUp.has(name));
  return {
    ...('linger' in wishes ? { linger: end.linger } : {}),
    files: Object.fromEntries(Object.keys(wishes.files).map((key) => [key, end.files.get(key) ?? null])),
    units: Object.fromEntries(
      Object.entries(wishes.units).map(([name, fields]) => [
        name,
        Object.fromEntries(Object.entries(unit(name)).filter(([field]) => field in fields)),
      ]),
    ),
    sessions: Object.fromEntries(
      sessions.map((name) => [name, end.units.get(agentUnit(name))?.session === true || orphans.has(name)]),
    ),
  };
}

test('the same inputs give the same bytes, whatever the order of their keys', () => {
  fc.assert(
    fc.property(world, (any) => {
      const { desired, seen, adopt } = any;
      const { files, units, sessions } = desired.state;
      const state = { ...desired.state, files: turned(files), units: turned(units), sessions: turned(sessions) };
      const other = { ...desired, agents: reversed(desired.agents), files: reversed(desired.files), state };
      const once = JSON.stringify(planOf(any));
      expect(JSON.stringify(planOf(any))).toBe(once);
      expect(JSON.stringify(planChanges(other, turnKeys(seen), { adopt }))).toBe(once);
      expect(canonicalJson(JSON.parse(once))).toBe(canonicalJson(planOf(any)));
    }),
    runs,
  );
});

const reversed = <K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> => new Map([...map].reverse());

const turned = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).reverse());

/** The same document with its keys in another order. */
const turnKeys = <T>(document: T): T =>
  JSON.parse(JSON.stringify(document), (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).reverse())
      : value,
  );
