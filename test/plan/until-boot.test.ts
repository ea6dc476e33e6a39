import { describe, expect, test } from 'vitest';
import { agentUnit } from '../../src/model/names.ts';
import { planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { FleetSketch } from './sketches.ts';

const ledBy = (lead: string): FleetSketch => ({
  name: 'f1',
  agents: [
    { name: lead, class: 'orchestrator' },
    { name: 'tidy', class: 'enhancer' },
  ],
});

/** Nobody has admitted anything here yet, so whoever is not rostered is left alone. */
const replaced: Story = { from: [ledBy('lead')], to: [ledBy('boss')], admitted: false, disaster: 'holder-failed' };

function planned(story: Story) {
  const { desired, seen, adopt } = worldOf(story);
  const changes = planChanges(desired, seen, { adopt });
  const { violations } = judge(startOf(seen, desired), changes, desired);
  return { ids: changes.actions.map(({ id }) => id), violations };
}

describe('an orchestrator that is left alone, and does not run', () => {
  test('keeps its successor waiting while it would come up after a reboot', () => {
    const { ids, violations } = planned({ ...replaced, mishaps: [['lead', 'stopped']] });
    expect(violations).toEqual([]);
    expect(ids).not.toContain(`start ${agentUnit('boss')}`);
  });

  test('makes way where it is enabled until then only', () => {
    const { ids, violations } = planned({
      ...replaced,
      mishaps: [
        ['lead', 'stopped'],
        ['lead', 'enabled-runtime'],
      ],
    });
    expect(violations).toEqual([]);
    expect(ids).toContain(`start ${agentUnit('boss')}`);
  });
});
