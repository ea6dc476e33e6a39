import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { Status } from '../../src/model/status.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { classes, roster, small } from './rosters.ts';
import { expectConverged, expectFloor, running, stories, story } from './story.ts';

const names = Object.keys(small).sort();

/** Done by hand, seen by plan as drift of just those places, mended by apply. */
const drifts: readonly (readonly [
  name: string,
  deed: (host: PrivateHost) => Promise<unknown>,
  actions: readonly string[],
  drift: readonly string[],
])[] = [
  [
    'stopped by hand',
    (host) => host.must(['systemctl', '--user', 'stop', unitOf('coder0')]),
    [`start ${unitOf('coder0')}`],
    ['active', 'config', 'session'],
  ],
  [
    'disabled by hand',
    (host) => host.must(['systemctl', '--user', 'disable', unitOf('coder0')]),
    [`enable ${unitOf('coder0')}`],
    ['enabled'],
  ],
  [
    'stopped and disabled by hand',
    (host) => host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder0')]),
    [`enable ${unitOf('coder0')}`, `start ${unitOf('coder0')}`],
    ['active', 'config', 'enabled', 'session'],
  ],
  [
    'its environment file edited by hand',
    (host) => host.must(['sh', '-c', 'sed -i s/MOSAIC_CLASS=.*/MOSAIC_CLASS=boss/ .config/mosaic/fleet/agents/coder0.env']),
    ['write agents/coder0.env'],
    ['files'],
  ],
  [
    'its environment file removed by hand',
    (host) => host.must(['rm', '.config/mosaic/fleet/agents/coder0.env']),
    ['write agents/coder0.env'],
    ['files'],
  ],
];

describe('what is changed by hand is drift, and the next apply mends it', () => {
  stories(drifts, async (host, [, deed, actions, drift]) => {
    const recorder = await running(host, small);
    await recorder.phase('by hand', classes(small));
    await deed(host);
    const plan = await host.json<Plan>(['plan']);
    expect(plan.actions.filter(({ verb }) => verb !== 'reload').map(({ id }) => id)).toEqual(actions);
    expect(
      plan.actions.every(({ reason }) => ['drifted', 'unit-file-changed', 'enablement-changed', 'rostered'].includes(reason)),
    ).toBe(true);
    const { agents } = await host.json<Status>(['ps']);
    expect(agents.find(({ name }) => name === 'coder0')?.drift).toEqual(drift);
    await host.apply();
    expect(await host.activeAgents()).toEqual(names);
    expect(await host.enabledAgents()).toEqual(names);
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('a ghost: enabled by hand, in no roster, loaded nowhere', async (host) => {
    const recorder = await running(host, small);
    const wants = '.config/systemd/user/default.target.wants';
    await host.writeFiles({
      [`${wants}/${unitOf('ghost')}`]: { link: `${host.home}/.config/systemd/user/mosaic-agent@.service` },
    });
    const { unrostered } = await host.json<Status>(['ps']);
    expect(unrostered).toMatchObject([{ unit: unitOf('ghost'), name: 'ghost' }]);
    expect((await host.json<Plan>(['plan'])).actions).toMatchObject([
      { id: `disable ${unitOf('ghost')}`, reason: 'not-rostered' },
      { verb: 'reload' },
    ]);
    await host.apply();
    expect(await host.enabledAgents()).toEqual(names);
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('a running instance of our template that no roster names is stopped and disabled', async (host) => {
    const recorder = await running(host, small);
    const env = (await host.readFile('.config/mosaic/fleet/agents/coder0.env')) ?? '';
    await host.writeFiles({ '.config/mosaic/fleet/agents/stranger.env': env.replace('AGENT="coder0"', 'AGENT="stranger"') });
    await host.must(['systemctl', '--user', 'enable', '--now', unitOf('stranger')]);
    await host.back('stranger');
    await host.apply();
    expect(await host.activeAgents()).toEqual(names);
    expect(await host.enabledAgents()).toEqual(names);
    expect((await host.sessions()).map(({ name }) => name)).not.toContain('stranger');
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('a failed unit is reset and started', async (host) => {
    const recorder = await running(host, small);
    // 78 is not restarted by systemd: the unit stays failed.
    const env = '.config/mosaic/fleet/agents/coder0.env';
    const text = (await host.readFile(env)) ?? '';
    await host.writeFiles({ [env]: { text: text.replace('ARGC="2"', 'ARGC="0"') } });
    await host.systemctl('restart', unitOf('coder0'));
    await host.waitFor('coder0 to fail', async () => (await host.unit('coder0')).active === 'failed');
    await recorder.phase('mend', classes(small));
    const plan = await host.json<Plan>(['plan']);
    expect(plan.actions.map(({ id }) => id)).toEqual([
      'write agents/coder0.env',
      `reset-failed ${unitOf('coder0')}`,
      `start ${unitOf('coder0')}`,
    ]);
    expect(plan.actions.at(-1)?.reason).toBe('failed');
    await host.apply();
    expect(await host.activeAgents()).toEqual(names);
    await expectConverged(host);
    await expectFloor(recorder);
  });
});

describe('what dies comes back by itself, without Muster', () => {
  stories(
    [
      ['the process of the pane is killed', async (host: PrivateHost) => host.kill((await host.sessionOf('coder0')).pid)],
      [
        'the agent below the pane is killed',
        async (host: PrivateHost) => host.must(['pkill', '-KILL', '-P', String((await host.sessionOf('coder0')).pid)]),
      ],
      ['its session is killed', (host: PrivateHost) => host.must(['tmux', '-L', 'mosaic', 'kill-session', '-t', '=coder0'])],
      [
        'its supervisor is killed',
        async (host: PrivateHost) =>
          host.must(['systemctl', '--user', 'kill', '-s', 'KILL', '--kill-who=main', unitOf('coder0')]),
      ],
    ] as const,
    async (host, [, deed]) => {
      const recorder = await running(host, small);
      const others = (await host.sessions()).filter(({ name }) => name !== 'coder0');
      const before = await host.unit('coder0');
      await deed(host);
      await host.back('coder0', before.invocation);
      expect((await host.sessions()).filter(({ name }) => name !== 'coder0')).toEqual(others);
      await expectConverged(host);
      await expectFloor(recorder);
    },
  );

  story('the tmux server is killed: the holder and every agent come back inside a new one', async (host) => {
    const recorder = await running(host, small);
    const before = await Promise.all(names.map((name) => host.unit(name)));
    await recorder.phase('server killed', classes(small), { outage: true });
    await host.kill(Number(await host.must(['tmux', '-N', '-L', 'mosaic', 'display-message', '-p', '#{pid}'])));
    for (const [index, name] of names.entries()) await host.back(name, before[index]?.invocation);
    await recorder.phase('back', classes(small));
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('ps counts the restarts', async (host) => {
    await running(host, small);
    const { invocation } = await host.unit('coder0');
    await host.kill((await host.sessionOf('coder0')).pid);
    await host.back('coder0', invocation);
    const { agents } = await host.json<Status>(['ps']);
    expect(agents.map(({ name, restarts }) => [name, restarts])).toEqual([
      ['coder0', 1],
      ['enhancer', 0],
      ['orchestrator', 0],
    ]);
  });
});

describe('apply does not take for running what does not stay up:', () => {
  const fleet = (script: string, more: object = {}, orchestrator = 'orchestrator'): string => {
    const toy = { command: 'sleep', args: ['infinity'] };
    const mortal = { command: 'sh', args: ['-c', script] };
    const agents = {
      [orchestrator]: 'orchestrator',
      enhancer: 'enhancer',
      mortal: { class: 'worker', runtime: 'mortal', ...more },
    };
    return roster(agents, { runtimes: { toy, mortal } });
  };

  stories(
    [
      ['a core agent that ends at once, again and again', 'exit 0', {}, 1],
      ['an ephemeral agent that fails at once, again and again', 'exit 1', { lifecycle: 'ephemeral' }, 1],
      ['but an ephemeral agent that is done at once is done', 'exit 0', { lifecycle: 'ephemeral' }, 0],
      ['and who needs a second start has one', 'test -e ~/again && exec sleep infinity; touch ~/again; exit 1', {}, 0],
    ] as const,
    async (host, [, script, more, expected]) => {
      await host.commit({ 'rosters/coding.yaml': fleet(script, more) });
      const { status, stdout, stderr } = await host.muster(['apply', '--yes']);
      expect(status, `${stdout}${stderr}`).toBe(expected);
    },
  );

  story('an agent that is brought back time after time while a handover is on probation', async (host) => {
    await running(host, small);
    await host.commit({ 'rosters/coding.yaml': fleet('sleep 0.3; exit 1', {}, 'boss-b') });
    const { status, stdout } = await host.muster(['apply', '--yes']);
    expect(status, stdout).toBe(1);
    expect(stdout).toContain(`still coming up: ${unitOf('mortal')}`);
  });
});
