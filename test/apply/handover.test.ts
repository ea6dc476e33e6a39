import { describe, expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { agentUnit } from '../../src/model/names.ts';
import { PortError } from '../../src/model/ports.ts';
import type { FakeHost, JournalEntry } from '../fakes/host.ts';
import { apply, desiredOf, hostRunning, living, small } from './scenes.ts';

const before = desiredOf({ coding: small });
const after = desiredOf({ coding: { chief: 'orchestrator', muse: 'enhancer', coder0: 'implementer' } });
const [boss, chief] = [agentUnit('boss'), agentUnit('chief')];

/** What is done to the two orchestrators, from here on. */
function watched(host: FakeHost): () => string[] {
  const from = host.journal.length;
  const about = ({ target }: JournalEntry): boolean => target === boss || target === chief;
  return () =>
    host.journal
      .slice(from)
      .filter(about)
      .map(({ deed, target }) => `${deed} ${target === boss ? 'boss' : 'chief'}`);
}

const there = ['disable boss', 'stop boss', 'enable chief', 'start chief'];
const back = ['disable chief', 'stop chief', 'reset-failed boss', 'enable boss', 'start boss'];

test('the leaving orchestrator ends before the entering one begins, and nothing comes between', async () => {
  const host = await hostRunning(before);
  const done = watched(host);
  const { results, plan } = await apply(host, after);
  expect(done()).toEqual(there);
  expect(plan.handovers).toEqual([{ fleet: 'coding', leaving: 'boss', entering: 'chief', movers: [] }]);
  expect(results.every(({ outcome }) => outcome === 'done')).toBe(true);
  expect(living(host)).toEqual(['chief', 'coder0', 'muse']);
});

describe('an entering orchestrator that fails', () => {
  test.each(['failed', 'timeout', 'lost', 'skipped'] as const)(
    '(its job: %s) ends, and the leaving one comes back',
    async (answer) => {
      const host = await hostRunning(before);
      const done = watched(host);
      host.fault({ deed: 'start', target: chief, answer });
      const { results, left } = await apply(host, after);
      expect(done()).toEqual([...there, ...back]);
      expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
      expect([host.machine.enabled.has(boss), host.machine.enabled.has(chief)]).toEqual([true, false]);
      const steps = results.filter(({ action }) => action.reason === 'handover-failed');
      expect(
        steps.map(({ action: { verb, name, id }, outcome }) => [`${verb} ${name}`, outcome, id.endsWith('(handover-failed)')]),
      ).toEqual(back.map((step) => [step, 'done', true]));
      expect(left.map(({ id }) => id)).toContain(`start ${chief}`);
    },
  );

  test('that lives half is ended all the same: never two', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'start', target: chief, answer: 'lost', done: true });
    await apply(host, after);
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
  });

  test('keeps the files of the leaving one in place', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'start', target: chief, answer: 'failed' });
    const { results } = await apply(host, after);
    expect(host.machine.files.has('agents/boss.env')).toBe(true);
    expect(results.find(({ action }) => action.id === 'remove agents/boss.env')?.outcome).toBe('blocked');
  });

  test('is tried again by the next run', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'start', target: chief, answer: 'failed' });
    await apply(host, after);
    const done = watched(host);
    await apply(host, after);
    expect(done().filter((step) => step !== 'reset-failed chief')).toEqual(there);
    expect(living(host)).toEqual(['chief', 'coder0', 'muse']);
    expect(host.machine.files.has('agents/boss.env')).toBe(false);
  });
});

describe('an entering orchestrator that starts and does not live', () => {
  /** What happens to it at each look at the clock, while it is on probation. */
  const onProbation = async (happens: (host: FakeHost, look: number) => unknown) => {
    const host = await hostRunning(before);
    const done = watched(host);
    let look = 0;
    const now = (): number => {
      if (host.machine.runs.get(chief)?.active === 'active') {
        look += 1;
        happens(host, look);
      }
      return look * 400;
    };
    const { results } = await apply(host, after, { probationMs: 1000, now });
    const started = results.find(({ action }) => action.id === `start ${chief}`);
    return { host, steps: done(), started };
  };

  test('through its probation has failed, and the leaving one comes back', async () => {
    const { host, steps, started } = await onProbation(({ machine }, look) => look === 2 && machine.killPane('chief'));
    expect(started).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('ended as soon as it was started') });
    expect(steps).toEqual([...there, ...back]);
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
  });

  test('but is started anew by systemd has failed, too', async () => {
    const restarts = ({ machine }: FakeHost, look: number): void => {
      if (look !== 2) return;
      machine.killPane('chief');
      machine.settle();
    };
    expect((await onProbation(restarts)).started?.outcome).toBe('failed');
  });

  test('for longer than its probation has taken over', async () => {
    const { host, steps, started } = await onProbation(() => {});
    expect(started?.outcome).toBe('done');
    expect(steps).toEqual(there);
    expect(living(host)).toEqual(['chief', 'coder0', 'muse']);
  });
});

describe('where the two change places', () => {
  const swapped = desiredOf({ coding: { boss: 'implementer', muse: 'enhancer', coder0: 'orchestrator' } });
  const classOf = (host: FakeHost, name: string) => host.machine.records.get(agentUnit(name))?.class;

  test('and the entering one fails, each gets its old role back', async () => {
    const host = await hostRunning(before);
    const files = new Map(host.machine.files);
    host.fault({ deed: 'start', target: agentUnit('coder0'), answer: 'failed' });
    await apply(host, swapped);
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
    expect([classOf(host, 'boss'), classOf(host, 'coder0')]).toEqual(['orchestrator', 'implementer']);
    for (const key of ['agents/boss.env', 'agents/coder0.env']) expect(host.machine.files.get(key)).toEqual(files.get(key));
    await apply(host, swapped);
    expect([classOf(host, 'boss'), classOf(host, 'coder0')]).toEqual(['implementer', 'orchestrator']);
  });

  test('and one does not get its old files back, it stays down: its new ones would make it a second orchestrator', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'start', target: agentUnit('coder0'), answer: 'failed' });
    host.fault({ deed: 'write', target: 'agents/coder0.env', answer: 'done', done: true });
    host.fault({ deed: 'write', target: 'agents/coder0.env', answer: new PortError('failed', 'no space left') });
    const { results } = await apply(host, swapped);
    expect(living(host)).toEqual(['boss', 'muse']);
    expect(classOf(host, 'boss')).toBe('orchestrator');
    expect(host.machine.enabled.has(agentUnit('coder0'))).toBe(false);
    const blocked = results.filter(({ action, outcome }) => action.reason === 'handover-failed' && outcome === 'blocked');
    expect(blocked.map(({ action: { verb, name } }) => `${verb} ${name}`)).toEqual([
      'reset-failed coder0',
      'enable coder0',
      'start coder0',
    ]);
  });
});

test('an entering orchestrator that cannot be ended stays: nobody comes beside it', async () => {
  const host = await hostRunning(before);
  const done = watched(host);
  host.fault({ deed: 'start', target: chief, answer: 'lost', done: true });
  host.fault({ deed: 'stop', target: chief, answer: 'timeout' });
  const { results } = await apply(host, after);
  expect(done()).toEqual([...there, 'disable chief', 'stop chief']);
  expect(living(host)).toEqual(['chief', 'coder0', 'muse']);
  const steps = results.filter(({ action }) => action.reason === 'handover-failed');
  expect(steps.map(({ outcome }) => outcome)).toEqual(['done', 'failed', 'blocked', 'blocked', 'blocked']);
});

describe('a handover that fails earlier', () => {
  test.each<readonly [JournalEntry['deed'], string, readonly string[]]>([
    ['disable', boss, ['disable boss', ...back]],
    ['stop', boss, ['disable boss', 'stop boss', ...back]],
    ['enable', chief, ['disable boss', 'stop boss', 'enable chief', ...back]],
  ])('at %s of %s leaves the leaving orchestrator enabled and running', async (deed, target, steps) => {
    const host = await hostRunning(before);
    const done = watched(host);
    host.fault({ deed, target, answer: deed === 'stop' ? 'timeout' : new PortError('failed', 'no space left') });
    await apply(host, after);
    expect(done()).toEqual(steps);
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
    expect([host.machine.enabled.has(boss), host.machine.enabled.has(chief)]).toEqual([true, false]);
  });

  test.each(['agents/chief.env', 'units/mosaic-agent@chief.service.d/muster.conf'])(
    'at the writing of %s touches neither of them',
    async (target) => {
      const limited = desiredOf({
        coding: { chief: 'orchestrator, resources: { tasks_max: 99 }', muse: 'enhancer', coder0: 'implementer' },
      });
      const host = await hostRunning(before);
      const done = watched(host);
      host.fault({ deed: 'write', target, answer: new PortError('failed', 'no space left') });
      const { results } = await apply(host, limited);
      expect(done()).toEqual([]);
      expect(results.find(({ action }) => action.id === `stop ${boss}`)?.outcome).toBe('blocked');
      expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
    },
  );
});

test('where also the way back fails, each of its steps has its result', async () => {
  const host = await hostRunning(before);
  host.fault({ deed: 'start', target: chief, answer: 'failed' });
  host.fault({ deed: 'start', target: boss, answer: 'failed' });
  const { results, left } = await apply(host, after);
  const steps = results.filter(({ action }) => action.reason === 'handover-failed');
  expect(steps.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done', 'failed']);
  expect(left.length).toBeGreaterThan(0);
});

describe('an interrupted handover', () => {
  const interruptedAt = async (deed: string, target: string): Promise<{ steps: string[]; host: FakeHost; desired: Desired }> => {
    const host = await hostRunning(before);
    const done = watched(host);
    const abort = new AbortController();
    host.onWrite = (entry) => {
      if (entry.deed === deed && entry.target === target) abort.abort();
    };
    await apply(host, after, { signal: abort.signal });
    return { steps: done(), host, desired: after };
  };

  test('that has not begun to end the leaving orchestrator gives it back its place', async () => {
    const { steps, host } = await interruptedAt('disable', boss);
    expect(steps).toEqual(['disable boss', ...back]);
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
    expect(host.machine.enabled.has(boss)).toBe(true);
  });

  test.each([
    ['stop', boss],
    ['enable', chief],
    ['start', chief],
  ])('(at %s of %s) is brought to its end', async (deed, target) => {
    const { steps, host } = await interruptedAt(deed, target);
    expect(steps).toEqual(there);
    expect(living(host)).toEqual(['chief', 'coder0', 'muse']);
  });

  test('that fails on its way comes back all the same', async () => {
    const host = await hostRunning(before);
    const abort = new AbortController();
    host.fault({ deed: 'start', target: chief, answer: 'failed' });
    host.onWrite = ({ deed, target }) => {
      if (deed === 'stop' && target === boss) abort.abort();
    };
    await apply(host, after, { signal: abort.signal });
    expect(living(host)).toEqual(['boss', 'coder0', 'muse']);
  });
});
