import { expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { FleetSketch } from './sketches.ts';

const f1 = (lead: string, coder: string): FleetSketch => ({
  name: 'f1',
  agents: [
    { name: 'lead', class: lead },
    { name: 'tidy', class: 'enhancer' },
    { name: 'coder', class: coder },
  ],
});

const story: Story = { from: [f1('orchestrator', 'implementer')], to: [f1('implementer', 'orchestrator')] };

/** What would be done to the two that change places. */
function planWhile(mishaps: Story['mishaps']) {
  const { desired, seen, adopt } = worldOf({ ...story, ...(mishaps === undefined ? {} : { mishaps }) });
  const { actions, unknown } = planChanges(desired, seen, { adopt });
  return { ids: actions.map(({ id }) => id).filter((id) => /lead|coder/.test(id)), unknown };
}

test.each(['lead', 'coder'])('while systemd brings %s up, nobody takes or gives up the post of orchestrator', (name) => {
  const { ids, unknown } = planWhile([[name, 'auto-restart']]);
  expect(ids).toEqual([]);
  expect(unknown).toContainEqual({
    path: `/units/${agentUnit(name)}`,
    why: 'systemd is still bringing it up as what it was',
  });
});

test('once both are up they change places', () => {
  expect(planWhile([]).ids).toContain(`stop ${agentUnit('lead')}`);
  expect(planWhile([]).ids).toContain(`start ${agentUnit('coder')}`);
});

test('one that is coming up in another post keeps nobody waiting', () => {
  expect(planWhile([['tidy', 'auto-restart']]).ids).toContain(`stop ${agentUnit('lead')}`);
});
