import fc from 'fast-check';
import { expect, test } from 'vitest';
import { known, unknown } from '../../src/model/known.ts';
import { agentUnit, ownerOf } from '../../src/model/names.ts';
import type { Action } from '../../src/model/plan.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { blind, runs, type World, world } from './arbitrary.ts';

const actionsOf = ({ desired, seen, adopt }: World): readonly Action[] => planChanges(desired, seen, { adopt }).actions;
const idsWhere = (any: World, where: (action: Action) => boolean): string[] =>
  actionsOf(any)
    .filter(where)
    .map(({ id }) => id);

const without = (any: World, source: 'units' | 'tmux' | 'files'): World => ({ ...any, seen: blind(any.seen, [source]) });

const takesAway = ({ verb }: Action): boolean => ['stop', 'disable', 'remove', 'kill-session', 'restart'].includes(verb);

test('where units could not be read, no unit is touched', () => {
  fc.assert(
    fc.property(world, (any) => {
      expect(idsWhere(without(any, 'units'), ({ unit, verb }) => unit !== null || verb === 'kill-session')).toEqual([]);
    }),
    runs,
  );
});

test('where sessions could not be read, none is killed and no agent is restarted for the lack of one', () => {
  fc.assert(
    fc.property(world, (any) => {
      expect(
        idsWhere(without(any, 'tmux'), ({ verb, reason }) => verb === 'kill-session' || reason === 'session-missing'),
      ).toEqual([]);
    }),
    runs,
  );
});

test('where files could not be read, none is written or removed', () => {
  fc.assert(
    fc.property(world, (any) => {
      expect(idsWhere(without(any, 'files'), ({ kind }) => kind === 'file')).toEqual([]);
    }),
    runs,
  );
});

test('what was not read takes nothing away that would stay if it had been', () => {
  fc.assert(
    fc.property(world, (any) => {
      // Programs are looked for so that nothing is ended in vain; not having looked is no reason to do nothing at all.
      const informed = planChanges(any.desired, { ...any.truth, programs: any.seen.programs }, { adopt: any.adopt });
      const known = new Set(informed.actions.map(({ id }) => id));
      const isNews = ({ id, verb, unit }: Action): boolean =>
        !known.has(id) && !(verb === 'restart' && known.has(`stop ${unit}`));
      expect(idsWhere(any, (action) => takesAway(action) && isNews(action))).toEqual([]);
    }),
    runs,
  );
});

test('a session without our tag is never killed', () => {
  fc.assert(
    fc.property(world, (any) => {
      const { tmux } = any.truth;
      const foreign = new Set(tmux.known ? tmux.value.sessions.filter(({ agent }) => agent === '').map(({ id }) => id) : []);
      expect(idsWhere(any, ({ verb, target }) => verb === 'kill-session' && foreign.has(target ?? ''))).toEqual([]);
    }),
    runs,
  );
});

test('a masked unit, and one with a unit file of its own, are left alone', () => {
  fc.assert(
    fc.property(world, (any) => {
      const units = any.truth.units.known ? any.truth.units.value : {};
      const fixed = (unit: string): boolean =>
        units[unit]?.enablement.startsWith('masked') === true || units[unit]?.ownFile !== undefined;
      expect(idsWhere(any, ({ unit }) => unit !== null && fixed(unit))).toEqual([]);
    }),
    runs,
  );
});

test('a file without our marker is neither written nor removed, unless it is to be taken over', () => {
  fc.assert(
    fc.property(world, (any) => {
      const files = any.truth.files.known ? any.truth.files.value : {};
      const foreign = (key: string): boolean => files[key]?.ours === false;
      const touched = idsWhere(any, ({ target, verb }) => foreign(target ?? '') && (verb === 'remove' || !any.adopt));
      expect(touched).toEqual([]);
    }),
    runs,
  );
});

test('what is suspended is neither brought up nor ended, and its own files stay', () => {
  fc.assert(
    fc.property(world, (any) => {
      const { suspensions, tmux, records, units } = any.seen;
      if (suspensions?.known !== true || suspensions.value.length === 0) return;
      const has = (kind: string, name: string): boolean =>
        suspensions.value.some((one) => one.kind === kind && one.name === name);
      const fleetNow = (name: string): string | undefined => {
        const unit = agentUnit(name);
        const record = records.known ? records.value[unit] : undefined;
        const run = units.known ? units.value[unit]?.invocation : undefined;
        return record?.invocation === run ? record?.fleet : undefined;
      };
      const isFixed = (name: string): boolean =>
        has('agent', name) || has('fleet', any.desired.agents.get(name)?.fleet ?? '') || has('fleet', fleetNow(name) ?? '');
      const sessions = tmux.known ? tmux.value.sessions : [];
      const agentOf = ({ verb, target, name }: Action): string | null =>
        verb === 'kill-session' ? (sessions.find(({ id }) => id === target)?.agent ?? null) : (ownerOf(target ?? '') ?? name);
      const touched = idsWhere(any, (action) =>
        action.kind === 'connector' ? has('fleet', action.name ?? '') : isFixed(agentOf(action) ?? ''),
      );
      expect(touched).toEqual([]);
    }),
    runs,
  );
});

test('where nobody knows what is suspended, no agent is touched', () => {
  fc.assert(
    fc.property(world, (any) => {
      const seen = { ...any.seen, suspensions: unknown('it could not be read') };
      expect(idsWhere({ ...any, seen }, ({ kind }) => ['agent', 'connector', 'session'].includes(kind))).toEqual([]);
    }),
    runs,
  );
});

test('until a revision is recorded nothing is pruned', () => {
  fc.assert(
    fc.property(world, (any) => {
      const rostered = new Set([...any.desired.agents.values()].flatMap(({ files }) => files));
      const prunes = ({ verb, target, unit }: Action): boolean =>
        verb === 'remove' ? !rostered.has(target ?? '') : verb === 'stop' && any.desired.state.units[unit ?? ''] === undefined;
      expect(idsWhere({ ...any, seen: { ...any.seen, admitted: known(null) }, adopt: false }, prunes)).toEqual([]);
    }),
    runs,
  );
});
