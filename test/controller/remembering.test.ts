import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { small } from '../apply/scenes.ts';
import { Stage, settled } from './stage.ts';
import { Witness } from './witness.ts';

afterEach(() => void vi.unstubAllGlobals());

const coder = agentUnit('coder0');

/** The process is gone at this call to a writer, a store or a ref. `over` tells whether it came to that. */
function killAfter({ host, store, repository }: Stage, calls: number): { over(): boolean } {
  let left = calls;
  const die = (): void => {
    left -= 1;
    if (left < 0) throw new Error('the process is gone');
  };
  host.onWrite = die;
  store.onWrite = die;
  repository.onKeep = die;
  return {
    over: () => {
      host.onWrite = null;
      store.onWrite = null;
      repository.onKeep = null;
      return left < 0;
    },
  };
}

describe('a full disk', () => {
  test('keeps nobody from healing; the history is written later, in order and whole', async () => {
    const stage = await settled();
    stage.store.isFull = true;
    for (let n = 0; n < 5; n += 1) {
      stage.machine.stop(coder);
      await stage.look();
      await stage.wait(20_000);
    }
    expect(stage.deeds()).toHaveLength(5);
    expect(stage.status?.obstacle).toContain('no space left');
    stage.store.isFull = false;
    await stage.look();
    expect(stage.store.entries).toEqual(stage.told);
    expect(stage.status?.obstacle).toBeNull();
  });

  test('keeps no commit from being carried out, and its record is saved later', async () => {
    const stage = await settled();
    stage.store.isFull = true;
    const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder1');
    expect(stage.store.record?.admitted).not.toBe(key);
    stage.store.isFull = false;
    await stage.wait(300_000);
    expect(stage.store.record).toMatchObject({ admitted: key, good: key });
  });
});

test('a ref that could not be written is written later', async () => {
  const stage = await settled();
  stage.repository.onKeep = () => {
    throw new Error('it is locked');
  };
  const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.look('revision');
  expect(stage.status?.obstacle).toContain('it is locked');
  stage.repository.onKeep = null;
  await stage.wait(300_000);
  expect(Object.fromEntries(stage.repository.refs)).toEqual({ admitted: key, good: key });
  expect(stage.status?.obstacle).toBeNull();
});

test('a ref that was not written because the controller died is written after its start', async () => {
  const stage = await settled();
  const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
  stage.repository.onKeep = () => {
    throw new Error('the process is gone');
  };
  stage.host.onWrite = stage.repository.onKeep;
  await stage.pass('revision');
  stage.repository.onKeep = null;
  stage.host.onWrite = null;
  await stage.restart();
  await stage.look('start');
  expect(stage.repository.refs.get('admitted')).toBe(key);
});

test('a controller that is killed at any call goes on where it was', async () => {
  const team = { chief: 'orchestrator', muse: 'enhancer, model_hint: new', coder1: 'implementer' };
  for (let calls = 0; ; calls += 1) {
    const stage = await settled();
    const key = stage.commit({ coding: team });
    const kill = killAfter(stage, calls);
    await stage.pass('revision');
    const wasKilled = kill.over();
    await stage.restart();
    await stage.look('start');
    await stage.wait(60_000);
    expect(stage.living(), `after ${calls} calls`).toEqual(['chief', 'coder1', 'muse']);
    expect(stage.store.record, `after ${calls} calls`).toMatchObject({ admitted: key, good: key, trial: null });
    expect(stage.store.entries.filter((entry) => entry.kind === 'revision' && entry.outcome === 'good')).toHaveLength(2);
    vi.unstubAllGlobals();
    if (!wasKilled) return;
  }
});

test('a controller that is killed at any call while a revision proves good has that in its history, once', async () => {
  for (let calls = 0; ; calls += 1) {
    const stage = await settled();
    const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    await stage.wait(9000);
    const kill = killAfter(stage, calls);
    await stage.wait(5000);
    const wasKilled = kill.over();
    await stage.restart();
    await stage.look('start');
    await stage.wait(60_000);
    const told = stage.store.entries.flatMap((entry) => (entry.kind === 'revision' ? [`${entry.outcome} ${entry.subject}`] : []));
    expect(told.slice(3), `after ${calls} calls`).toEqual([`admitted ${key}`, `applied ${key}`, `good ${key}`]);
    expect(stage.store.record, `after ${calls} calls`).toMatchObject({ admitted: key, good: key, trial: null });
    vi.unstubAllGlobals();
    if (!wasKilled) return;
  }
});

test('a controller that is killed at any call while a revision is undone has that in its history, once', async () => {
  for (let calls = 0; ; calls += 1) {
    const stage = await settled();
    const good = stage.repository.branch;
    const bad = stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: fails' } });
    await stage.look('revision');
    await stage.wait(119_000);
    const kill = killAfter(stage, calls);
    await stage.wait(2000);
    const wasKilled = kill.over();
    await stage.restart();
    await stage.look('start');
    await stage.wait(200_000);
    const told = stage.store.entries.flatMap((entry) => (entry.kind === 'revision' ? [`${entry.outcome} ${entry.subject}`] : []));
    for (const outcome of [`quarantined ${bad}`, `returned ${good}`])
      expect(
        told.filter((one) => one === outcome),
        `after ${calls} calls`,
      ).toHaveLength(1);
    vi.unstubAllGlobals();
    if (!wasKilled) return;
  }
});

test('a controller that is killed on the way to an orchestrator that cannot live never makes two', {
  timeout: 120_000,
}, async () => {
  for (let calls = 0; ; calls += 1) {
    const stage = await settled();
    const witness = new Witness(stage);
    stage.onPass = { begin: () => witness.begin(), end: () => {} };
    stage.commit({ coding: { coder0: 'orchestrator, model_hint: exits-1', muse: 'enhancer' } });
    const kill = killAfter(stage, calls);
    await stage.pass('revision');
    const wasKilled = kill.over();
    await stage.restart();
    await stage.look('start');
    await stage.wait(100_000);
    expect(witness.objections, `after ${calls} calls`).toEqual([]);
    vi.unstubAllGlobals();
    if (!wasKilled) return;
  }
});

test('a controller that has nothing to do writes nothing', async () => {
  const stage = await settled();
  const [entries, journal] = [stage.store.entries.length, stage.host.journal.length];
  await stage.wait(86_400_000);
  expect([stage.store.entries.length, stage.host.journal.length]).toEqual([entries, journal]);
});

test('a host without any commit is left alone, and looked at now and then', async () => {
  const stage = new Stage();
  await stage.look('start');
  await stage.wait(3_600_000);
  expect(stage.deeds()).toEqual([]);
  stage.commit({ coding: small });
  await stage.wait(300_000);
  expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
});
