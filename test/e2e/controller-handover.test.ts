import { describe } from 'vitest';
import { seeded } from '../fakes/random.ts';
import { atBoundaries, begin, change, converged, judged, killed } from './killing.ts';
import type { Agents } from './rosters.ts';
import { longStory } from './story.ts';

/** From one to the next everything changes that a commit can change; each handover has its probation. */
const fleet = (turn: number): Agents => ({
  [`boss-${turn}`]: 'orchestrator',
  [`enhancer-${turn}`]: 'enhancer',
  coder: turn % 2 === 0 ? 'implementer' : 'reviewer',
});

/** Only who is killed in a handover leaves its gap open until somebody looks again. */
const vacant = ['orchestrator'];

/** `MUSTER_E2E_THOROUGH=1` strikes at all of them. */
const every = process.env.MUSTER_E2E_THOROUGH === '1' ? 1 : 5;

describe('the controller is killed while one orchestrator takes over from another: never are there two', () => {
  longStory('at boundaries between two deeds', async (host) => {
    await atBoundaries(host, fleet, { every, vacant });
  });

  longStory('at moments that nobody chose, again and again before one can end it', async (host) => {
    const chance = seeded(20261124);
    const run = await begin(host, fleet(0));
    for (let turn = 1; run.kills < 50; turn++) {
      const agents = fleet(turn);
      const commit = await change(run, agents);
      for (let again = 2 + chance.below(4); again > 0; again--) await killed(run, chance.below(700));
      await converged(run, commit, agents);
    }
    await judged(run, vacant);
  });
});
