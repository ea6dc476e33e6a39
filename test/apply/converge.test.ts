import { describe, expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import type { FakeHost } from '../fakes/host.ts';
import { apply, carryOutOn, desiredOf, hostRunning, living, planFor, small } from './scenes.ts';

const before = desiredOf({ coding: small });
const after = desiredOf({ coding: { ...small, coder1: 'implementer' } });
const coder0 = agentUnit('coder0');

describe('units that systemd is bringing up by itself', () => {
  test('are waited for until they are up', async () => {
    const host = await hostRunning(before);
    const prepared = await planFor(host, after);
    host.machine.killPane('coder0');
    let asked = 0;
    const now = (): number => {
      asked += 1;
      if (asked === 3) host.machine.settle();
      return asked;
    };
    const { waiting, left } = await carryOutOn(host, after, prepared, { settleMs: 1000, now });
    expect({ waiting, left }).toEqual({ waiting: [], left: [] });
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(living(host)).toEqual(['boss', 'coder0', 'coder1', 'muse']);
  });

  test('are reported when the deadline comes first', async () => {
    const host = await hostRunning(before);
    const prepared = await planFor(host, after);
    host.machine.killPane('coder0');
    let time = 0;
    const now = (): number => {
      time += 400;
      return time;
    };
    const { waiting, left } = await carryOutOn(host, after, prepared, { settleMs: 1000, now });
    expect({ waiting, left }).toEqual({ waiting: [coder0], left: [] });
    expect(time).toBe(400 + 3 * 400);
  });

  test('are not waited for once the run was interrupted', async () => {
    const host = await hostRunning(before);
    const prepared = await planFor(host, after);
    host.machine.killPane('coder0');
    const { waiting, results } = await carryOutOn(host, after, prepared, { settleMs: 1e9, signal: AbortSignal.abort() });
    expect(waiting).toEqual([coder0]);
    expect(results.every(({ outcome }) => outcome === 'not-run')).toBe(true);
  });
});

describe('what is left', () => {
  test('is nothing after a run that went well', async () => {
    const host = await hostRunning(before);
    expect((await apply(host, after)).left).toEqual([]);
  });

  test('is what the host says, not what the calls said: a lost answer may have been done', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'start', target: agentUnit('coder1'), answer: 'lost', done: true });
    const { results, left } = await apply(host, after);
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ action }) => action.id)).toEqual([
      `start ${agentUnit('coder1')}`,
    ]);
    expect(left).toEqual([]);
  });

  test('is what failed', async () => {
    const host = await hostRunning(before);
    host.machine.breaking.add(agentUnit('coder1'));
    const { left, observation } = await apply(host, after);
    expect(left.map(({ id }) => id)).toEqual([`reset-failed ${agentUnit('coder1')}`, `start ${agentUnit('coder1')}`]);
    expect(observation.units.known && observation.units.value[agentUnit('coder1')]?.active).toBe('failed');
  });
});

describe('what changes while a plan is carried out', () => {
  const coder1 = agentUnit('coder1');
  const startsOf = (host: FakeHost, unit: string): number =>
    host.journal.filter(({ deed, target }) => deed === 'start' && target === unit).length;

  test('is planned anew: an agent that ended meanwhile is started in the same run', async () => {
    const host = await hostRunning(before);
    const earlier = startsOf(host, coder0);
    host.onWrite = ({ deed, target }) => {
      if (deed === 'start' && target === coder1) host.machine.stop(coder0);
    };
    const { results, left } = await apply(host, after);
    expect(left).toEqual([]);
    expect(startsOf(host, coder0)).toBe(earlier + 1);
    expect(results.at(-1)).toMatchObject({ action: { id: `start ${coder0}` }, outcome: 'done' });
    expect(living(host)).toEqual(['boss', 'coder0', 'coder1', 'muse']);
  });

  test('is not chased for ever: what goes on to change is left', async () => {
    const host = await hostRunning(before);
    host.onWrite = ({ deed, target }) => {
      if (deed === 'start') host.machine.stop(target === coder0 ? coder1 : coder0);
    };
    const { left } = await apply(host, after);
    expect(left.map(({ id }) => id)).toEqual([`start ${coder0}`]);
    expect(startsOf(host, coder1)).toBe(2);
  });

  test('is left to the next run where something failed', async () => {
    const host = await hostRunning(before);
    host.machine.breaking.add(coder1);
    await apply(host, after);
    expect(startsOf(host, coder1)).toBe(1);
  });

  test('is left alone, and told, where it must not be touched', async () => {
    const host = await hostRunning(before);
    const earlier = startsOf(host, coder0);
    host.onWrite = ({ deed, target }) => {
      if (deed !== 'start' || target !== coder1) return;
      host.machine.stop(coder0);
      host.machine.addSession('coder0');
    };
    const { held } = await apply(host, after);
    expect(startsOf(host, coder0)).toBe(earlier);
    expect(held.map(({ path }) => path)).toContain(`/units/${coder0}`);
  });
});
