import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/model/plan.ts';
import { type Changes, planChanges } from '../../src/plan/changes.ts';
import { type Story, worldOf } from './arbitrary.ts';
import type { FleetSketch } from './sketches.ts';

const lead = { name: 'lead', class: 'orchestrator' };
const tidy = { name: 'tidy', class: 'enhancer' };
const coder = { name: 'coder', class: 'implementer' };
const f1 = (told: string, ...agents: FleetSketch['agents']): FleetSketch => ({ name: 'f1', told, agents });
const f2: FleetSketch = { name: 'f2', waived: true, agents: [{ name: 'other', class: 'implementer' }] };
const whole = f1('three', lead, tidy, coder);
const key = 'fleets/f1.md';

function planFor(story: Partial<Story>): Changes {
  const { desired, seen, adopt } = worldOf({ from: [whole], to: [whole], ...story });
  return planChanges(desired, seen, { adopt });
}
const about = ({ actions }: Changes): readonly Action[] => actions.filter(({ target }) => target === key);

describe('what the agents of a fleet are told of it', () => {
  test('is written when somebody leaves, and nobody else is touched', () => {
    const plan = planFor({ to: [f1('two', lead, tidy)] });
    expect(about(plan)).toMatchObject([{ verb: 'write', reason: 'fleet-changed', disruptive: false }]);
    expect(plan.actions.filter(({ unit }) => unit !== null).map(({ name }) => name)).toEqual(['coder', 'coder']);
  });

  test('is there before anybody of the fleet starts', () => {
    const { actions } = planFor({ from: [] });
    // A reload goes on when what it comes after has failed.
    const needed = (id: string): Action | undefined => actions.find((action) => action.id === id && action.verb !== 'reload');
    const needsIt = (action: Action | undefined): boolean =>
      action?.after.some((id) => id === `write ${key}` || needsIt(needed(id))) ?? false;
    const starts = actions.filter(({ verb }) => verb === 'start');
    expect(starts.map((start) => [start.name, needsIt(start)])).toEqual([
      [null, false],
      ['lead', true],
      ['tidy', true],
      ['coder', true],
    ]);
  });

  test('goes with the fleet, after its agents', () => {
    const plan = planFor({ from: [whole, f2], to: [f2] });
    expect(about(plan)).toMatchObject([{ verb: 'remove', reason: 'not-rostered' }]);
    const units = ['lead', 'tidy', 'coder'].map((name) => `mosaic-agent@${name}.service`);
    expect(about(plan)[0]?.after).toEqual(expect.arrayContaining(units.flatMap((unit) => [`disable ${unit}`, `stop ${unit}`])));
  });

  test.each<readonly [string, Partial<Story>]>([
    ['its fleet is suspended', { to: [f1('two', lead, tidy)], suspended: ['fleet f1'] }],
    ['an agent of a fleet that goes is suspended', { from: [whole, f2], to: [f2], suspended: ['agent coder'] }],
    ['nobody can read who is suspended', { to: [f1('two', lead, tidy)], unreadable: ['suspensions'] }],
    ['nothing was carried out here yet', { from: [whole, f2], to: [f2], admitted: false }],
  ])('stays while %s', (_why, story) => {
    expect(about(planFor(story))).toEqual([]);
  });
});
