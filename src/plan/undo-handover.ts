import { agentUnit } from '../model/names.ts';
import type { Action, Handover, Verb } from '../model/plan.ts';

/** Back from a handover whose entering orchestrator failed: it may half live, so it ends first. Never two. */
export function undoHandover({ fleet, leaving, entering }: Handover): readonly Action[] {
  const steps: (readonly [Verb, string])[] = [
    ['disable', entering],
    ['stop', entering],
    ['reset-failed', leaving],
    ['enable', leaving],
    ['start', leaving],
  ];
  return steps.map(([verb, name]) => ({
    id: `${verb} ${agentUnit(name)} (handover-failed)`,
    verb,
    kind: 'agent',
    fleet,
    name,
    unit: agentUnit(name),
    target: null,
    reason: 'handover-failed',
    after: [],
    disruptive: false,
  }));
}
