import { describe, expect } from 'vitest';
import { configure, controlled, expectFleet, historyOf, installed, revisions, statusOf } from './controller.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { roster, small } from './rosters.ts';
import { story } from './story.ts';

const running = async (host: PrivateHost, agent: string): Promise<boolean> => (await host.activeAgents()).includes(agent);
const service = 'mosaic-controller.service';

describe('a service', () => {
  story('that stands still is ended by systemd and started again, and heals what it has missed', async (host) => {
    await host.writeFiles({ [`.config/systemd/user/${service}.d/test.conf`]: '[Service]\nWatchdogSec=5s\n' });
    const { controller } = await installed(host, small, { config: {} });
    const before = await controller.pid;
    await controller.signal('SIGSTOP');
    await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
    await host.waitFor('another process', async () => ![0, before].includes(await controller.pid));
    await expectFleet(host, small);
    const cut = await host.waitFor('it to tell what became of the run before', async () => {
      const told = await historyOf(host);
      return told.some((entry) => entry.kind === 'controller' && entry.message.includes('was cut short')) && told;
    });
    expect(revisions(cut).filter(({ outcome }) => outcome === 'admitted')).toHaveLength(1);
  });

  story('that has nothing to do is woken by nothing that it does itself', async (host) => {
    const { controller } = await controlled(host, small);
    const { passes } = await controller.look();
    const asked = 20;
    for (let time = 0; time < asked; time += 1) await controller.look();
    // Each look reads every unit, file and session. If that woke it, there would be another one for each of them.
    expect(((await statusOf(host))?.passes ?? 0) - passes).toBeLessThan(asked + asked / 2);
    await controller.stop();
  });
});

describe('what is suspended', () => {
  story('stays as it is, over a restart and a reboot, until it is resumed; that it has drifted is told', async (host) => {
    const { controller } = await installed(host, small, { config: {} });
    const staysDown = async (): Promise<void> => {
      const asked = await host.muster(['reconcile']);
      expect([asked.status, asked.stdout]).toEqual([1, expect.stringContaining('left alone: coder0 (suspended by')]);
      expect(await running(host, 'coder0')).toBe(false);
    };
    await host.must(['muster', 'suspend', 'coder0', '--reason', 'by hand']);
    await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder0')]);
    await staysDown();
    await controller.crash();
    await controller.told('anything', () => true);
    await staysDown();
    await host.reboot();
    const { coder0: _, ...others } = small;
    await expectFleet(host, others);
    const told = await controller.told('that it is suspended', ({ suspensions }) => suspensions.length === 1);
    expect(told.drift.length).toBeGreaterThan(0);
    expect(controller.condition(told, 'Suspended')).toBe('True: Agents');
    expect((await host.must(['muster', 'explain', 'coder0'])).toLowerCase()).toContain('by hand');
    await host.must(['muster', 'resume', 'coder0']);
    await expectFleet(host, small);
  });

  story('for a time is healed when that is up', async (host) => {
    const { controller } = await controlled(host, small);
    await host.must(['muster', 'suspend', 'coding', '--fleet', '--for', '4s']);
    await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
    await expectFleet(host, small);
    await controller.told('that nothing is suspended', ({ suspensions }) => suspensions.length === 0);
    await controller.stop();
  });
});

describe('run --once', () => {
  const once = (host: PrivateHost) => host.muster(['run', '--once'], { timeout: 120_000 });

  story('brings the host to where the branch is, and has nothing to do the next time', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    expect((await once(host)).status).toBe(0);
    await expectFleet(host, small);
    const before = await host.settled();
    expect((await once(host)).status).toBe(0);
    expect(await host.settled()).toEqual(before);
  });

  story('waits until a revision has proved itself, and fails where it is undone', async (host) => {
    await configure(host, { health: { deadline: '6s', stable: '1s' } });
    const commit = await host.commit({ 'rosters/coding.yaml': roster(small) });
    expect((await once(host)).status).toBe(0);
    expect(await statusOf(host)).toMatchObject({ applied: commit, good: commit });
    const bad = await host.commit({
      'rosters/coding.yaml': roster({ ...small, orchestrator: { class: 'orchestrator', runtime: 'broken' } }),
    });
    const undone = await once(host);
    expect(undone.status, undone.stderr).toBe(1);
    expect(undone.stderr).toContain('Admitted is not true, Quarantined');
    expect(await statusOf(host)).toMatchObject({ applied: commit, good: commit, quarantined: { revision: bad } });
    await expectFleet(host, small);
  });

  story('fails where the branch names what is denied, or what does not live, and says so', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    expect((await once(host)).status).toBe(0);
    await host.commit({ 'rosters/coding.yaml': roster({ enhancer: 'enhancer' }) });
    const denied = await once(host);
    expect(denied.status).toBe(1);
    expect(denied.stderr).toContain('Admitted is not true, Denied');
    await expectFleet(host, small);
    await host.commit({ 'rosters/coding.yaml': roster({ ...small, coder1: { class: 'implementer', runtime: 'broken' } }) });
    const broken = await once(host);
    expect(broken.status, broken.stderr).toBe(1);
    expect(broken.stderr).toContain('coder1');
  });
});
