import { describe, expect } from 'vitest';
import { Controller, controlled, expectFleet, finish, follow, historyOf, revisions } from './controller.ts';
import { type Agents, classes, roster, small } from './rosters.ts';
import { stories, story } from './story.ts';

const file = 'rosters/coding.yaml';
const quick = { config: { health: { deadline: '5s', stable: '1s' } } };
const runtimes = {
  toy: { command: 'sleep', args: ['infinity'] },
  mortal: { command: 'sh', args: ['-c', 'sleep 0.7; exit 1'] },
  broken: { command: 'false' },
  unsure: { command: 'sh', args: ['-c', 'exit 78'] },
};
const larger: Agents = { ...small, coder1: 'implementer' };

/** Commits that any review would let through, and that take the floor away. */
const breaking: readonly (readonly [name: string, agents: Agents])[] = [
  ['an orchestrator that ends at once', { ...small, orchestrator: { class: 'orchestrator', runtime: 'broken' } }],
  [
    'an orchestrator that ends after a while, again and again',
    { ...small, orchestrator: { class: 'orchestrator', runtime: 'mortal' } },
  ],
  ['an orchestrator that gives up for good', { ...small, orchestrator: { class: 'orchestrator', runtime: 'unsure' } }],
  ['an enhancer that ends at once', { ...small, enhancer: { class: 'enhancer', runtime: 'broken' } }],
];

describe('a revision under which the floor does not live is undone', () => {
  stories(breaking, async (host, [, agents]) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    await run.recorder.phase('broken', classes(small), { outage: true });
    const bad = await host.commit({ [file]: roster(agents, { runtimes }) });
    await undone(run.controller, bad, run.commit);
    await expectFleet(host, small);
    await run.recorder.phase('returned', classes(small));
    // It does not come back: not for a look, and not for one who has just been started.
    const settled = await host.settled();
    await run.controller.look();
    await run.controller.kill();
    const controller = new Controller(host);
    await undone(controller, bad, run.commit);
    await controller.look();
    expect(await host.settled()).toEqual(settled);
    const fixed = await follow({ ...run, controller }, 'fixed', larger);
    await proven(controller, fixed);
    await finish({ ...run, controller });
    expect(outcomes(await historyOf(host), bad)).toEqual(['admitted', 'quarantined']);
    expect(outcomes(await historyOf(host), run.commit)).toEqual(['admitted', 'good', 'returned']);
  });

  story('it cannot flap: broken, reverted, broken again, and each time the way back is gone once', async (host) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    const bads: string[] = [];
    let good = run.commit;
    for (let round = 0; round < 2; round++) {
      await run.recorder.phase(`broken ${round}`, classes(small), { outage: true });
      const bad = await host.commit({ [file]: roster(breaking[0]?.[1] ?? {}, { runtimes }) });
      bads.push(bad);
      await undone(run.controller, bad, good);
      await run.recorder.phase(`returned ${round}`, classes(small));
      good = await follow(run, `fixed ${round}`, round === 0 ? larger : small);
      await proven(run.controller, good);
    }
    await finish(run);
    const history = await historyOf(host);
    for (const bad of bads) expect(outcomes(history, bad)).toEqual(['admitted', 'quarantined']);
  });

  story('the trial goes on over a crash of the controller', async (host) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    await run.recorder.phase('broken', classes(small), { outage: true });
    const bad = await host.commit({ [file]: roster(breaking[0]?.[1] ?? {}, { runtimes }) });
    await run.controller.attempted('admitted', bad);
    await run.controller.kill();
    const controller = new Controller(host);
    await undone(controller, bad, run.commit);
    await expectFleet(host, small);
    await run.recorder.phase('returned', classes(small));
    await finish({ ...run, controller }, { ref: run.commit });
  });

  story('an orchestrator whose program is nowhere never takes the place of one that lives', async (host) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    await run.recorder.phase('nowhere', classes(small));
    const before = await host.unit('orchestrator');
    const agents = { ...small, orchestrator: { class: 'orchestrator', runtime: 'nowhere' } };
    const bad = await host.commit({
      [file]: roster(agents, { runtimes: { ...runtimes, nowhere: { command: 'no-such-program' } } }),
    });
    await run.controller.attempted('admitted', bad);
    await run.controller.look();
    expect(await host.unit('orchestrator')).toEqual(before);
    await follow(run, 'fixed', larger);
    await finish(run);
  });

  story('an entering orchestrator that does not live: the leaving one is brought back, and then its revision', async (host) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    const agents: Agents = {
      'boss-b': { class: 'orchestrator', runtime: 'mortal' },
      enhancer: 'enhancer',
      coder0: 'implementer',
    };
    await run.recorder.phase('handover', classes({ ...small, ...agents }), { outage: true });
    const bad = await host.commit({ [file]: roster(agents, { runtimes }) }, 'Hand over\n\nMuster-Allow-Prune: coding');
    await undone(run.controller, bad, run.commit, 40_000);
    await expectFleet(host, small);
    await run.recorder.phase('returned', classes(small));
    await finish(run, { ref: run.commit });
    const told = revisions(await historyOf(host)).flatMap(({ subject, outcome }) => (subject === bad ? [outcome] : []));
    expect(told, 'the host was never as it says').not.toContain('applied');
  });

  story('who was broken before blames no revision', async (host) => {
    const run = await controlled(host, small, quick);
    await proven(run.controller, run.commit);
    await run.recorder.phase('masked', classes(larger), { outage: true });
    await host.must(['systemctl', '--user', 'mask', '--now', 'mosaic-agent@enhancer.service']);
    await run.controller.told('no floor', (told) => run.controller.condition(told, 'FloorHeld') === 'False: Masked');
    const commit = await host.commit({ [file]: roster(larger) });
    const running = () => host.activeAgents();
    await host.waitFor('the new agent', async () => (await running()).includes('coder1'));
    // Past the deadline the floor is as broken as before, and the revision is still in force.
    const entered = performance.now();
    await host.waitFor('the deadline to pass', async () => performance.now() - entered > 6000, 30_000);
    const status = await run.controller.look();
    expect(status).toMatchObject({ quarantined: null, attempted: { revision: commit, outcome: 'admitted' } });
    await host.must(['systemctl', '--user', 'unmask', 'mosaic-agent@enhancer.service']);
    await expectFleet(host, larger);
    await run.recorder.phase('unmasked', classes(larger));
    await proven(run.controller, commit);
    await finish(run);
  });
});

const proven = (controller: Controller, commit: string) =>
  controller.told(`that ${commit} is good`, ({ good, applied }) => good === commit && applied === commit);

/** The floor has been well for a while, with what the good revision says: one who keeps ending is live now and then, too. */
const undone = (controller: Controller, bad: string, good: string, timeout?: number) =>
  controller.told(
    `that ${bad} is undone`,
    (status) =>
      status.quarantined?.revision === bad &&
      status.attempted?.outcome === 'quarantined' &&
      status.applied === good &&
      status.left.length === 0 &&
      controller.condition(status, 'FloorHeld') === 'True: Stable',
    timeout,
  );

/** What was decided of a commit. Who ends at once lives for a moment, too: that the host was like it may have been seen, or not. */
const outcomes = (history: Awaited<ReturnType<typeof historyOf>>, commit: string): readonly string[] =>
  revisions(history).flatMap(({ subject, outcome }) => (subject === commit && outcome !== 'applied' ? [outcome] : []));
