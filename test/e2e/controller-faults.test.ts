import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { Controller, controlled, deeds, expectFleet, finish, follow, historyOf, revisions, stateDir } from './controller.ts';
import { type PrivateHost, packageRoot, unitOf } from './host.ts';
import { type Agents, classes, small } from './rosters.ts';
import { stories, story } from './story.ts';

const larger: Agents = { ...small, coder1: 'implementer' };

describe('what is below the controller goes, and comes back', () => {
  stories(
    [
      ['the message bus is killed', (host: PrivateHost) => host.crashBus()],
      ['the user manager is re-executed', (host: PrivateHost) => host.systemctl('daemon-reexec')],
      ['the user manager is restarted, and everything with it', restartManager],
      ['the bus is killed twice, and the manager re-executed in between', crashTwice],
    ] as const,
    async (host, [, deed]) => {
      const run = await controlled(host, small);
      await run.recorder.phase('away', classes(small), { outage: true });
      await deed(host);
      await expectFleet(host, small);
      // Whoever lost its subscription would not hear of this, nor of what comes next.
      await run.controller.look();
      await run.recorder.phase('back', classes(small));
      const { invocation } = await host.unit('coder0');
      await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder0')]);
      await host.back('coder0', invocation);
      await expectFleet(host, small);
      await follow(run, 'larger', larger);
      await finish(run);
    },
  );
});

describe('the bus tells of signals oddly', () => {
  stories([['lost'], ['doubled'], ['late']] as const, async (host, [oddity]) => {
    const run = await controlled(host, small);
    await run.controller.stop();
    const proxy = host.spawn(['node', join(packageRoot, 'test/e2e/inside/odd-bus.mjs'), `${host.runtimeDir}/bus`, oddity], {
      timeout: 600_000,
    });
    await proxy.saw('ready');
    const controller = new Controller(host);
    await controller.told('anything', () => true);
    await follow({ ...run, controller }, 'larger', larger);
    await run.recorder.phase('smaller', classes(small));
    await follow({ ...run, controller }, 'small again', small);
    await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder0')]);
    await expectFleet(host, small);
    await finish({ ...run, controller });
  });
});

describe('what the controller writes of itself', () => {
  stories(
    [
      ['cannot be written: the disk takes no byte more', full, roomy],
      ['cannot be written: its directory is closed', closed, opened],
    ] as const,
    async (host, [, deed, mend]) => {
      const run = await controlled(host, small);
      await deed(host, await run.controller.pid);
      for (const agent of ['coder0', 'coder0']) {
        const { invocation } = await host.unit(agent);
        await host.must(['systemctl', '--user', 'stop', unitOf(agent)]);
        await host.back(agent, invocation);
      }
      await host.waitFor('the trouble to be told', async () => {
        const { stdout } = await host.muster(['ps', '--json']);
        return JSON.parse(stdout).controller.status?.obstacle !== null;
      });
      await mend(host, await run.controller.pid);
      await follow(run, 'larger', larger);
      await finish(run);
      const starts = deeds(await historyOf(host)).filter(({ id }) => id === `start ${unitOf('coder0')}`);
      expect(starts.length, 'what was done meanwhile is written down, too').toBe(3);
    },
  );

  story('is damaged, each file in turn: it is begun anew, and nothing of the fleet is lost', async (host) => {
    const run = await controlled(host, larger);
    let { controller } = run;
    let agents = larger;
    const state = await stateDir(host);
    for (const file of ['controller.json', 'admitted.json', 'status.json', 'history.jsonl']) {
      for (const text of ['{"format_version":"1.0","binding":', '\0\0\0\0', '']) {
        await controller.kill();
        const before = await host.settled();
        await host.writeFiles({ [`${state}/${file}`]: text });
        controller = new Controller(host);
        await controller.told('that all is well', ({ applied, left }) => applied !== null && left.length === 0);
        expect(await host.settled(), `${file} ${JSON.stringify(text)}`).toEqual(before);
      }
      const { invocation } = await host.unit('coder0');
      await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
      await host.back('coder0', invocation);
      agents = agents === larger ? small : larger;
      await follow({ ...run, controller }, `after ${file}`, agents);
    }
    await finish({ ...run, controller });
  });

  story('is gone altogether: what is in force is found from the refs, and a rewritten history is still denied', async (host) => {
    const run = await controlled(host, small);
    const inForce = await follow(run, 'larger', larger);
    await run.controller.kill();
    await host.git('reset', '-q', '--hard', 'HEAD^');
    await host.writeFiles({ [await stateDir(host)]: null });
    const before = await host.settled();
    const controller = new Controller(host);
    await controller.attempted('denied', run.commit);
    await controller.look();
    expect(await host.settled()).toEqual(before);
    await host.must(['systemctl', '--user', 'stop', unitOf('coder1')]);
    await expectFleet(host, larger);
    await host.git('reset', '-q', '--hard', inForce);
    await controller.applied(inForce);
    await finish({ ...run, controller });
  });
});

describe('the clock', () => {
  story('jumps ahead and back: what drifts is healed, and commits are followed', async (host) => {
    const skewed = { NODE_OPTIONS: `--import=${join(packageRoot, 'test/e2e/inside/skewed-clock.mjs')}` };
    const run = await controlled(host, small, { env: skewed, config: { health: { deadline: '60s', stable: '1s' } } });
    const year = 365 * 24 * 3_600_000;
    const jumps = [
      [year, larger],
      [-year, small],
      [0, larger],
    ] as const;
    for (const [shift, agents] of jumps) {
      await host.writeFiles({ clock: String(shift) });
      const { invocation } = await host.unit('coder0');
      await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
      await host.back('coder0', invocation);
      const commit = await follow(run, `shifted by ${shift}`, agents);
      await run.controller.told('that it is good', ({ good }) => good === commit);
    }
    await finish(run);
    const years = new Set((await historyOf(host)).map(({ at }) => at.slice(0, 4)));
    expect(years.size, 'it did jump').toBeGreaterThan(1);
    expect(revisions(await historyOf(host)).map(({ outcome }) => outcome)).not.toContain('quarantined');
  });
});

async function restartManager(host: PrivateHost): Promise<void> {
  await host.systemctl('exit');
  await host.waitFor('the manager to end', async () => (await host.run(['pgrep', '-x', 'systemd'])).status !== 0);
  // That it is there again is told by its socket.
  await host.must(['rm', `${host.runtimeDir}/systemd/private`]);
  await host.login();
}

async function crashTwice(host: PrivateHost): Promise<void> {
  await host.crashBus();
  await host.systemctl('daemon-reexec');
  await host.crashBus();
}

/** Every write to a file fails from now on. */
const full = (host: PrivateHost, pid: number) => host.must(['prlimit', '--pid', String(pid), '--fsize=0:']);
const roomy = (host: PrivateHost, pid: number) => host.must(['prlimit', '--pid', String(pid), '--fsize=unlimited:']);
const closed = async (host: PrivateHost) => host.must(['chmod', '500', await stateDir(host)]);
const opened = async (host: PrivateHost) => host.must(['chmod', '700', await stateDir(host)]);
