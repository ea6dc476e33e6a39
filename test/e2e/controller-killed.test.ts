import { describe } from 'vitest';
import { seeded } from '../fakes/random.ts';
import { configure } from './controller.ts';
import { atBoundaries, begin, change, converged, judged, killed } from './killing.ts';
import { type Agents, roster } from './rosters.ts';
import { longStory } from './story.ts';

/** From one to the next much changes, and nothing of the floor. */
const fleet = (turn: number): Agents => ({
  orchestrator: 'orchestrator',
  enhancer: 'enhancer',
  coder: turn % 2 === 0 ? 'implementer' : 'reviewer',
  [`worker-${turn}`]: 'worker',
  [`helper-${turn % 3}`]: 'worker',
});

describe('the controller is killed, and the next one converges', () => {
  longStory('at every boundary between two deeds', async (host) => {
    await atBoundaries(host, fleet, { every: 1, vacant: [] });
  });

  longStory('at eighty moments that nobody chose, while commits come in and agents are stopped by hand', async (host) => {
    const chance = seeded(20261123);
    const run = await begin(host, fleet(0));
    for (let turn = 1; run.kills < 80; turn++) {
      const agents = fleet(turn);
      const commit = await change(run, agents);
      if (chance.below(3) === 0) await host.systemctl('stop', '--no-block', 'mosaic-agent@coder.service');
      // Some have just begun when they are killed, and some are killed before they have begun.
      for (let again = 1 + chance.below(4); again > 0; again--) await killed(run, chance.below(400));
      await converged(run, commit, agents);
    }
    await judged(run, []);
  });

  longStory('while it fetches from a remote, and keeps what it has fetched', async (host) => {
    const origin = `${host.home}/origin.git`;
    await host.must(['git', 'init', '-q', '--bare', '-b', 'main', origin]);
    await host.commit({ 'rosters/coding.yaml': roster(fleet(0)) });
    await host.git('remote', 'add', 'origin', origin);
    await host.git('push', '-q', 'origin', 'main');
    await configure(host, { remote: { url: origin, interval: '1s' } });
    const chance = seeded(20261126);
    const run = await begin(host, fleet(0), () => host.git('push', '-q', 'origin', 'main'));
    for (let turn = 1; run.kills < 20; turn++) {
      const agents = fleet(turn);
      const commit = await change(run, agents);
      for (let again = 1 + chance.below(3); again > 0; again--) await killed(run, 60 + chance.below(200));
      await converged(run, commit, agents);
    }
    await judged(run, []);
  });
});
