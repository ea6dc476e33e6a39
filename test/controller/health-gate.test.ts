import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { small, type Team } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const boss = agentUnit('boss');
const fates = { 'cannot start': 'fails', crashes: 'exits-1', 'is misconfigured': 'exits-78' } as const;
type Fate = keyof typeof fates;

const bossThat = (fate: Fate): Team => ({ ...small, boss: `orchestrator, model_hint: ${fates[fate]}` });

/** A commit with another orchestrator program, which cannot live. */
async function broken(fate: Fate = 'crashes'): Promise<Stage> {
  const stage = await settled();
  stage.commit({ coding: bossThat(fate) });
  await stage.look('revision');
  return stage;
}

describe('a revision whose orchestrator does not live', () => {
  test.each(['cannot start', 'crashes', 'is misconfigured'] as const)(
    'it %s: the host returns to the last good one',
    async (fate) => {
      const stage = await broken(fate);
      const [good, bad] = [stage.store.record?.good, stage.repository.branch];
      expect(good).not.toBe(bad);
      await stage.wait(118_000);
      expect(stage.verdicts()).not.toContain('quarantined');
      expect(stage.store.record).toMatchObject({ admitted: bad, good });
      await stage.wait(10_000);
      expect(stage.verdicts().slice(-3)).toEqual(['quarantined', 'returned', 'applied']);
      expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
      await stage.wait(20_000);
      expect(stage.store.record).toMatchObject({ admitted: good, good, trial: null, quarantined: { revision: bad } });
      expect(stage.machine.files.get('agents/boss.env')?.text).not.toContain(fates[fate]);
      expect(stage.condition('Admitted')).toBe('False Quarantined');
      expect(stage.condition('FloorHeld')).toBe('True Stable');
    },
  );

  test('is never called good on the way, although the floor was well before it', async () => {
    const stage = await broken();
    await stage.wait(119_000);
    expect(stage.verdicts().filter((outcome) => outcome === 'good')).toHaveLength(1);
  });

  test('is not tried again, and nothing flaps, for hours', async () => {
    const stage = await broken();
    await stage.wait(185_000);
    const [told, reads] = [stage.verdicts().length, stage.repository.reads.length];
    stage.deeds();
    for (let hour = 0; hour < 6; hour += 1) {
      await stage.look('revision');
      await stage.wait(3_600_000);
      if (hour === 3) await stage.restart();
    }
    expect(stage.verdicts()).toHaveLength(told);
    expect(stage.repository.reads.length - reads).toBeLessThan(3);
    expect(stage.deeds()).toEqual([]);
  });

  test('stays where it is, and does not flap, where the good one is broken by now, too', async () => {
    const stage = await broken();
    stage.machine.crashing.set(boss, 1);
    await stage.wait(2 * 3_600_000);
    expect(stage.verdicts().filter((outcome) => outcome === 'returned')).toHaveLength(1);
    expect(stage.store.record?.admitted).toBe(stage.store.record?.good);
  });

  test('gives way to the commit that mends it, at once', async () => {
    const stage = await broken();
    await stage.wait(125_000);
    const fix = stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder1');
    await stage.wait(30_000);
    expect(stage.store.record).toMatchObject({ admitted: fix, good: fix, quarantined: null });
  });

  test('gives way to a commit that comes before its deadline', async () => {
    const stage = await broken();
    await stage.wait(20_000);
    const fix = stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: fixed' } });
    await stage.look('revision');
    await stage.wait(300_000);
    expect(stage.store.record).toMatchObject({ admitted: fix, good: fix, quarantined: null });
    expect(stage.verdicts()).not.toContain('quarantined');
  });
});

test('each commit of a chain is blamed where the first of them broke the floor', async () => {
  const stage = await broken('cannot start');
  const good = stage.store.record?.good;
  for (let n = 0; n < 3; n += 1) {
    await stage.wait(60_000);
    stage.commit({ coding: { ...bossThat('cannot start'), [`coder${n + 1}`]: 'implementer' } });
    await stage.look('revision');
  }
  const last = stage.repository.branch;
  await stage.wait(125_000);
  expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: last } });
});

test('a revision is not blamed for a floor that was broken before it', async () => {
  const stage = await settled();
  stage.machine.breaking.add(agentUnit('muse'));
  stage.machine.stop(agentUnit('muse'));
  await stage.look();
  const next = stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.look('revision');
  await stage.wait(3_600_000);
  expect(stage.store.record).toMatchObject({ admitted: next, quarantined: null });
  expect(stage.condition('FloorHeld')).toBe('False NotLive');
  stage.machine.breaking.clear();
  await stage.wait(1_000_000);
  expect(stage.store.record).toMatchObject({ good: next });
});

test('a revision is not blamed for a mask that somebody puts on while it is on trial', async () => {
  const stage = await settled();
  const next = stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: new' } });
  await stage.look('revision');
  stage.machine.stop(boss);
  stage.machine.masked.add(boss);
  await stage.look();
  await stage.wait(3_600_000);
  expect(stage.store.record).toMatchObject({ admitted: next, quarantined: null });
  expect(stage.condition('FloorHeld')).toBe('False Masked');
});

test.each(['sessions.list', 'units.list', 'state.suspensions'] as const)(
  'a revision is not blamed for what nobody can see: %s',
  async (source) => {
    const stage = await settled();
    const next = stage.commit({ coding: { ...small, coder1: 'implementer' } });
    stage.host.hide(source, 'no answer');
    await stage.look('revision');
    await stage.wait(600_000);
    expect(stage.store.record).toMatchObject({ admitted: next, quarantined: null });
    expect(stage.condition('FloorHeld')).toBe('Unknown Unreadable');
    stage.host.hide(source, null);
    await stage.wait(100_000);
    expect(stage.store.record).toMatchObject({ good: next });
  },
);

test('a fleet whose floor is suspended is outside the gate', async () => {
  const stage = await settled();
  const at = stage.clock.date().toISOString();
  stage.machine.suspensions.set('agent boss', { kind: 'agent', name: 'boss', reason: null, since: at, until: null, by: 'jo' });
  stage.machine.breaking.add(boss);
  stage.machine.stop(boss);
  const next = stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.look('revision');
  await stage.wait(600_000);
  expect(stage.store.record).toMatchObject({ admitted: next, quarantined: null });
  expect(stage.living()).toEqual(['coder0', 'coder1', 'muse']);
  expect(stage.condition('FloorHeld')).toBe('Unknown Suspended');
});

test('that an enhancer is suspended is no excuse for the orchestrator', async () => {
  const stage = await settled();
  const good = stage.repository.branch;
  const at = stage.clock.date().toISOString();
  stage.machine.suspensions.set('agent muse', { kind: 'agent', name: 'muse', reason: null, since: at, until: null, by: 'jo' });
  const bad = stage.commit({ coding: bossThat('crashes') });
  await stage.look('revision');
  await stage.wait(130_000);
  expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
});

test('an empty roster directory proves nothing: the good revision is the one before it', async () => {
  const stage = await settled();
  const good = stage.repository.branch;
  stage.commit({});
  await stage.look('revision');
  await stage.wait(60_000);
  expect(stage.store.record).toMatchObject({ good });
});

describe('a controller that is killed while a revision is on trial', () => {
  test('remembers the trial, and gives it the whole time again', async () => {
    const stage = await broken();
    const [good, bad] = [stage.store.record?.good, stage.repository.branch];
    await stage.wait(60_000);
    await stage.restart();
    await stage.wait(100_000);
    expect(stage.store.record).toMatchObject({ admitted: bad, trial: { revision: bad, blamed: true } });
    await stage.wait(30_000);
    expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
  });

  test('gives it the whole time, too, where the branch has gone on to something that is denied', async () => {
    const stage = await broken();
    const bad = stage.repository.branch;
    stage.commit({ coding: { coder0: 'implementer' } });
    await stage.restart();
    await stage.look('start');
    expect(stage.store.record).toMatchObject({ admitted: bad });
    await stage.wait(100_000);
    expect(stage.store.record).toMatchObject({ admitted: bad });
    await stage.wait(30_000);
    expect(stage.store.record).toMatchObject({ quarantined: { revision: bad } });
  });

  test('blames a revision that came while it was down', async () => {
    const stage = await settled();
    const good = stage.repository.branch;
    const bad = stage.commit({ coding: bossThat('crashes') });
    await stage.restart();
    await stage.look('start');
    await stage.wait(130_000);
    expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
  });

  test('and loses its record, finds the good one from the ref that keeps it', async () => {
    const stage = await settled();
    const good = stage.repository.branch;
    stage.store.record = null;
    await stage.restart();
    const bad = stage.commit({ coding: bossThat('crashes') });
    await stage.look('start');
    await stage.wait(130_000);
    expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
  });
});

test('where the good revision cannot be read at the deadline, it is tried again until it can', async () => {
  const stage = await broken();
  const [good, bad] = [stage.store.record?.good ?? '', stage.repository.branch];
  stage.repository.corrupt.add(good);
  await stage.wait(600_000);
  expect(stage.store.record).toMatchObject({ admitted: bad });
  stage.machine.stop(agentUnit('coder0'));
  await stage.look();
  expect(stage.living()).toContain('coder0');
  stage.repository.corrupt.clear();
  await stage.wait(20_000);
  expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
});

test('what was denied beside the bad revision is judged anew when the good one is back', async () => {
  const stage = await broken();
  const good = stage.store.record?.good ?? null;
  const amended = stage.commit({ coding: { ...small, coder1: 'implementer' } }, { parent: good });
  await stage.look('revision');
  expect(stage.verdicts().at(-1)).toBe('denied');
  await stage.wait(155_000);
  expect(stage.store.record).toMatchObject({ admitted: amended });
  expect(stage.living()).toContain('coder1');
});

test('a revision whose orchestrator cannot be had at all is not good: its predecessor serves on until the deadline, and after', async () => {
  const stage = await settled();
  const good = stage.repository.branch;
  stage.host.missingPrograms.add('claude');
  const bad = stage.commit({ coding: { muse: 'enhancer', coder0: 'implementer', chief: 'orchestrator, runtime: claude' } });
  await stage.look('revision');
  await stage.wait(100_000);
  expect(stage.living()).toContain('boss');
  expect(stage.store.record).toMatchObject({ admitted: bad, good });
  await stage.wait(30_000);
  expect(stage.store.record).toMatchObject({ admitted: good, quarantined: { revision: bad } });
  expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
});

describe('a revision whose enhancers do not live', () => {
  const pair: Team = { ...small, rex: 'enhancer' };
  const changed = (fate: Fate): Team => ({
    ...pair,
    muse: `enhancer, model_hint: ${fates[fate]}`,
    rex: `enhancer, model_hint: ${fates[fate]}`,
  });

  test.each(['cannot start', 'crashes', 'is misconfigured'] as const)('%s: one of them is left as it was', async (fate) => {
    const stage = await settled(pair);
    stage.commit({ coding: changed(fate) });
    await stage.look('revision');
    await stage.wait(110_000);
    expect(stage.living()).toContain('rex');
    expect(stage.deeds().filter((deed) => /^(restart|stop) rex$/.test(deed))).toEqual([]);
    expect(stage.condition('FloorHeld')).toMatch(/^True/);
    expect(stage.condition('Healthy')).toBe('False AgentsDown');
  });

  test.each(['cannot start', 'crashes', 'is misconfigured'] as const)(
    '%s: the other comes back as it was when it ends by itself',
    async (fate) => {
      const stage = await settled(pair);
      stage.commit({ coding: changed(fate) });
      await stage.look('revision');
      await stage.wait(40_000);
      stage.machine.killPane('rex');
      await stage.wait(40_000);
      expect(stage.living()).toContain('rex');
      expect(stage.condition('FloorHeld')).toMatch(/^True/);
    },
  );

  test.each(['cannot start', 'crashes', 'is misconfigured'] as const)(
    '%s: the host returns to the last good one',
    async (fate) => {
      const stage = await settled(pair);
      stage.commit({ coding: changed(fate) });
      await stage.look('revision');
      await stage.wait(150_000);
      expect(stage.verdicts().slice(-3)).toEqual(['quarantined', 'returned', 'applied']);
      expect(stage.living()).toEqual(['boss', 'coder0', 'muse', 'rex']);
      expect(stage.deeds().filter((deed) => /^(restart|stop) rex$/.test(deed))).toEqual([]);
    },
  );

  test('is no obstacle for another enhancer, where the one failed before it', async () => {
    const stage = await settled(pair);
    stage.machine.crashing.set(agentUnit('muse'), 1);
    stage.machine.exit(agentUnit('muse'), 1);
    await stage.wait(60_000);
    stage.commit({ coding: { ...pair, rex: 'enhancer, model_hint: other' } });
    await stage.look('revision');
    await stage.wait(60_000);
    expect(stage.machine.files.get('agents/rex.env')?.text).toContain('other');
    expect(stage.living()).toContain('rex');
    expect(stage.deeds()).toContain('restart rex');
  });
});
