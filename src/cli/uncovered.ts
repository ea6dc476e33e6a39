import type { Suspension } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';

type Target = Pick<Suspension, 'kind' | 'name'>;

const floorClasses = ['orchestrator', 'enhancer'] as const;

/** Roles of the floor that nobody is left to be healed in, by fleet, if this is suspended besides what is. */
export function uncoveredBy(target: Target, desired: Desired, others: readonly Target[]): string[] {
  const isSuspended = (agent: { readonly name: string; readonly fleet: string }, by: readonly Target[]): boolean =>
    by.some(({ kind, name }) => name === (kind === 'agent' ? agent.name : agent.fleet));
  return desired.fleets
    .filter(({ waived }) => !waived)
    .flatMap(({ name: fleet }) =>
      floorClasses.flatMap((floorClass) => {
        const holders = [...desired.agents.values()].filter(
          (agent) => agent.fleet === fleet && agent.class === floorClass && agent.running,
        );
        const covered = holders.some((agent) => !isSuspended(agent, [...others, target]));
        const concerns = holders.some((agent) => isSuspended(agent, [target]));
        return concerns && !covered ? [uncoveredText(fleet, floorClass, holders.length)] : [];
      }),
    );
}

function uncoveredText(fleet: string, floorClass: string, holders: number): string {
  if (holders > 1) return `fleet ${fleet}: nobody heals its ${floorClass}s if they go down`;
  return `fleet ${fleet}: nobody heals its ${floorClass === 'enhancer' ? 'only enhancer' : floorClass} if it goes down`;
}
