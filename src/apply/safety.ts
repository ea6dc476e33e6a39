import type { Desired } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';
import type { Plan } from '../model/plan.ts';
import { judge } from '../plan/simulate.ts';
import { startOf } from '../plan/simulate-start.ts';
import { describeViolation } from '../plan/simulate-violations.ts';

/** Rules that carrying this out would break, one after another or all at once; none for a plan that may be carried out. */
export function violationsOf(
  plan: Pick<Plan, 'actions' | 'handovers'>,
  desired: Desired,
  observation: Observation,
): readonly string[] {
  const start = startOf(observation, desired);
  const violations = (['plan', 'together'] as const).flatMap((order) => judge(start, plan, desired, { order }).violations);
  return [...new Set(violations.map(describeViolation))];
}
