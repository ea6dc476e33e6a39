import { describe, expect } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { Status } from '../../src/model/status.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { classes, floor, roster, small } from './rosters.ts';
import { change, expectConverged, expectFloor, running, stories, story } from './story.ts';

const unitDir = '.config/systemd/user';
const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n';

describe('what is not ours is never touched', () => {
  story('units and sessions of other names live through every transition', async (host) => {
    await host.writeFiles({ [`${unitDir}/mine.service`]: sleeper, [`${unitDir}/mosaic-thing.service`]: sleeper });
    for (const unit of ['mine', 'mosaic-thing']) await host.must(['systemctl', '--user', 'enable', '--now', unit]);
    const recorder = await running(host, small);
    await host.must(['tmux', '-N', '-L', 'mosaic', 'new-session', '-d', '-s', 'scratch', 'sleep', 'infinity']);
    const before = await host.must(['systemctl', '--user', 'show', '-p', 'InvocationID,UnitFileState', 'mine', 'mosaic-thing']);
    const scratch = (await host.sessions()).find(({ name }) => name === 'scratch');
    await change(host, recorder, 'remove', floor);
    await host.apply();
    await change(host, recorder, 'add', small);
    await host.apply();
    await expectConverged(host);
    expect(await host.must(['systemctl', '--user', 'show', '-p', 'InvocationID,UnitFileState', 'mine', 'mosaic-thing'])).toBe(
      before,
    );
    expect((await host.sessions()).find(({ name }) => name === 'scratch')).toEqual(scratch);
    await expectFloor(recorder);
  });

  story('a session with an agent’s name: the agent is held back, the session lives, the others start', async (host) => {
    const recorder = await running(host, floor);
    await host.must(['tmux', '-N', '-L', 'mosaic', 'new-session', '-d', '-s', 'coder0', 'sleep', 'infinity']);
    await refused(host, recorder, 'session/foreign');
    expect((await host.sessions()).find(({ name }) => name === 'coder0')).toMatchObject({ agent: '' });
  });

  story('a unit file with an agent’s name', async (host) => {
    const recorder = await running(host, floor);
    await host.writeFiles({ [`${unitDir}/${unitOf('coder0')}`]: sleeper });
    await host.must(['systemctl', '--user', 'daemon-reload']);
    await host.must(['systemctl', '--user', 'start', unitOf('coder0')]);
    const { invocation } = await host.unit('coder0');
    await refused(host, recorder, 'unit/foreign');
    expect(await host.unit('coder0')).toMatchObject({ active: 'active', invocation });
    expect(await host.readFile(`${unitDir}/${unitOf('coder0')}`)).toBe(sleeper);
  });

  story('a masked unit: told with its code, never unmasked', async (host) => {
    const recorder = await running(host, floor);
    await host.must(['systemctl', '--user', 'mask', unitOf('coder0')]);
    await refused(host, recorder, 'unit/masked');
    expect(await host.must(['readlink', `${unitDir}/${unitOf('coder0')}`])).toBe('/dev/null\n');
  });

  story('a masked unit of an agent that runs', async (host) => {
    await running(host, small);
    await host.must(['systemctl', '--user', 'mask', unitOf('coder0')]);
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('unit/masked') }).toEqual({ status: 1, told: true });
    expect((await host.json<Status>(['ps'])).agents.find(({ name }) => name === 'coder0')?.state).toBe('masked');
  });

  story('a template of connectors that somebody else wrote: its instances live on, until it is taken over', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    await host.writeFiles({ [`${unitDir}/mosaic-connector@.service`]: sleeper });
    await host.must(['systemctl', '--user', 'daemon-reload']);
    for (const fleet of ['prod', 'coding'])
      await host.must(['systemctl', '--user', 'enable', '--now', `mosaic-connector@${fleet}`]);
    const state = (fleet: string) =>
      host.must(['systemctl', '--user', 'show', '-p', 'ActiveState,InvocationID,UnitFileState', `mosaic-connector@${fleet}`]);
    const before = [await state('prod'), await state('coding')];
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('file/foreign') }).toEqual({ status: 1, told: true });
    expect([await state('prod'), await state('coding')]).toEqual(before);
    expect(before[0]).toContain('ActiveState=active');
    await host.apply('--adopt');
    expect(await state('prod')).toContain('ActiveState=inactive');
    expect(await state('coding')).toContain('ActiveState=active');
    expect(await state('coding')).not.toBe(before[1]);
    await expectConverged(host);
  });

  story('an agent template in another directory of systemd is found, and nothing of its instances is touched', async (host) => {
    await host.writeFiles({ '.local/share/systemd/user/mosaic-agent@.service': sleeper });
    await host.must(['systemctl', '--user', 'daemon-reload']);
    await host.must(['systemctl', '--user', 'start', unitOf('canary')]);
    const { invocation } = await host.unit('canary');
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    for (const round of ['first', 'second']) {
      const { status, stderr } = await host.muster(['apply', '--yes']);
      expect({ round, status, told: stderr.includes('unit/foreign') }).toEqual({ round, status: 1, told: true });
    }
    expect(await host.unit('canary')).toMatchObject({ active: 'active', invocation });
  });

  story('a role document that somebody else wrote is left alone, with --adopt taken over', async (host) => {
    const role = '.config/mosaic/fleet/roles/orchestrator.md';
    await host.writeFiles({ [role]: '# Mine\n' });
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('file/foreign') }).toEqual({ status: 1, told: true });
    expect(await host.readFile(role)).toBe('# Mine\n');
    await host.apply('--adopt');
    expect(await host.readFile(role)).toContain('muster format_version');
    await expectConverged(host);
  });

  story('a file of a newer format', async (host) => {
    await running(host, floor);
    const file = '.config/mosaic/fleet/agents/coder0.env';
    await host.writeFiles({ [file]: '# muster format_version=2.0\nMOSAIC_AGENT="coder0"\n' });
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('file/newer-format') }).toEqual({ status: 1, told: true });
    expect(await host.readFile(file)).toContain('2.0');
  });

  story('a tmux server on our socket that somebody started', async (host) => {
    await host.must(['tmux', '-L', 'mosaic', 'new-session', '-d', '-s', 'scratch', 'sleep', 'infinity']);
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const before = await host.sessions();
    const { status, stderr } = await host.muster(['apply', '--yes']);
    expect({ status, told: stderr.includes('tmux/foreign-server') }).toEqual({ status: 1, told: true });
    expect(await host.sessions()).toEqual(before);
    expect(await host.activeAgents()).toEqual([]);
    await host.must(['tmux', '-L', 'mosaic', 'kill-server']);
    await host.apply();
    await expectConverged(host);
  });
});

/** Nothing at all is done about a roster that needs what somebody else has; the findings say what. */
async function refused(host: PrivateHost, recorder: Awaited<ReturnType<typeof running>>, code: string): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster(small) });
  await recorder.phase('refused', classes(small));
  const before = await host.settled();
  expect((await host.muster(['plan'])).status).toBe(1);
  const { status, stderr } = await host.muster(['apply', '--yes']);
  expect({ status, told: stderr.includes(code), stack: /\n {4}at /.test(stderr) }).toEqual({
    status: 1,
    told: true,
    stack: false,
  });
  expect(await host.settled()).toEqual(before);
  await recorder.verdict();
}

describe('a host that already ran agents', () => {
  /** Units as an earlier installation has them: our names, no marker. */
  const earlier = {
    [`${unitDir}/mosaic-tmux-holder.service`]:
      '[Service]\nType=forking\nExecStart=/usr/bin/tmux -L mosaic -f /dev/null new-session -d -s _holder sleep infinity\nExecStop=-/usr/bin/tmux -L mosaic kill-server\n[Install]\nWantedBy=default.target\n',
    [`${unitDir}/mosaic-agent@.service`]: `[Unit]\nRequires=mosaic-tmux-holder.service\nAfter=mosaic-tmux-holder.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/tmux -L mosaic new-session -d -s %i sleep infinity\nExecStop=-/usr/bin/tmux -L mosaic kill-session -t =%i\n[Install]\nWantedBy=default.target\n`,
  };

  async function install(host: PrivateHost, now: boolean): Promise<void> {
    await host.writeFiles(earlier);
    await host.must(['systemctl', '--user', 'daemon-reload']);
    const units = ['mosaic-tmux-holder.service', ...['orchestrator', 'enhancer', 'old'].map(unitOf)];
    await host.must(['systemctl', '--user', 'enable', ...(now ? ['--now'] : []), ...units]);
  }

  stories(
    [
      ['of an unmarked template, at rest, is left alone, with --adopt taken over', false],
      ['of an unmarked template, running, is left alone, with --adopt taken over', true],
    ] as const,
    async (host, [, now]) => {
      await install(host, now);
      await host.commit({ 'rosters/coding.yaml': roster(small) });
      const before = await host.everything();
      const { status, stderr } = await host.muster(['apply', '--yes']);
      expect({ status, told: stderr.includes('unit/foreign'), hint: stderr.includes('--adopt') }).toEqual({
        status: 1,
        told: true,
        hint: true,
      });
      expect(await host.everything()).toEqual(before);

      const plan = await host.json<Plan>(['plan', '--adopt']);
      expect(plan.actions.map(({ id }) => id)).toEqual(
        expect.arrayContaining([
          'write units/mosaic-agent@.service',
          `disable ${unitOf('old')}`,
          ...(now ? [`stop ${unitOf('old')}`] : []),
        ]),
      );
      const recorder = await host.record('adopt', classes(small));
      await host.apply('--adopt');
      expect(await host.activeAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
      expect(await host.enabledAgents()).toEqual(['coder0', 'enhancer', 'orchestrator']);
      expect((await host.sessions()).map(({ name }) => name)).not.toContain('old');
      await expectConverged(host);
      const { twoAtOnce, disagreements } = await recorder.verdict();
      expect({ twoAtOnce, disagreements }).toEqual({ twoAtOnce: [], disagreements: [] });
    },
  );

  stories(
    [
      ['of our own template, its record lost, is not pruned without --adopt', false],
      ['of our own template, its record lost, is pruned with --adopt', true],
    ] as const,
    async (host, [, adopt]) => {
      const recorder = await running(host, small);
      await host.must(['rm', '-r', '.local/state/mosaic']);
      await change(host, recorder, 'adopt', floor);
      const { status, stderr } = await host.muster(['apply', '--yes', ...(adopt ? ['--adopt'] : [])]);
      expect({ status, told: stderr.includes('adopt/needed') }).toEqual({ status: 0, told: !adopt });
      expect(await host.activeAgents()).toEqual(adopt ? ['enhancer', 'orchestrator'] : ['coder0', 'enhancer', 'orchestrator']);
      await expectFloor(recorder);
    },
  );
});
