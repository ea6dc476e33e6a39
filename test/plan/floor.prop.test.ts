import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planChanges } from '../../src/plan/changes.ts';
import { judge } from '../../src/plan/simulate.ts';
import { startOf } from '../../src/plan/simulate-start.ts';
import { describeViolation } from '../../src/plan/simulate-violations.ts';
import { runs, type World, world, worldOf } from './arbitrary.ts';

/** The plan is made of what was seen and judged on what is true, but for files and roles that nobody could read. */
function trial({ desired, truth, seen, adopt }: World) {
  const plan = planChanges(desired, seen, { adopt });
  return { desired, plan, start: startOf({ ...truth, files: seen.files, records: seen.records }, desired) };
}

describe('the floor holds at every step', () => {
  test.each(['plan', 'together'] as const)('in order "%s"', (order) => {
    fc.assert(
      fc.property(world, (any) => {
        const { desired, plan, start } = trial(any);
        expect(judge(start, plan, desired, { order }).violations.map(describeViolation)).toEqual([]);
      }),
      runs,
    );
  });

  test('in any order that the plan allows, whatever fails', () => {
    const failures = fc.array(fc.nat({ max: 60 }), { maxLength: 3 });
    fc.assert(
      fc.property(world, fc.infiniteStream(fc.nat()), failures, (any, choices, failing) => {
        const { desired, plan, start } = trial(any);
        const failed = new Set(failing.map((position) => plan.actions[position]?.id));
        const pick = (ready: number): number => Number(choices.next().value) % ready;
        const { violations } = judge(start, plan, desired, { order: { pick }, fails: ({ id }) => failed.has(id) });
        expect(violations.map(describeViolation)).toEqual([]);
      }),
      runs,
    );
  });

  test.each(['plan', 'together'] as const)(
    'where one enhancer ends by itself and another has to restart, in order "%s"',
    (order) => {
      const boss = { name: 'boss', class: 'orchestrator' };
      const ada = { name: 'ada', class: 'enhancer' };
      const ben = { name: 'ben', class: 'enhancer' };
      const any = worldOf({
        from: [{ name: 'f1', agents: [boss, ada, ben] }],
        to: [{ name: 'f1', agents: [boss, { ...ada, config: 1 }, ben] }],
        mishaps: [['ben', 'deactivating']],
      });
      const { desired, plan, start } = trial(any);
      expect(plan.actions.map(({ id }) => id)).toEqual([
        'start mosaic-agent@ben.service',
        'write agents/ada.env',
        'restart mosaic-agent@ada.service',
      ]);
      expect(judge(start, plan, desired, { order }).violations.map(describeViolation)).toEqual([]);
    },
  );

  test('there are never two orchestrators, not even where nobody knows who is one', () => {
    fc.assert(
      fc.property(world, (any) => {
        const { desired, plan } = trial(any);
        const { violations } = judge(startOf({ ...any.truth, files: any.seen.files }, desired), plan, desired);
        expect(violations.filter(({ kind }) => kind === 'two-orchestrators').map(describeViolation)).toEqual([]);
      }),
      runs,
    );
  });
});
