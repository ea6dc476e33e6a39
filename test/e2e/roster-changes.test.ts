import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { unitOf } from './host.ts';
import { type Agents, classes, floor, roster, small } from './rosters.ts';
import { change, expectConverged, expectFloor, running, stories, story } from './story.ts';

describe('agents come and go', () => {
  story('an added agent starts; nobody else is touched', async (host) => {
    const recorder = await running(host, floor);
    const before = await host.sessions();
    await change(host, recorder, 'add', small);
    await host.apply();
    const after = await host.sessions();
    expect(after.map(({ name }) => name).sort()).toEqual(['_holder', 'coder0', 'enhancer', 'orchestrator']);
    expect(after).toEqual(expect.arrayContaining(before));
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('a removed agent is gone: process, session, boot, files, and after a reboot', async (host) => {
    const recorder = await running(host, { ...small, coder1: { class: 'implementer', resources: { tasks_max: 50 } } });
    const leaving = ['coder0', 'coder1'];
    const pids = await Promise.all(leaving.map(async (name) => (await host.sessionOf(name)).pid));
    await change(host, recorder, 'remove', floor);
    await host.apply();
    await expectFloor(recorder);
    const expectGone = async (): Promise<void> => {
      expect(await host.activeAgents()).toEqual(['enhancer', 'orchestrator']);
      expect(await host.enabledAgents()).toEqual(['enhancer', 'orchestrator']);
      expect((await host.sessions()).map(({ name }) => name).sort()).toEqual(['_holder', 'enhancer', 'orchestrator']);
      expect(await host.must(['sh', '-c', 'ls .config/mosaic/fleet/agents; ls .config/systemd/user'])).not.toMatch(/coder/);
    };
    await expectGone();
    for (const pid of pids) expect((await host.run(['kill', '-0', String(pid)])).status).not.toBe(0);
    await expectConverged(host);
    await host.reboot();
    await host.back('orchestrator');
    await host.back('enhancer');
    await expectGone();
  });

  story('a disabled agent runs, and does not come back at boot; the next apply starts it', async (host) => {
    const agents = { ...floor, coder0: { class: 'implementer', enabled: false } };
    const recorder = await running(host, agents);
    expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
    expect(await host.enabledAgents()).toEqual(['enhancer', 'orchestrator']);
    await recorder.phase('reboot', classes(agents), { outage: true });
    await host.reboot();
    await host.back('orchestrator');
    await host.back('enhancer');
    expect((await host.unit('coder0')).active).toBe('inactive');
    await recorder.phase('apply', classes(agents));
    await host.apply();
    expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story(
    'an agent stopped in the roster stops, stays listed, stays down after a reboot, and starts again when asked',
    async (host) => {
      const recorder = await running(host, small);
      const stopped = { ...floor, coder0: { class: 'implementer', state: 'stopped' } };
      await change(host, recorder, 'stop', stopped);
      await host.apply();
      expect(await host.activeAgents()).toEqual(['enhancer', 'orchestrator']);
      expect(await host.enabledAgents()).toEqual(['enhancer', 'orchestrator']);
      await expectConverged(host);
      await change(host, recorder, 'start', small);
      await host.apply();
      expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
      await expectConverged(host);
      await expectFloor(recorder);
    },
  );

  story('without linger nothing would come back after a reboot; apply sets it', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    expect(await host.must(['loginctl', 'show-user', '-p', 'Linger'])).toBe('Linger=no\n');
    await host.apply();
    expect(await host.must(['loginctl', 'show-user', '-p', 'Linger'])).toBe('Linger=yes\n');
  });

  story('two fleets on one host: each has its own floor, and one leaves without the other noticing', async (host) => {
    const other: Agents = { 'lead-b': 'orchestrator', 'enhancer-b': 'enhancer' };
    await host.commit({ 'rosters/coding.yaml': roster(small), 'rosters/other.yaml': roster(other) });
    const recorder = await host.record('both', { ...classes(small), ...classes(other, 'other') });
    await host.apply();
    expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'enhancer-b', 'lead-b', 'orchestrator']);
    const before = await host.sessionOf('orchestrator');
    await host.commit({ 'rosters/other.yaml': null }, 'Let other go\n\nMuster-Allow-Prune: other');
    await recorder.phase('one leaves', classes(small));
    await host.apply();
    expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
    expect(await host.sessionOf('orchestrator')).toEqual(before);
    const { twoAtOnce, gaps } = await recorder.verdict();
    expect({ twoAtOnce, gaps: gaps.filter(({ fleet }) => fleet === 'coding') }).toEqual({ twoAtOnce: [], gaps: [] });
  });
});

describe('configuration changes', () => {
  story('a worker is restarted with its new environment, and nobody else', async (host) => {
    const recorder = await running(host, small);
    const others = (await host.sessions()).filter(({ name }) => name !== 'coder0');
    const before = await host.unit('coder0');
    const changed = { ...floor, coder0: { class: 'implementer', env: { EDITOR: 'ed' } } };
    await change(host, recorder, 'change', changed);
    const plan = await host.json<Plan>(['plan']);
    expect(plan.actions.filter(({ kind }) => kind === 'agent')).toMatchObject([
      { id: `restart ${unitOf('coder0')}`, reason: 'config-changed', disruptive: true },
    ]);
    await host.apply();
    expect((await host.unit('coder0')).invocation).not.toBe(before.invocation);
    expect(await host.environmentOf('coder0')).toMatchObject({ EDITOR: 'ed' });
    expect((await host.sessions()).filter(({ name }) => name !== 'coder0')).toEqual(others);
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('on_change: next-start waits, is told as pending, and takes effect at the next start', async (host) => {
    const worker = (editor: string): Agents => ({
      ...floor,
      coder0: { class: 'implementer', on_change: 'next-start', env: { EDITOR: editor } },
    });
    const recorder = await running(host, worker('ed'));
    const before = await host.sessions();
    await change(host, recorder, 'change', worker('vi'));
    expect((await host.json<Plan>(['plan'])).pending).toMatchObject([{ name: 'coder0', reason: 'config-changed' }]);
    await host.apply();
    expect(await host.sessions()).toEqual(before);
    expect((await host.json<Plan>(['plan'])).pending).toMatchObject([{ name: 'coder0' }]);
    await expectConverged(host);
    await host.kill((await host.sessionOf('coder0')).pid);
    await host.waitFor('coder0 with its new environment', async () => {
      const environment = await host.environmentOf('coder0').catch(() => ({ EDITOR: '' }));
      return environment.EDITOR === 'vi';
    });
    await host.waitFor('nothing pending', async () => (await host.json<Plan>(['plan'])).pending.length === 0);
    await expectFloor(recorder);
  });

  stories(
    [
      ['the sole orchestrator is restarted in one announced gap', 'orchestrator'],
      ['the sole enhancer is restarted in one announced gap', 'enhancer'],
    ] as const,
    async (host, [, name]) => {
      const recorder = await running(host, small);
      await change(host, recorder, 'change', { ...small, [name]: { class: name, env: { EDITOR: 'ed' } } });
      await host.apply();
      expect(await host.environmentOf(name)).toMatchObject({ EDITOR: 'ed' });
      await expectConverged(host);
      await expectFloor(recorder, [`change: ${name}`]);
    },
  );

  story('several enhancers change one at a time: one is always live', async (host) => {
    const enhancers = (editor: string): Agents => ({
      orchestrator: 'orchestrator',
      'enhancer-a': { class: 'enhancer', env: { EDITOR: editor } },
      'enhancer-b': { class: 'enhancer', env: { EDITOR: editor } },
      'enhancer-c': { class: 'enhancer', env: { EDITOR: editor } },
    });
    const recorder = await running(host, enhancers('ed'));
    await change(host, recorder, 'change', enhancers('vi'));
    await host.apply();
    for (const name of ['enhancer-a', 'enhancer-b', 'enhancer-c']) {
      expect(await host.environmentOf(name)).toMatchObject({ EDITOR: 'vi' });
    }
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('a role document of the repository reaches the agents of its class, and restarts them when it changes', async (host) => {
    await host.commit({ 'rosters/roles/coder.md': roleDocument('Write small commits.') });
    const recorder = await running(host, small);
    const role = '.config/mosaic/fleet/roles/coder.md';
    expect(await host.readFile(role)).toContain('Write small commits.');
    const before = await host.unit('coder0');
    await host.commit({ 'rosters/roles/coder.md': roleDocument('Write smaller commits.') });
    await recorder.phase('role', classes(small));
    await host.apply();
    expect(await host.readFile(role)).toContain('Write smaller commits.');
    expect((await host.unit('coder0')).invocation).not.toBe(before.invocation);
    await expectConverged(host);
    await expectFloor(recorder);
  });
});

const roleDocument = (text: string): string => `---\nclasses: [implementer]\n---\n# Coder\n\n${text}\n`;
