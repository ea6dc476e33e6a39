import { describe, expect } from 'vitest';
import { controlled, deeds, expectFleet, finish, historyOf, type PassEntry } from './controller.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { type Agents, classes, small } from './rosters.ts';
import { story } from './story.ts';

const fleet: Agents = { ...small, coder1: 'implementer', coder2: 'implementer', coder3: 'implementer' };
const units = '.config/systemd/user';
const agents = '.config/mosaic/fleet/agents';

const edit = async (host: PrivateHost, file: string, change: (text: string) => string | null): Promise<void> => {
  const text = await host.readFile(file);
  if (text === null) throw new Error(`there is no ${file}`);
  await host.writeFiles({ [file]: change(text) });
};

describe('what is done by hand is drift, and healed by itself', () => {
  story('units that are stopped, disabled, both; a session that is ended', async (host) => {
    const run = await controlled(host, fleet);
    await run.recorder.phase('by hand', classes(fleet));
    await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
    await expectFleet(host, fleet);
    await host.must(['systemctl', '--user', 'disable', unitOf('coder1')]);
    await expectFleet(host, fleet);
    await host.must(['systemctl', '--user', 'disable', '--now', unitOf('coder2')]);
    await expectFleet(host, fleet);
    const { invocation } = await host.unit('coder3');
    await host.tmux('kill-session', '-t', '=coder3');
    await host.back('coder3', invocation);
    await expectFleet(host, fleet);
    await run.controller.look();
    await finish(run);
    const history = await historyOf(host);
    expect(causes(history)).toMatchObject({ coder0: 'stopped-by-hand', coder1: 'disabled-by-hand' });
    const done = deeds(history).map(({ id }) => id);
    expect(done.filter((id) => id === `start ${unitOf('coder0')}`).length).toBe(2);
    expect(done.filter((id) => id === `start ${unitOf('coder1')}`).length, 'coder1 ran on').toBe(1);
  });

  story('the sole orchestrator, stopped by hand', async (host) => {
    const run = await controlled(host, small);
    await run.recorder.phase('stopped', classes(small), { outage: true });
    await host.must(['systemctl', '--user', 'stop', unitOf('orchestrator')]);
    await expectFleet(host, small);
    await run.recorder.phase('healed', classes(small));
    await finish(run);
  });

  story('everybody at once, again and again', async (host) => {
    const run = await controlled(host, fleet);
    await run.recorder.phase('stopped', classes(fleet), { outage: true });
    for (let round = 0; round < 3; round++) {
      await host.must(['systemctl', '--user', 'stop', 'mosaic-agent@*']);
      await expectFleet(host, fleet);
    }
    await run.recorder.phase('healed', classes(fleet));
    await run.controller.look();
    await finish(run);
  });

  story('files: a unit template, an environment file, edited or gone', async (host) => {
    const run = await controlled(host, small);
    const files = [`${units}/mosaic-agent@.service`, `${agents}/coder0.env`, `${agents}/enhancer.env`];
    const before = await Promise.all(files.map((file) => host.readFile(file)));
    await run.recorder.phase('edited', classes(small));
    await edit(host, `${agents}/coder0.env`, (text) => text.replace('implementer', 'orchestrator'));
    await edit(host, `${agents}/enhancer.env`, () => null);
    await edit(host, `${units}/mosaic-agent@.service`, (text) => text.replace('Restart=always', 'Restart=no'));
    await host.must(['systemctl', '--user', 'daemon-reload']);
    await host.waitFor('the files to be as they were', async () => {
      const now = await Promise.all(files.map((file) => host.readFile(file)));
      return now.every((text, index) => text === before[index]);
    });
    await run.controller.told('that nothing is left', ({ left, drift }) => left.length === 0 && drift.length === 0);
    const { stdout } = await host.systemctl('show', '-p', 'Restart', unitOf('coder0'));
    expect(stdout.trim()).toBe('Restart=always');
    await finish(run);
    const ended = deeds(await historyOf(host)).filter(({ verb }) => verb === 'stop' || verb === 'restart');
    expect(ended, 'nobody is restarted for it').toEqual([]);
  });

  story('the tmux server is killed: all come back, and the controller fights nobody', async (host) => {
    const run = await controlled(host, small);
    const before = await host.sessions();
    await run.recorder.phase('killed', classes(small), { outage: true });
    await host.kill(Number(await host.must(['tmux', '-N', '-L', 'mosaic', 'display-message', '-p', '#{pid}'])));
    await host.waitFor('other sessions', async () => {
      const now = await host.sessions();
      return now.length === before.length && now.every(({ pid }) => before.every((one) => one.pid !== pid));
    });
    await expectFleet(host, small);
    await run.recorder.phase('back', classes(small));
    await run.controller.look();
    await finish(run);
  });

  story('a session that outlived its agent is ended, one of somebody else is not touched', async (host) => {
    const run = await controlled(host, small);
    await host.tmux('new-session', '-d', '-s', 'mine', 'sleep', 'infinity');
    const orphan = ['new-session', '-d', '-s', 'ghost', 'sleep', 'infinity', ';', 'set-option', '-t', '=ghost:'];
    await host.tmux(...orphan, '@muster_agent', 'ghost', ';', 'set-option', '-t', '=ghost:', '@muster_incarnation', 'f00');
    const mine = (await host.sessions()).find(({ name }) => name === 'mine');
    await host.waitFor('the orphan to end', async () => !(await host.sessions()).some(({ name }) => name === 'ghost'));
    await run.controller.look();
    expect((await host.sessions()).find(({ name }) => name === 'mine')).toEqual(mine);
    await expectFleet(host, small);
    await finish(run);
  });
});

describe('a mask by hand is respected', () => {
  story('it is told and never lifted; unmasked, the agent comes back', async (host) => {
    const run = await controlled(host, small);
    await run.recorder.phase('masked', classes(small), { outage: true });
    await host.must(['systemctl', '--user', 'mask', '--now', unitOf('enhancer')]);
    const status = await run.controller.told(
      'that the floor is not held',
      (told) => run.controller.condition(told, 'FloorHeld') === 'False: Masked',
    );
    expect(run.controller.condition(status, 'Healthy')).toBe('False: AgentsDown');
    // The others are healed meanwhile.
    const { invocation } = await host.unit('coder0');
    await host.must(['systemctl', '--user', 'stop', unitOf('coder0')]);
    await host.back('coder0', invocation);
    await run.controller.look();
    expect(await host.unit('enhancer')).toMatchObject({ active: 'inactive', enabled: expect.stringMatching(/^masked/) });
    await host.must(['systemctl', '--user', 'unmask', unitOf('enhancer')]);
    await expectFleet(host, small);
    await run.recorder.phase('unmasked', classes(small));
    await run.controller.told('the floor', (told) => run.controller.condition(told, 'FloorHeld').startsWith('True'));
    await finish(run);
  });
});

/** By agent, what the history says of how it was found. */
function causes(history: Awaited<ReturnType<typeof historyOf>>): Readonly<Record<string, string>> {
  const passes = history.filter((entry): entry is PassEntry => entry.kind === 'pass');
  return Object.fromEntries(passes.flatMap(({ seen }) => seen.map(({ name, cause }) => [name, cause])));
}
