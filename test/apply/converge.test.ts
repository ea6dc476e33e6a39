import { describe, expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
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

  test('is done and gone again: an agent that ended meanwhile is left to be started', async () => {
    const host = await hostRunning(before);
    host.onWrite = ({ deed, target }) => {
      if (deed === 'start' && target === agentUnit('coder1')) host.machine.stop(coder0);
    };
    const { results, left } = await apply(host, after);
    expect(results.every(({ outcome }) => outcome === 'done')).toBe(true);
    expect(left.map(({ id, reason }) => [id, reason])).toEqual([[`start ${coder0}`, 'rostered']]);
  });

  test('is what failed', async () => {
    const host = await hostRunning(before);
    host.machine.breaking.add(agentUnit('coder1'));
    const { left, observation } = await apply(host, after);
    expect(left.map(({ id }) => id)).toEqual([`reset-failed ${agentUnit('coder1')}`, `start ${agentUnit('coder1')}`]);
    expect(observation.units.known && observation.units.value[agentUnit('coder1')]?.active).toBe('failed');
  });
});
