import { describe, expect } from 'vitest';
import type { StatusReport } from '../../src/model/report.ts';
import { controlled } from './controller.ts';
import type { PrivateHost } from './host.ts';
import { floor, roster } from './rosters.ts';
import { story } from './story.ts';
import { Viewer } from './viewer.ts';

const stub = { class: 'implementer', runtime: 'stub', env: { STUB_QUIRKS: 'turn=60000' } };

async function reported(host: PrivateHost, name: string) {
  const { agents } = await host.json<StatusReport>(['ps']);
  const agent = agents.find((one) => one.name === name);
  if (agent === undefined) throw new Error(`ps does not tell of ${name}`);
  return agent;
}

describe('muster ps', () => {
  story('tells what agents do, what waits for them, and what their units use', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster({ ...floor, coder0: stub, coder1: stub }) });
    await host.apply();
    const idle = await host.waitFor('coder0 to be idle', async () => {
      const agent = await reported(host, 'coder0');
      return agent.activity.state === 'idle' && agent;
    });
    expect(idle).toMatchObject({ state: 'live', connector: 'tmux', inbox: { waiting: 0, dead: 0 }, cpu: expect.any(Number) });
    expect(['runtime', 'transcript', 'heartbeat', 'pane']).toContain(idle.activity.source);

    await host.muster(['send', 'coder0', 'Begin.', '--verify']);
    await host.waitFor('coder0 to be busy', async () => (await reported(host, 'coder0')).activity.state === 'busy');

    await host.systemctl('stop', 'mosaic-agent@coder1.service');
    await host.muster(['send', 'coder1', 'one']);
    await host.muster(['send', 'coder1', 'two']);
    expect(await reported(host, 'coder1')).toMatchObject({
      activity: { state: 'dead', source: 'unit' },
      inbox: { waiting: 2, dead: 0 },
      memory: null,
      cpu: null,
    });
  });

  story('says the same by the controller as by itself, and looks itself where that one is stuck', async (host) => {
    const { controller } = await controlled(host, { ...floor, coder0: stub });
    await host.waitFor('coder0 to be idle', async () => (await reported(host, 'coder0')).activity.state === 'idle');
    const what = ({ agents, fleets }: StatusReport) => ({
      fleets,
      agents: agents.map(({ activity: { state, source }, cpu, ...agent }) => ({ ...agent, state, source })),
    });
    const asked = what(await host.json<StatusReport>(['ps']));
    expect(asked).toEqual(what(await host.json<StatusReport>(['ps', '--ref', 'main'])));

    await host.muster(['send', 'coder0', 'Begin.', '--verify']);
    await host.waitFor('coder0 to be busy', async () => (await reported(host, 'coder0')).activity.state === 'busy');

    await controller.signal('SIGSTOP');
    expect(await host.json<StatusReport>(['ps'])).toMatchObject({ controller: { state: 'unresponsive' } });
    expect(await reported(host, 'coder0')).toMatchObject({ state: 'live', activity: { state: 'busy' } });
    await controller.signal('SIGCONT');
    await host.waitFor('the controller to answer', async () => {
      const { controller: told } = await host.json<StatusReport>(['ps']);
      return told.state === 'running';
    });
  });

  story('by a controller that has looked before tells of the run that there is now, as a look without it does', async (host) => {
    await controlled(host, { ...floor, coder0: stub });
    const isIdle = async () => {
      const agent = await reported(host, 'coder0');
      return agent.activity.state === 'idle' && agent;
    };
    const expectSame = async (): Promise<void> => {
      const looks = [await host.json<StatusReport>(['ps']), await host.json<StatusReport>(['ps', '--ref', 'main'])];
      const [asked, looked] = looks.map(({ agents }) =>
        agents.map(({ name, unit, session, state, since, restarts, activity }) => ({
          ...{ name, unit, session, state, since, restarts },
          ...{ does: activity.state, by: activity.source },
        })),
      );
      expect(asked).toEqual(looked);
    };
    const first = await host.waitFor('coder0 to be idle', isIdle);
    await expectSame();

    const { invocation } = await host.unit('coder0');
    await host.tmux('kill-session', '-t', '=coder0');
    await host.back('coder0', invocation);
    const second = await host.waitFor('the next coder0 to be idle', isIdle);
    expect(second.restarts).toBe((first.restarts ?? 0) + 1);
    expect(Date.parse(second.since ?? '')).toBeGreaterThan(Date.parse(first.since ?? ''));
    await expectSame();

    await host.muster(['suspend', 'coder0']);
    await host.systemctl('stop', 'mosaic-agent@coder0.service');
    expect(await reported(host, 'coder0')).toMatchObject({ activity: { state: 'dead', source: 'unit' }, cpu: null });
    await expectSame();

    await host.muster(['resume', 'coder0']);
    const third = await host.waitFor('coder0 to be idle again', isIdle);
    expect(third).toMatchObject({ state: 'live', restarts: 0 });
    await expectSame();
  });

  story('--watch follows in place, scrolls, heeds the size, and leaves the terminal as it was', async (host) => {
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`coder${index}`, 'implementer']));
    await host.commit({ 'rosters/coding.yaml': roster({ ...floor, ...many }) });
    await host.apply();
    const viewer = new Viewer(host);
    await viewer.open('muster ps --watch');
    await viewer.sees('q or Ctrl-C leaves');
    await viewer.tmux('resize-window', '-t', 'v', '-x', '60', '-y', '8');
    await viewer.sees('arrows scroll');
    expect((await viewer.screen()).split('\n').every((line) => line.length <= 60)).toBe(true);
    await viewer.types([...Buffer.from('\x1b[F')]);
    await viewer.sees('No controller');
    await viewer.tmux('resize-window', '-t', 'v', '-x', '100', '-y', '30');
    await viewer.sees('orchestrator');
    await host.systemctl('stop', 'mosaic-agent@coder3.service');
    await viewer.sees('11 of 12 agents live');
    await viewer.types([3]);
    await viewer.sees('left with 0');
    expect(await viewer.screen()).toMatch(/ icanon .* echo /s);
    expect(await viewer.tmux('display-message', '-p', '-t', 'v', '#{alternate_on} #{cursor_flag} #{wrap_flag}')).toBe('0 1 1\n');
  });
});
