import { describe, expect, test } from 'vitest';
import { planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { AgentSketch } from './sketches.ts';

const orchestrator = (name: string): AgentSketch => ({ name, class: 'orchestrator' });
const enhancer = (name: string): AgentSketch => ({ name, class: 'enhancer' });
const coder = (name: string): AgentSketch => ({ name, class: 'implementer' });
const fleet = (name: string, ...agents: AgentSketch[]) => ({ name, agents });

/** Hosts and changes that once made the planner break a rule. */
const corners: (Story & { story: string })[] = [
  {
    story: 'an enhancer becomes orchestrator: it is free before its predecessor ends',
    from: [fleet('f', orchestrator('o'), enhancer('a'))],
    to: [fleet('f', orchestrator('a'), enhancer('e'))],
  },
  {
    story: 'orchestrator and enhancer change places',
    from: [fleet('f', orchestrator('a'), enhancer('b'))],
    to: [fleet('f', orchestrator('b'), enhancer('a'))],
  },
  {
    story: 'the orchestrators of two fleets change places',
    from: [fleet('f', orchestrator('a'), enhancer('e')), fleet('g', orchestrator('b'), enhancer('d'))],
    to: [fleet('f', orchestrator('b'), enhancer('e')), fleet('g', orchestrator('a'), enhancer('d'))],
  },
  {
    story: 'the enhancers of two fleets change places',
    from: [fleet('f', orchestrator('o'), enhancer('a')), fleet('g', orchestrator('p'), enhancer('b'))],
    to: [fleet('f', orchestrator('o'), enhancer('b')), fleet('g', orchestrator('p'), enhancer('a'))],
  },
  {
    story: 'an agent that was never enabled becomes the next orchestrator',
    from: [fleet('f', orchestrator('o'), enhancer('e'), { ...enhancer('a'), lifecycle: 'ephemeral' })],
    to: [fleet('f', orchestrator('a'), enhancer('e'))],
  },
  {
    story: 'one enhancer leaves for other work while the other restarts',
    from: [fleet('f', orchestrator('o'), enhancer('a'), enhancer('b'))],
    to: [fleet('f', orchestrator('o'), { ...enhancer('a'), config: 1 }, coder('b'))],
  },
  {
    story: 'the leaving orchestrator is still coming up',
    from: [fleet('f', orchestrator('a'), enhancer('e'))],
    to: [fleet('f', orchestrator('o'), coder('a'), enhancer('e'))],
    mishaps: [['a', 'activating']],
  },
  {
    story: 'the leaving orchestrator is on its way down',
    from: [fleet('f', orchestrator('o'), enhancer('e'))],
    to: [fleet('f', orchestrator('p'), enhancer('e'))],
    mishaps: [['o', 'deactivating']],
  },
  {
    story: 'the remaining enhancer restarts by itself while the other is to leave',
    from: [fleet('f', orchestrator('o'), enhancer('a'), enhancer('b'))],
    to: [fleet('f', orchestrator('o'), enhancer('a'))],
    mishaps: [['a', 'auto-restart']],
  },
  {
    story: 'somebody started a second orchestrator by hand',
    from: [fleet('f', orchestrator('o'), enhancer('e'))],
    to: [fleet('f', { ...orchestrator('o'), config: 1 }, enhancer('e'))],
    strays: ['orchestrator'],
  },
  {
    story: 'a stranger may be the orchestrator',
    from: [fleet('f1', orchestrator('o'), enhancer('e'))],
    to: [fleet('f1', orchestrator('p'), enhancer('e'))],
    strays: ['live-unknown'],
  },
  {
    story: 'nobody knows what runs here',
    from: [fleet('f', orchestrator('a'), enhancer('e'))],
    to: [fleet('f', orchestrator('o'), coder('a'), enhancer('d'))],
    unreadable: ['records'],
    admitted: false,
    adopt: true,
  },
  {
    story: 'the connector waits for an orchestrator that is held back',
    from: [],
    to: [{ ...fleet('f', orchestrator('o'), enhancer('e')), connector: 1 }],
    disaster: 'stray-server',
  },
  {
    story: 'the template is not ours: what runs keeps its files',
    from: [fleet('f', orchestrator('o'), enhancer('e'))],
    to: [fleet('f', orchestrator('p'), enhancer('d'))],
    disaster: 'template-foreign',
  },
  {
    story: 'a file of a newer format is not started from',
    from: [],
    to: [fleet('f', orchestrator('o'), enhancer('e'), coder('a'))],
    mishaps: [['a', 'env-newer']],
  },
  {
    story: 'tmux cannot be asked: who may live keeps its files',
    from: [fleet('f', orchestrator('o'), enhancer('e'), coder('a'))],
    to: [],
    unreadable: ['tmux'],
  },
];

describe.each(['plan', 'together'] as const)('in order "%s", no rule is broken where', (order) => {
  test.each(corners)('$story', (corner) => {
    const { desired, truth, seen, adopt } = worldOf(corner);
    const plan = planChanges(desired, seen, { adopt });
    const { violations } = judge(startOf(truth, desired), plan, desired, { order });
    expect(violations.map(describeViolation)).toEqual([]);
  });
});

test('an agent that may still be the orchestrator keeps the next one waiting', () => {
  const { desired, seen } = worldOf({
    from: [fleet('f', orchestrator('a'), enhancer('e'))],
    to: [fleet('f', orchestrator('o'), coder('a'), enhancer('e'))],
    mishaps: [['a', 'no-record']],
  });
  const plan = planChanges(desired, seen, { adopt: false });
  expect(plan.actions.filter(({ name, unit }) => name === 'o' && unit !== null)).toEqual([]);
  expect(plan.unknown.map(({ why }) => why)).toContain('a may still be the orchestrator and cannot be ended');
});
