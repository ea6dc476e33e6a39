import type { Suspension } from '../model/controller.ts';
import type { DesiredAgent } from '../model/desired.ts';
import type { Observation } from '../model/observation.ts';

export type IsSuspended = (agent: Pick<DesiredAgent, 'name' | 'fleet'>) => boolean;

/** Whether an agent is suspended, itself or with its fleet; `null` where nobody can tell. */
export function suspendedIn(observation: Observation): IsSuspended | null {
  if (observation.suspensions?.known === false) return null;
  const suspensions = suspensionsOf(observation);
  return ({ name, fleet }) => suspensions.some((one) => one.name === (one.kind === 'agent' ? name : fleet));
}

export const suspensionsOf = ({ suspensions }: Observation): readonly Suspension[] =>
  suspensions?.known === true ? suspensions.value : [];
