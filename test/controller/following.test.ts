import { afterEach, describe, expect, test, vi } from 'vitest';
import { small, type Team } from '../apply/scenes.ts';
import { Stage, settled, signatures } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const { muse: _, ...floorless } = small;
const without = { boss: 'orchestrator', muse: 'enhancer' };

test('a first commit brings a fleet up, and proves good after a while', async () => {
  const stage = new Stage();
  stage.commit({ coding: small });
  await stage.look('start');
  expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  expect(stage.verdicts()).toEqual(['admitted', 'applied']);
  await stage.wait(9000);
  expect(stage.verdicts()).toEqual(['admitted', 'applied']);
  await stage.wait(2000);
  expect(stage.verdicts()).toEqual(['admitted', 'applied', 'good']);
  expect(stage.store.record).toMatchObject({ admitted: stage.repository.branch, good: stage.repository.branch, trial: null });
  expect(Object.fromEntries(stage.repository.refs)).toEqual({ admitted: stage.repository.branch, good: stage.repository.branch });
});

describe('a commit is carried out', () => {
  const rows: readonly (readonly [string, Team, readonly string[]])[] = [
    ['an agent more', { ...small, coder1: 'implementer' }, ['boss', 'coder0', 'coder1', 'muse']],
    ['an agent less', without, ['boss', 'muse']],
    ['an agent at rest', { ...small, coder0: 'implementer, state: stopped' }, ['boss', 'muse']],
    ['another orchestrator', { chief: 'orchestrator', muse: 'enhancer', coder0: 'implementer' }, ['chief', 'coder0', 'muse']],
    [
      'all change places',
      { boss: 'enhancer', muse: 'implementer', coder0: 'orchestrator, model_hint: x' },
      ['boss', 'coder0', 'muse'],
    ],
  ];
  test.each(rows)('%s', async (_story, team, living) => {
    const stage = await settled();
    const key = stage.commit({ coding: team });
    await stage.look('revision');
    expect(stage.living()).toEqual(living);
    await stage.wait(30_000);
    expect(stage.verdicts().slice(3)).toEqual(['admitted', 'applied', 'good']);
    expect(stage.store.record).toMatchObject({ admitted: key, good: key });
    stage.deeds();
    await stage.wait(3_600_000);
    expect(stage.deeds()).toEqual([]);
  });

  test('a hundred in a second are few passes, and the last one counts', async () => {
    const stage = await settled();
    const before = stage.passes;
    for (let n = 0; n < 100; n += 1) stage.commit({ coding: { ...small, [`coder${n}`]: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toEqual(['boss', 'coder0', 'coder99', 'muse']);
    expect(stage.passes - before).toBeLessThan(6);
  });

  test('one after another that change the same agent are each carried out at once', async () => {
    const stage = await settled();
    for (let n = 0; n < 20; n += 1) {
      stage.commit({ coding: { ...small, coder0: `implementer, model_hint: hint${n}` } });
      await stage.look('revision');
      expect(stage.deeds()).toContain('restart coder0');
      await stage.wait(100);
    }
  });
});

describe('a revision that is denied', () => {
  test('changes nothing, and what is in force is still healed', async () => {
    const stage = await settled();
    const good = stage.repository.branch;
    stage.commit({ coding: floorless });
    await stage.look('revision');
    expect(stage.deeds()).toEqual([]);
    expect(stage.condition('Admitted')).toBe('False Denied');
    stage.machine.stop('mosaic-agent@muse.service');
    await stage.look();
    expect(stage.deeds()).toEqual(['start muse']);
    expect(stage.store.record?.admitted).toBe(good);
  });

  test('is judged once, however often it is looked at', async () => {
    const stage = await settled();
    const denied = stage.commit({ coding: floorless });
    await stage.look('revision');
    for (let n = 0; n < 5; n += 1) await stage.look();
    stage.repository.trouble = 'git is away';
    await stage.look();
    stage.repository.trouble = null;
    await stage.wait(60_000);
    expect(stage.repository.reads.filter((key) => key === denied)).toHaveLength(1);
    expect(stage.verdicts().filter((outcome) => outcome === 'denied')).toHaveLength(1);
    expect(stage.condition('Admitted')).toBe('False Denied');
  });

  test('and judged anew because somebody asks, is written down once', async () => {
    const stage = await settled();
    const denied = stage.commit({ coding: floorless });
    await stage.look('revision');
    stage.ask();
    await stage.look('reconcile');
    expect(stage.repository.reads.filter((key) => key === denied)).toHaveLength(2);
    expect(stage.verdicts().filter((outcome) => outcome === 'denied')).toHaveLength(1);
  });

  test('and then mended is carried out', async () => {
    const stage = await settled();
    stage.commit({ coding: floorless });
    await stage.look('revision');
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder1');
    expect(stage.condition('Admitted')).toBe('True Admitted');
  });

  test('is denied as the first one, too; then nothing is touched', async () => {
    const stage = new Stage();
    stage.commit({ coding: floorless });
    await stage.look('start');
    await stage.wait(600_000);
    expect(stage.deeds()).toEqual([]);
    stage.commit({ coding: small });
    // Nobody tells: it looks by itself.
    await stage.wait(600_000);
    expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  });

  test('after a restart is denied again, and what was in force still is', async () => {
    const stage = await settled();
    stage.commit({ coding: floorless });
    await stage.look('revision');
    await stage.restart();
    stage.machine.stop('mosaic-agent@muse.service');
    await stage.look('start');
    expect(stage.deeds()).toEqual(['start muse']);
  });
});

describe('git that fails for a while', () => {
  test('is asked again, less and less often, without a commit', async () => {
    const stage = await settled();
    stage.repository.trouble = 'the disk is away';
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    const before = stage.passes;
    await stage.wait(600_000);
    expect(stage.passes - before).toBeLessThan(30);
    expect(stage.condition('Admitted')).toBe('Unknown Unreadable');
    expect(stage.deeds()).toEqual([]);
    stage.repository.trouble = null;
    await stage.wait(75_000);
    expect(stage.living()).toContain('coder1');
  });

  test('asking for other reasons does not make the pauses longer', async () => {
    const stage = await settled();
    stage.repository.trouble = 'the disk is away';
    for (let n = 0; n < 50; n += 1) await stage.look();
    stage.repository.trouble = null;
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.wait(5000);
    expect(stage.living()).toContain('coder1');
  });

  test('is not asked before its time, whatever else there is to look at; a branch that moves is a reason', async () => {
    const stage = await settled();
    stage.repository.trouble = 'the disk is away';
    await stage.look('revision');
    const asked = vi.spyOn(stage.repository, 'tip');
    for (let n = 0; n < 50; n += 1) await stage.look();
    expect(asked).not.toHaveBeenCalled();
    await stage.look('revision');
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockClear();
    await stage.wait(60_000);
    expect(asked.mock.calls.length).toBeGreaterThan(3);
    expect(asked.mock.calls.length).toBeLessThan(8);
    asked.mockRestore();
  });

  test('keeps nobody from healing', async () => {
    const stage = await settled();
    stage.repository.trouble = 'the disk is away';
    stage.machine.stop('mosaic-agent@coder0.service');
    await stage.look();
    expect(stage.deeds()).toEqual(['start coder0']);
  });

  test('an object that cannot be read denies nothing', async () => {
    const stage = await settled();
    const key = stage.commit({ coding: { ...small, coder1: 'implementer' } });
    stage.repository.corrupt.add(key);
    await stage.look('revision');
    await stage.wait(20_000);
    expect(stage.verdicts()).not.toContain('denied');
    expect(stage.deeds()).toEqual([]);
    stage.repository.corrupt.clear();
    await stage.wait(75_000);
    expect(stage.living()).toContain('coder1');
  });

  test.each(['the branch is deleted', 'the repository is gone'])('%s: nothing is removed', async (story) => {
    const stage = await settled();
    if (story === 'the branch is deleted') stage.repository.branch = null;
    else stage.repository.trouble = 'not a repository';
    await stage.look('revision');
    await stage.wait(3_600_000);
    await stage.restart();
    await stage.wait(3_600_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  });

  test('while a restarted controller cannot read what was in force, it touches nothing; then it heals', async () => {
    const stage = await settled();
    stage.repository.trouble = 'the disk is away';
    await stage.restart();
    stage.machine.stop('mosaic-agent@coder0.service');
    await stage.look('start');
    expect(stage.deeds()).toEqual([]);
    stage.repository.trouble = null;
    await stage.wait(75_000);
    expect(stage.living()).toContain('coder0');
  });

  test('what was in force is read again, too, where it could not be while something denied is on the branch', async () => {
    const stage = await settled();
    const good = stage.repository.branch ?? '';
    stage.commit({ coding: floorless });
    await stage.look('revision');
    stage.repository.corrupt.add(good);
    await stage.restart();
    await stage.look('start');
    stage.repository.corrupt.clear();
    stage.machine.stop('mosaic-agent@coder0.service');
    await stage.wait(75_000);
    expect(stage.living()).toContain('coder0');
  });
});

describe('an empty roster directory', () => {
  test('removes nothing', async () => {
    const stage = await settled();
    stage.commit({});
    await stage.look('revision');
    await stage.wait(3_600_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  });

  test('is no way around the rule about mass removal', async () => {
    const stage = await settled({ ...small, coder1: 'implementer', coder2: 'implementer' });
    stage.commit({});
    await stage.look('revision');
    await stage.wait(1_000_000);
    stage.commit({ docs: { chief: 'orchestrator', hint: 'enhancer' } });
    await stage.look('revision');
    expect(stage.condition('Admitted')).not.toBe('True Admitted');
    expect(stage.verdicts().at(-1)).toBe('denied');
    expect(stage.living()).toHaveLength(5);
  });
});

describe('history that was rewritten', () => {
  const rewritten = async (options = {}): Promise<Stage> => {
    const stage = await settled(small, options);
    stage.commit({ coding: { ...small, coder1: 'implementer' } }, { parent: null });
    return stage;
  };

  test('is denied', async () => {
    const stage = await rewritten();
    await stage.look('revision');
    expect(stage.verdicts().at(-1)).toBe('denied');
    expect(stage.deeds()).toEqual([]);
  });

  test('is allowed where the operator allows it', async () => {
    const stage = await rewritten({ config: { fastForwardOnly: false } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder1');
  });

  test.each(['lost', 'damaged'])(
    'is denied, too, after the record was %s: the kept ref tells what was in force',
    async (fate) => {
      const stage = await rewritten();
      if (fate === 'lost') stage.store.record = null;
      else stage.store.isDamaged = true;
      await stage.restart();
      await stage.look('start');
      expect(stage.verdicts().at(-1)).toBe('denied');
      stage.machine.stop('mosaic-agent@coder0.service');
      await stage.look();
      expect(stage.deeds()).toEqual(['start coder0']);
      await stage.restart();
      await stage.look('start');
      expect(stage.deeds()).toEqual([]);
    },
  );

  test('is not let in while the ref that would tell cannot be read', async () => {
    const stage = await rewritten();
    stage.store.record = null;
    await stage.restart();
    const kept = vi.spyOn(stage.repository, 'kept').mockRejectedValueOnce(new Error('locked'));
    await stage.look('start');
    kept.mockRestore();
    await stage.wait(60_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.verdicts().at(-1)).toBe('denied');
  });
});

describe('signatures', () => {
  const signed = { config: { signatures } };

  test('nothing of an unsigned commit is read', async () => {
    const stage = await settled(small, signed);
    const unsigned = stage.commit({ coding: { ...small, coder1: 'implementer' } }, { signed: false });
    await stage.look('revision');
    await stage.wait(60_000);
    expect(stage.repository.verified).toContain(unsigned);
    expect(stage.repository.reads).not.toContain(unsigned);
    expect(stage.verdicts().at(-1)).toBe('denied');
  });

  test('an unsigned push that is taken back blocks no later commit', async () => {
    const stage = await settled(small, signed);
    const good = stage.repository.branch;
    stage.commit({ coding: {} }, { signed: false });
    await stage.look('revision');
    stage.repository.branch = good;
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder1');
  });

  test('a kept ref that names an unsigned commit is worth nothing', async () => {
    const stage = await settled(small, signed);
    const good = stage.repository.branch;
    const evil = stage.commit({ coding: { ...small, evil: 'implementer' } }, { signed: false });
    stage.repository.refs.set('admitted', evil);
    stage.store.record = null;
    await stage.restart();
    await stage.look('start');
    stage.repository.branch = good;
    await stage.look('revision');
    expect(stage.repository.reads).not.toContain(evil);
    expect(stage.deeds()).toEqual([]);
  });
});

describe('files that nobody has committed', () => {
  const many: Team = { ...small, coder1: 'implementer', coder2: 'implementer', coder3: 'implementer', coder4: 'implementer' };
  const everybody = ['boss', 'coder0', 'coder1', 'coder2', 'coder3', 'coder4', 'muse'];

  async function edited(): Promise<Stage> {
    const stage = new Stage({ config: { worktree: true } });
    stage.commit({ coding: many });
    await stage.look('start');
    await stage.wait(30_000);
    expect(stage.living()).toEqual(everybody);
    return stage;
  }

  test('are followed as they are', async () => {
    const stage = await edited();
    stage.commit({ coding: { ...many, coder5: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toEqual([...everybody, 'coder5'].sort());
    expect(stage.repository.refs.size).toBe(0);
    expect(stage.repository.verified).toEqual([]);
  });

  test.each([
    ['break the floor', { coder0: 'implementer' }],
    ['drop most of a fleet', without],
  ] as const)('that %s change nothing, not even after a restart', async (_what, team) => {
    const stage = await edited();
    stage.commit({ coding: team });
    await stage.look('revision');
    expect(stage.condition('Admitted')).toBe('False Denied');
    await stage.restart();
    stage.deeds();
    await stage.look('start');
    await stage.wait(600_000);
    expect(stage.living()).toEqual(everybody);
    expect(stage.deeds()).toEqual([]);
    // What was in force is gone for good; what is there next counts.
    stage.commit({ coding: { ...many, coder1: 'implementer, state: stopped' } });
    await stage.look('revision');
    expect(stage.living()).toEqual(everybody.filter((name) => name !== 'coder1'));
  });
});
