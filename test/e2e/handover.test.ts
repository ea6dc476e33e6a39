import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { type Agents, classes, roster } from './rosters.ts';
import { change, expectConverged, expectFloor, running, stories, story } from './story.ts';

const enhancer: Agents = { enhancer: 'enhancer' };
const old: Agents = { 'boss-a': 'orchestrator', ...enhancer };
const next: Agents = { 'boss-b': 'orchestrator', ...enhancer };

describe('the orchestrator is handed over', () => {
  story('the old one leaves, the new one enters at once, never two', async (host) => {
    const recorder = await running(host, old);
    await change(host, recorder, 'handover', next);
    expect((await host.json<Plan>(['plan'])).handovers).toEqual([
      { fleet: 'coding', leaving: 'boss-a', entering: 'boss-b', movers: [] },
    ]);
    await host.apply();
    expect(await host.activeAgents()).toEqual(['boss-b', 'enhancer']);
    expect(await host.enabledAgents()).toEqual(['boss-b', 'enhancer']);
    await expectConverged(host);
    await expectFloor(recorder, ['handover: orchestrator']);
  });

  stories(
    [
      ['whose working directory is missing', { working_directory: '~/nowhere' }],
      ['whose program ends at once', { runtime: 'broken' }],
    ] as const,
    async (host, [, fault]) => {
      const recorder = await running(host, old);
      await change(host, recorder, 'handover', { 'boss-b': { class: 'orchestrator', ...fault }, ...enhancer });
      const { status, stdout } = await host.muster(['apply', '--yes']);
      expect({ status, active: await host.activeAgents() }).toEqual({ status: 1, active: ['boss-a', 'enhancer'] });
      expect(stdout).toMatch(/failed/);
      expect(await host.enabledAgents()).toContain('boss-a');
      expect(await host.enabledAgents()).not.toContain('boss-b');
      await expectFloor(recorder, ['handover: orchestrator']);
    },
  );

  story('to one whose program is not installed: found before anything ends', async (host) => {
    const recorder = await running(host, old);
    const before = await host.sessions();
    const missing = { 'boss-b': { class: 'orchestrator', runtime: 'nothing' }, ...enhancer };
    await change(host, recorder, 'handover', missing, {
      runtimes: { toy: { command: 'sleep', args: ['infinity'] }, nothing: { command: 'no-such-program' } },
    });
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('runtime/missing') }).toEqual({ status: 1, told: true });
    expect(await host.sessions()).toEqual(before);
    await expectFloor(recorder);
  });

  story('after a failed one, a mended roster hands over', async (host) => {
    const recorder = await running(host, old);
    await change(host, recorder, 'failing', { 'boss-b': { class: 'orchestrator', working_directory: '~/later' }, ...enhancer });
    expect((await host.muster(['apply', '--yes'])).status).toBe(1);
    await host.writeFiles({ 'later/.keep': '' });
    await recorder.phase('mended', classes(next));
    await host.apply();
    expect(await host.activeAgents()).toEqual(['boss-b', 'enhancer']);
    await expectConverged(host);
    await expectFloor(recorder, ['failing: orchestrator', 'mended: orchestrator']);
  });

  story('and back again', async (host) => {
    const recorder = await running(host, old);
    await change(host, recorder, 'there', next);
    await host.apply();
    await change(host, recorder, 'back', old);
    await host.apply();
    expect(await host.activeAgents()).toEqual(['boss-a', 'enhancer']);
    await expectConverged(host);
    await expectFloor(recorder, ['back: orchestrator', 'there: orchestrator']);
  });

  story('while another agent takes its name: orchestrator and worker swap', async (host) => {
    const recorder = await running(host, { ada: 'orchestrator', bob: 'implementer', ...enhancer });
    await change(host, recorder, 'swap', { ada: 'implementer', bob: 'orchestrator', ...enhancer });
    await host.apply();
    expect(await host.activeAgents()).toEqual(['ada', 'bob', 'enhancer']);
    await expectConverged(host);
    await expectFloor(recorder, ['swap: orchestrator']);
  });

  story('while another agent takes its name, and fails: the old one is orchestrator again', async (host) => {
    const recorder = await running(host, { ada: 'orchestrator', bob: 'implementer', ...enhancer });
    await change(host, recorder, 'swap', {
      ada: 'implementer',
      bob: { class: 'orchestrator', working_directory: '~/nowhere' },
      ...enhancer,
    });
    expect((await host.muster(['apply', '--yes'])).status).toBe(1);
    expect(await host.classOf('ada')).toBe('orchestrator');
    expect(await host.enabledAgents()).toContain('ada');
    const { twoAtOnce } = await recorder.verdict();
    expect(twoAtOnce).toEqual([]);
  });

  story('orchestrator and sole enhancer swap: the orchestrator becomes enhancer before the enhancer leaves', async (host) => {
    const recorder = await running(host, { ada: 'orchestrator', bob: 'enhancer' });
    await change(host, recorder, 'swap', { ada: 'enhancer', bob: 'orchestrator' });
    await host.apply();
    expect(await host.activeAgents()).toEqual(['ada', 'bob']);
    await expectConverged(host);
    await expectFloor(recorder, ['swap: orchestrator']);
  });
});

describe('enhancers are replaced without a gap', () => {
  stories(
    [
      ['one by another', ['enhancer-a'], ['enhancer-b']],
      ['one by two', ['enhancer-a'], ['enhancer-b', 'enhancer-c']],
      ['two by one', ['enhancer-a', 'enhancer-b'], ['enhancer-c']],
      ['one of two stays', ['enhancer-a', 'enhancer-b'], ['enhancer-b', 'enhancer-c']],
      ['a worker is promoted', ['enhancer-a'], ['coder0']],
    ] as const,
    async (host, [, before, after]) => {
      const fleet = (names: readonly string[]): Agents => ({
        orchestrator: 'orchestrator',
        coder0: 'implementer',
        ...Object.fromEntries(names.map((name) => [name, 'enhancer'])),
      });
      const recorder = await running(host, fleet(before));
      await change(host, recorder, 'replace', fleet(after));
      await host.apply();
      expect(await host.activeAgents()).toEqual(Object.keys(fleet(after)).sort());
      await expectConverged(host);
      await expectFloor(recorder);
    },
  );

  story('by one that fails: the old one stays', async (host) => {
    const recorder = await running(host, { orchestrator: 'orchestrator', 'enhancer-a': 'enhancer' });
    await change(host, recorder, 'replace', {
      orchestrator: 'orchestrator',
      'enhancer-b': { class: 'enhancer', working_directory: '~/nowhere' },
    });
    expect((await host.muster(['apply', '--yes'])).status).toBe(1);
    expect(await host.activeAgents()).toContain('enhancer-a');
    await expectFloor(recorder);
  });
});

story('a fleet is renamed with all that is in it: as a handover to itself, never two', async (host) => {
  const agents: Agents = { orchestrator: 'orchestrator', enhancer: 'enhancer' };
  const recorder = await running(host, agents);
  await host.commit({ 'rosters/coding.yaml': roster(agents, { fleet: 'renamed' }) });
  await recorder.phase('rename', classes(agents, 'renamed'));
  await host.apply();
  expect(await host.activeAgents()).toEqual(['enhancer', 'orchestrator']);
  await expectConverged(host);
  const { twoAtOnce } = await recorder.verdict();
  expect(twoAtOnce).toEqual([]);
});
