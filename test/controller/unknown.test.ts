import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const fewer = { boss: 'orchestrator', muse: 'enhancer' };
const endings = /^(stop|disable|remove|kill-session|restart)/;

describe('what cannot be read is not absent', () => {
  test.each(['units.list', 'sessions.list', 'files.list'] as const)(
    '%s: nothing ends, and it is read again soon',
    async (source) => {
      const stage = await settled();
      stage.hide(source, 'no answer');
      stage.commit({ coding: fewer });
      stage.machine.stop(agentUnit('muse'));
      await stage.look('revision');
      await stage.wait(3_600_000);
      expect(stage.deeds().filter((deed) => endings.test(deed) && !deed.endsWith('coder0'))).toEqual([]);
      stage.showAll();
      await stage.wait(75_000);
      expect(stage.living()).toEqual(['boss', 'muse']);
    },
  );

  test.each(['units.list', 'files.list'] as const)('%s: not even who is to leave is ended', async (source) => {
    const stage = await settled();
    stage.hide(source, 'no answer');
    stage.commit({ coding: fewer });
    await stage.look('revision');
    await stage.wait(600_000);
    expect(stage.living()).toContain('coder0');
  });

  test('a moment of it is healed within seconds', async () => {
    const stage = await settled();
    stage.hide('units.list', 'no answer');
    stage.machine.stop(agentUnit('coder0'));
    await stage.look();
    stage.showAll();
    await stage.wait(1300);
    expect(stage.deeds()).toEqual(['start coder0']);
  });

  test('what an agent has failed with is not forgotten over it', async () => {
    const stage = await settled();
    stage.machine.crashing.set(agentUnit('coder0'), 78);
    await stage.wait(10_000);
    stage.hide('units.list', 'no answer');
    await stage.look();
    await stage.wait(600_000);
    stage.showAll();
    await stage.wait(600_000);
    expect(stage.deeds()).toEqual([]);
  });

  test('who was started anew meanwhile is not taken for what it was: never two orchestrators', async () => {
    const stage = await settled({ ...small, chief: 'implementer' }, { config: { fastForwardOnly: false } });
    const first = stage.repository.branch;
    stage.hide('files.records', 'no answer');
    for (const name of ['boss', 'chief']) stage.machine.stop(agentUnit(name));
    stage.commit({ coding: { chief: 'orchestrator', muse: 'enhancer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('chief');
    const at = stage.clock.date().toISOString();
    stage.machine.suspensions.set('agent chief', {
      kind: 'agent',
      name: 'chief',
      reason: null,
      since: at,
      until: null,
      by: 'jo',
    });
    stage.repository.branch = first;
    await stage.look('revision');
    expect(stage.living()).not.toContain('boss');
  });
});

test('who serves is not ended for a successor of whom nobody can tell what it runs as', async () => {
  const stage = await settled({ boss: 'orchestrator', hint: 'enhancer', muse: 'implementer' });
  stage.hide('files.records', 'no answer');
  stage.commit({ coding: { boss: 'orchestrator', muse: 'enhancer' } });
  await stage.look('revision');
  expect(stage.living()).toContain('hint');
  stage.showAll();
  await stage.wait(75_000);
  expect(stage.living()).toEqual(['boss', 'muse']);
});

describe('a host on which agents run that no roster names', () => {
  const foreign = async (): Promise<Stage> => {
    const before = await settled({ ...small, old: 'implementer' });
    const { machine } = before;
    machine.admitted = null;
    before.repository.commit({}, { parent: null });
    before.repository.refs.clear();
    before.store.record = null;
    before.commit({ coding: small }, { parent: null });
    await before.restart();
    return before;
  };

  test('is left alone until somebody takes it over, however long that takes', async () => {
    const stage = await foreign();
    await stage.look('start');
    await stage.wait(7_200_000);
    await stage.restart();
    await stage.wait(7_200_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.living()).toContain('old');
    expect(stage.machine.admitted).toBeNull();
  });

  test.each(['units.list', 'sessions.list', 'files.list'] as const)(
    'is left alone, too, where at first %s cannot be read',
    async (source) => {
      const stage = await foreign();
      stage.hide(source, 'no answer');
      await stage.look('start');
      await stage.wait(10_000);
      stage.showAll();
      await stage.wait(7_200_000);
      expect(stage.living()).toContain('old');
    },
  );

  test('is healed where rosters name it', async () => {
    const stage = await foreign();
    await stage.look('start');
    stage.machine.stop(agentUnit('muse'));
    await stage.look();
    expect(stage.deeds()).toEqual(['start muse']);
  });
});

test('while the record of what was reached cannot be read, nobody is pruned', async () => {
  const stage = await settled();
  stage.hide('state.admitted', 'admitted.json is damaged');
  stage.commit({ coding: fewer });
  await stage.look('revision');
  await stage.wait(3_600_000);
  expect(stage.deeds()).toEqual([]);
  expect(stage.living()).toContain('coder0');
});
