import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit, holderUnit } from '../../src/model/names.ts';
import { PortError } from '../../src/model/ports.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const coder = agentUnit('coder0');
const starts = (stage: Stage, name: string): number => stage.deeds().filter((deed) => deed === `start ${name}`).length;

describe('what somebody did by hand is healed at once', () => {
  const rows: readonly (readonly [string, (stage: Stage) => void, readonly string[]])[] = [
    ['stop', ({ machine }) => machine.stop(coder), ['start coder0']],
    ['disable', ({ machine }) => machine.enabled.delete(coder), ['enable coder0', 'reload']],
    ['an edited file', ({ machine }) => machine.files.delete('agents/coder0.env'), ['write agents/coder0.env']],
    [
      'the holder stopped',
      ({ machine }) => machine.stop(holderUnit),
      ['start mosaic-tmux-holder', 'start muse', 'start coder0', 'start boss'],
    ],
    ['an orphan', ({ machine }) => machine.addSession('x', { agent: 'gone', incarnation: 'of old' }), ['kill-session $4']],
  ];
  test.each(rows)('%s', async (_story, harm, deeds) => {
    const stage = await settled();
    harm(stage);
    await stage.look();
    expect(stage.deeds().sort()).toEqual([...deeds].sort());
    expect(stage.condition('Reconciled')).toBe('True UpToDate');
  });

  test('what systemd heals by itself is left to it', async () => {
    const stage = await settled();
    stage.machine.killPane('coder0');
    await stage.look();
    expect(stage.condition('Reconciled')).toBe('False Starting');
    await stage.wait(1000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.condition('Healthy')).toBe('True AllLive');
  });

  test('a stop now and then, all day', async () => {
    const stage = await settled();
    for (let n = 0; n < 100; n += 1) {
      stage.machine.stop(coder);
      await stage.look();
      expect(stage.living()).toContain('coder0');
      await stage.wait(3000);
    }
  });

  test('a stop whose signal got lost is healed by the next look of its own accord', async () => {
    const stage = await settled();
    stage.machine.stop(coder);
    await stage.wait(301_000);
    expect(stage.deeds()).toEqual(['start coder0']);
  });

  test('a start whose end nobody told of is looked at again', async () => {
    const stage = await settled();
    stage.deaf = true;
    stage.host.delay = () => 4000;
    stage.machine.stop(coder);
    await stage.look();
    expect(stage.condition('Reconciled')).toBe('False Starting');
    await stage.wait(8000);
    expect(stage.condition('Reconciled')).toBe('True UpToDate');
  });
});

describe('a fight', () => {
  test('is not fought for ever: who is stopped all the time is started less and less often', async () => {
    const stage = await settled();
    let healed = 0;
    for (let n = 0; n < 100; n += 1) {
      stage.machine.stop(coder);
      await stage.look();
      healed += starts(stage, 'coder0');
      await stage.wait(100);
    }
    expect(healed).toBeGreaterThan(5);
    expect(healed).toBeLessThan(20);
    expect(stage.status?.back_offs).toMatchObject([{ resource: coder }]);
    await stage.wait(1_000_000);
    expect(stage.living()).toContain('coder0');
    expect(stage.status?.back_offs).toEqual([]);
  });
});

describe('an agent that cannot live', () => {
  test('backs off, and is quarantined; the others heal at once', async () => {
    const stage = await settled();
    const times: number[] = [];
    stage.host.onWrite = ({ deed, target }) => {
      if (deed === 'start' && target === coder) times.push(stage.clock.now());
    };
    stage.machine.breaking.add(coder);
    stage.machine.stop(coder);
    await stage.look();
    await stage.wait(100_000);
    stage.machine.stop(agentUnit('muse'));
    await stage.look();
    expect(stage.living()).toContain('muse');
    await stage.wait(200_000);
    const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(pauses).toHaveLength(5);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
    stage.deeds();
    expect(stage.status?.back_offs).toMatchObject([{ resource: coder, failures: 6, quarantined: true }]);
    // When it is tried again, and after how many failures, is told beside it.
    expect(stage.status?.back_offs[0]?.why).not.toContain('again in');
    await stage.wait(600_000);
    expect(starts(stage, 'coder0')).toBe(1);
  });

  test('is tried at once with a new revision, and begins anew with its pauses', async () => {
    const stage = await settled();
    stage.machine.breaking.add(coder);
    stage.machine.stop(coder);
    await stage.look();
    await stage.wait(120_000);
    stage.deeds();
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(starts(stage, 'coder0')).toBe(1);
    expect(stage.status?.back_offs).toMatchObject([{ failures: 1, quarantined: false }]);
  });

  test('is forgotten once it has lived for a minute, not before', async () => {
    const stage = await settled();
    stage.machine.breaking.add(coder);
    stage.machine.stop(coder);
    await stage.look();
    stage.machine.breaking.clear();
    await stage.wait(40_000);
    expect(stage.living()).toContain('coder0');
    expect(stage.status?.back_offs).toHaveLength(1);
    await stage.look();
    await stage.wait(330_000);
    expect(stage.status?.back_offs).toEqual([]);
  });

  test('of a crash loop that systemd gives up on is brought back, less and less often', async () => {
    const stage = await settled();
    stage.machine.crashing.set(coder, 1);
    await stage.wait(3_600_000);
    const tries = starts(stage, 'coder0');
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
    stage.machine.crashing.clear();
    await stage.wait(1_000_000);
    expect(stage.living()).toContain('coder0');
  });
});

describe('while systemd does not say how units failed', () => {
  test('one that cannot live is brought back less and less often all the same', async () => {
    const stage = await settled();
    stage.hide('units.details', 'no');
    stage.machine.crashing.set(coder, 1);
    await stage.wait(3_600_000);
    const tries = starts(stage, 'coder0');
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(20);
  });

  test('what failed is tried at once when it says so again, and never twice for one failure', async () => {
    const stage = await settled();
    stage.hide('units.details', 'no');
    stage.machine.breaking.add(coder);
    stage.machine.stop(coder);
    await stage.look();
    await stage.wait(30_000);
    const { failures } = stage.status?.back_offs[0] ?? { failures: 0 };
    stage.showAll();
    await stage.look();
    expect(stage.status?.back_offs).toMatchObject([{ resource: coder, failures }]);
  });
});

describe('exit status 78', () => {
  const misconfigured = async (): Promise<Stage> => {
    const stage = await settled();
    stage.machine.crashing.set(coder, 78);
    await stage.wait(60_000);
    return stage;
  };

  test('is not tried again until something changes', async () => {
    const stage = await misconfigured();
    await stage.wait(3_600_000);
    expect(starts(stage, 'coder0')).toBe(0);
    expect(stage.status?.back_offs).toMatchObject([{ resource: coder, until: null, quarantined: true }]);
    expect(stage.condition('Healthy')).toBe('False AgentsDown');
  });

  test.each(['a new revision', 'somebody who asks', 'a restart of the controller'])('is tried again with %s', async (what) => {
    const stage = await misconfigured();
    stage.machine.crashing.clear();
    if (what === 'a new revision') stage.commit({ coding: { ...small, coder1: 'implementer' } });
    else if (what === 'somebody who asks') stage.ask();
    else await stage.restart();
    await stage.look('revision');
    expect(starts(stage, 'coder0')).toBe(1);
    await stage.wait(60_000);
    expect(stage.living()).toContain('coder0');
  });

  test('is tried again with a new revision, also where the clock was set back meanwhile', async () => {
    const stage = await misconfigured();
    stage.machine.crashing.clear();
    stage.clock.jump(-3_600_000);
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    await stage.look('revision');
    expect(stage.living()).toContain('coder0');
  });

  test('of an agent that was not rostered for a while is tried with the revision that names it again, however soon that comes', async () => {
    const stage = await misconfigured();
    stage.machine.crashing.clear();
    stage.commit({ coding: { boss: 'orchestrator', muse: 'enhancer' } });
    await stage.look('revision');
    stage.commit({ coding: small });
    await stage.look('revision');
    expect(stage.living()).toContain('coder0');
  });

  test('is tried with the revision that mends it, also where the controller dies as it comes into force', async () => {
    const stage = await misconfigured();
    stage.machine.crashing.clear();
    stage.commit({ coding: { ...small, coder1: 'implementer' } });
    stage.host.onWrite = () => {
      throw new Error('the process is gone');
    };
    await stage.pass('revision');
    stage.host.onWrite = null;
    await stage.restart();
    await stage.look('start');
    expect(stage.living()).toContain('coder0');
  });
});

test('exit status 78 of what was started before says nothing of what it is to be started with', async () => {
  const stage = await settled();
  stage.commit({ coding: { ...small, coder0: 'implementer, model_hint: new, on_change: next-start' } });
  await stage.look('revision');
  await stage.wait(1000);
  stage.machine.exit(coder, 78);
  await stage.look();
  expect(stage.deeds()).toContain('start coder0');
  expect(stage.living()).toContain('coder0');
});

test('a handover that has failed is not tried again and again at the cost of who serves', async () => {
  const stage = await settled();
  stage.commit({ coding: { chief: 'orchestrator, model_hint: exits-1', muse: 'enhancer', coder0: 'implementer' } });
  await stage.look('revision');
  await stage.wait(100_000);
  expect(stage.deeds().filter((deed) => deed === 'stop boss')).toHaveLength(1);
  expect(stage.living()).toContain('boss');
  expect(stage.status?.back_offs).toMatchObject([{ resource: agentUnit('chief'), quarantined: true }]);
});

describe('a mask', () => {
  test('is respected, and told', async () => {
    const stage = await settled();
    stage.machine.stop(agentUnit('boss'));
    stage.machine.masked.add(agentUnit('boss'));
    await stage.look();
    await stage.wait(3_600_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.condition('FloorHeld')).toBe('False Masked');
    stage.machine.masked.clear();
    await stage.look();
    expect(stage.living()).toContain('boss');
  });

  test('of the tmux holder is respected, and everything comes back when it is lifted', async () => {
    const stage = await settled();
    stage.machine.stop(holderUnit);
    stage.machine.masked.add(holderUnit);
    await stage.look();
    await stage.wait(3_600_000);
    expect(stage.deeds()).toEqual([]);
    expect(stage.condition('FloorHeld')).toBe('False Masked');
    stage.machine.masked.clear();
    await stage.look();
    await stage.wait(10_000);
    expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  });
});

describe('what fails time after time, and is no unit', () => {
  const rows = [
    ['linger', ({ machine }: Stage) => void Object.assign(machine, { linger: false })],
    ['write', ({ machine }: Stage) => void machine.files.delete('agents/coder0.env')],
    ['kill-session', ({ machine }: Stage) => void machine.addSession('x', { agent: 'gone', incarnation: 'of old' })],
    ['enable', ({ machine }: Stage) => void machine.enabled.delete(coder)],
  ] as const;
  test.each(rows)('%s: is tried less and less often, and then done', async (deed, harm) => {
    const stage = await settled();
    stage.host.fault({ deed, answer: new PortError('refused', 'no'), times: 1000 });
    harm(stage);
    await stage.look();
    await stage.wait(3_600_000);
    const tries = stage.deeds().filter((done) => done.startsWith(deed)).length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(20);
    stage.machine.stop(agentUnit('muse'));
    await stage.look();
    expect(stage.living()).toContain('muse');
    stage.host.heal();
    await stage.wait(1_000_000);
    expect(stage.condition('Reconciled')).toBe('True UpToDate');
  });

  test('reload: nothing runs wild', async () => {
    const stage = await settled();
    stage.host.fault({ deed: 'reload', answer: new PortError('refused', 'no'), times: 1000 });
    stage.commit({ coding: { ...small, coder0: 'implementer, resources: { tasks_max: 512 }' } });
    await stage.look('revision');
    await stage.wait(3_600_000);
    expect(stage.deeds().filter((deed) => deed === 'reload').length).toBeLessThan(40);
    stage.host.heal();
    await stage.wait(1_000_000);
    expect(stage.condition('Reconciled')).toBe('True UpToDate');
  });
});

test('an agent that takes long to end is told so once, and then waited for', async () => {
  const stage = await settled();
  stage.host.delay = ({ deed }) => (deed === 'stop' ? 9000 : 0);
  stage.commit({ coding: { boss: 'orchestrator', muse: 'enhancer' } });
  await stage.look('revision');
  await stage.wait(20_000);
  expect(stage.deeds().filter((deed) => deed === 'stop coder0')).toHaveLength(1);
  expect(stage.living()).toEqual(['boss', 'muse']);
  expect(stage.machine.files.has('agents/coder0.env')).toBe(false);
});

test('the file of an agent that is on its way down is written: systemd may start it again at once', async () => {
  const stage = await settled();
  const run = stage.machine.runs.get(coder);
  if (run === undefined) throw new Error('it is not there');
  stage.machine.runs.set(coder, { ...run, active: 'deactivating', sub: 'stop-sigterm' });
  stage.commit({ coding: { ...small, coder0: 'implementer, model_hint: other' } });
  await stage.look('revision');
  expect(stage.deeds()).toEqual(['write agents/coder0.env']);
});

test('the file of one that is to become orchestrator waits until it has ended', async () => {
  const stage = await settled();
  const run = stage.machine.runs.get(coder);
  if (run === undefined) throw new Error('it is not there');
  stage.machine.runs.set(coder, { ...run, active: 'deactivating', sub: 'stop-sigterm' });
  stage.commit({ coding: { muse: 'enhancer', coder0: 'orchestrator' } });
  await stage.look('revision');
  expect(stage.deeds()).toEqual([]);
});

test('an orchestrator stays while its successor is still coming up as what it was', async () => {
  const stage = await settled(small);
  stage.host.delay = ({ deed }) => (deed === 'start' ? 5000 : 0);
  stage.machine.stop(coder);
  await stage.pass();
  expect(stage.deeds()).toEqual(['start coder0']);
  stage.commit({ coding: { boss: 'implementer', muse: 'enhancer', coder0: 'orchestrator' } });
  await stage.pass('revision');
  expect(stage.deeds().filter((deed) => /^(stop|start|restart) /.test(deed))).toEqual([]);
  expect(stage.living()).toContain('boss');
  stage.host.delay = null;
  await stage.wait(60_000);
  expect(stage.deeds().filter((deed) => /^(stop|start|restart) /.test(deed))).toEqual([
    'stop coder0',
    'stop boss',
    'start boss',
    'start coder0',
    'restart mosaic-connector@coding',
  ]);
  expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
});

test('what could not be removed is told as long as it is there, and removed later', async () => {
  const stage = await settled(small);
  stage.host.fault({ deed: 'remove', answer: new PortError('failed', 'no'), times: 2 });
  stage.commit({ coding: { boss: 'orchestrator', muse: 'enhancer' } });
  await stage.look('revision');
  expect(stage.living()).toEqual(['boss', 'muse']);
  expect(stage.status?.back_offs).toMatchObject([{ resource: 'agents/coder0.env' }]);
  expect(stage.condition('Reconciled')).toBe('False HeldBack');
  await stage.wait(60_000);
  expect(stage.machine.files.has('agents/coder0.env')).toBe(false);
  expect(stage.condition('Reconciled')).toBe('True UpToDate');
});
