import { describe, expect, test } from 'vitest';
import { agentUnit, environmentFile } from '../../src/model/names.ts';
import type { Action } from '../../src/model/plan.ts';
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

const exchange: Story = { from: [f1('orchestrator', 'implementer')], to: [f1('implementer', 'orchestrator')] };

function actionsFor(story: Story): readonly Action[] {
  const { desired, seen, adopt } = worldOf(story);
  return planChanges(desired, seen, { adopt }).actions;
}

/** Whether the one has to wait for the other, by whatever lies between. */
function waitsFor(actions: readonly Action[], later: string, earlier: string): boolean {
  const after = actions.find(({ id }) => id === later)?.after ?? [];
  return after.some((id) => id === earlier || waitsFor(actions, id, earlier));
}

const [lead, coder] = [agentUnit('lead'), agentUnit('coder')];

describe('while systemd brings one up', () => {
  test('who comes up as the orchestrator is ended before another one becomes it', () => {
    const actions = actionsFor({ ...exchange, mishaps: [['lead', 'auto-restart']] });
    expect(waitsFor(actions, `start ${coder}`, `stop ${lead}`)).toBe(true);
    expect(waitsFor(actions, `start ${lead}`, `write ${environmentFile('lead')}`)).toBe(true);
  });

  test('who is to be the orchestrator does not come up as that before its time', () => {
    const actions = actionsFor({ ...exchange, mishaps: [['coder', 'auto-restart']] });
    expect(waitsFor(actions, `write ${environmentFile('coder')}`, `stop ${coder}`)).toBe(true);
    expect(waitsFor(actions, `start ${coder}`, `stop ${lead}`)).toBe(true);
  });

  test('whose post stays starts from the files that it finds', () => {
    const actions = actionsFor({ from: exchange.from, to: exchange.from, mishaps: [['lead', 'auto-restart']] });
    expect(actions).toEqual([]);
  });
});

test('while nobody can tell what runs, no file takes or gives up a post of the floor', () => {
  const files = (to: FleetSketch) =>
    actionsFor({ from: exchange.from, to: [to], unreadable: ['units'] })
      .map(({ id }) => id)
      .filter((id) => id.includes('agents/'));
  expect(files(f1('implementer', 'orchestrator'))).toEqual([]);
  expect(
    files({
      ...f1('implementer', 'implementer'),
      agents: [{ name: 'boss', class: 'orchestrator' }, ...f1('implementer', 'implementer').agents],
    }),
  ).toEqual([`write ${environmentFile('boss')}`]);
  expect(
    files({
      name: 'f1',
      agents: [
        { name: 'lead', class: 'orchestrator' },
        { name: 'tidy', class: 'implementer' },
        { name: 'coder', class: 'enhancer' },
      ],
    }),
  ).toEqual([]);
});
