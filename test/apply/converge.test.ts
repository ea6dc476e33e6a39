import { describe, expect, test } from 'vitest';
import { isConverged } from '../../src/apply/converge.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { FakeHost, JournalEntry } from '../fakes/host.ts';
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

describe('an agent that was started, ended, and was brought back by systemd', () => {
  const coder1 = agentUnit('coder1');

  /** Carries out what adds coder1, who dies each time that `dies` says so of the time. */
  async function startMortal(dies: (time: number) => boolean) {
    const host = await hostRunning(before);
    let time = 0;
    const now = (): number => {
      time += 1000;
      if (dies(time)) host.machine.killPane('coder1');
      host.machine.settle();
      return time;
    };
    const run = await carryOutOn(host, after, await planFor(host, after), { now, probationMs: 3000, settleMs: 0 });
    return { ...run, converged: isConverged(run), time };
  }

  test('has settled once it has lived through a probation', async () => {
    const { waiting, converged, time } = await startMortal((time) => time === 1000);
    expect({ waiting, converged }).toEqual({ waiting: [], converged: true });
    expect(time).toBeGreaterThanOrEqual(3000);
  });

  test('and so on, is not as desired, however well it looks', async () => {
    const { waiting, left, converged } = await startMortal(() => true);
    expect({ waiting, left, converged }).toEqual({ waiting: [coder1], left: [], converged: false });
  });

  test('costs those who stay up no time', async () => {
    expect((await startMortal(() => false)).time).toBe(1000);
  });
});

describe('the writer lock is lost', () => {
  const losing = async (when: (entry: JournalEntry) => boolean): Promise<FakeHost> => {
    const host = await hostRunning(before);
    await host.writers.lock.acquire('apply');
    host.onWrite = (entry) => {
      if (when(entry)) host.loseLock();
    };
    return host;
  };

  test('between two actions: nothing more is begun, and each that was not says why', async () => {
    const host = await losing(({ deed }) => deed === 'write');
    const done = host.journal.length;
    const run = await apply(host, after, { concurrency: 1 });
    const [first, ...others] = run.results;
    expect(host.journal.slice(done)).toEqual([{ deed: 'write', target: first?.action.target }]);
    expect(first?.outcome).toBe('done');
    expect(others.length).toBeGreaterThan(1);
    expect(others.map(({ outcome, detail }) => [outcome, detail])).toEqual(others.map(() => ['not-run', 'the bus is gone']));
    expect({ lockLost: run.lockLost, converged: isConverged(run) }).toEqual({ lockLost: 'the bus is gone', converged: false });
  });

  test('with the last action: what changed meanwhile is not planned anew', async () => {
    const host = await losing(({ deed }) => deed === 'start');
    const done = host.journal.length;
    host.machine.stop(coder0);
    const { left, lockLost } = await apply(host, before);
    expect({ left, lockLost }).toEqual({ left: [], lockLost: 'the bus is gone' });
    expect(host.journal.slice(done)).toEqual([{ deed: 'start', target: coder0 }]);
  });

  test('in a handover: not even the way back is gone', async () => {
    const host = await hostRunning(before);
    const next = desiredOf({ coding: { muse: 'enhancer', coder0: 'implementer', chief: 'orchestrator' } });
    await host.writers.lock.acquire('apply');
    host.onWrite = ({ deed, target }) => {
      if (deed === 'stop' && target === agentUnit('boss')) host.loseLock();
    };
    const { results } = await apply(host, next);
    expect(host.journal.at(-1)).toEqual({ deed: 'stop', target: agentUnit('boss') });
    expect(results.some(({ action }) => action.reason === 'handover-failed')).toBe(false);
  });

  test('a release is no loss', async () => {
    const host = await hostRunning(before);
    const taken = await host.writers.lock.acquire('apply');
    if ('release' in taken) await taken.release();
    expect((await apply(host, after)).lockLost).toBeNull();
  });
});
