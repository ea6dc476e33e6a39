import type { Desired } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { Action, Handover, Verb } from '../model/plan.ts';
import { isFloorClass } from '../plan/roles.ts';

/**
 * Units whose new run has to last for its probation before the run goes on: orchestrators that take over, and whoever of the floor has to
 * be live before another one is ended. What ends the one at once must not take the next one down, too.
 */
export function unitsOnTrial(
  { actions, handovers }: { readonly actions: readonly Action[]; readonly handovers: readonly Handover[] },
  { agents }: Desired,
): ReadonlySet<string> {
  const begins = new Map(
    actions.flatMap(({ id, verb, kind, unit, name }): [string, string][] => {
      const isOfFloor = kind === 'agent' && isFloorClass(agents.get(name ?? '')?.class ?? '');
      return unit !== null && isOfFloor && (verb === 'start' || verb === 'restart') ? [[id, unit]] : [];
    }),
  );
  const successors = new Set(handovers.map(({ entering }) => agentUnit(entering)));
  const awaited = actions
    // Who takes over as orchestrator closes a gap: nothing may keep that one waiting.
    .filter(({ verb, kind, unit }) => kind === 'agent' && ending.has(verb) && !successors.has(unit ?? ''))
    .flatMap(({ unit, after }) => after.flatMap((id) => begins.get(id) ?? []).filter((earlier) => earlier !== unit));
  return new Set([...successors, ...awaited]);
}

const ending: ReadonlySet<Verb> = new Set(['disable', 'stop', 'restart']);
