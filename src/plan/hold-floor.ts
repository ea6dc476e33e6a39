import type { Desired } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { Derived, Verdict } from './derive.ts';
import type { Holds } from './hold-back.ts';
import { desiredRole, heldRole, isFloorClass, isRunning, type Role, sameRole } from './roles.ts';

/**
 * What is held back must not break the floor through what is not: where an entering orchestrator or enhancer is held, its
 * predecessor stays; where a running orchestrator cannot be ended, its successor waits.
 */
export function holdFloor(held: Holds, desired: Desired, derived: Derived): void {
  let size: number;
  do {
    size = held.size;
    holdPredecessors(held, desired, derived);
    holdSuccessorsOfStuck(held, desired, derived);
  } while (held.size > size);
}

function holdPredecessors(held: Holds, desired: Desired, derived: Derived): void {
  for (const [unit, agent] of [...desired.agents].map(([name, agent]) => [agentUnit(name), agent] as const)) {
    if (!held.holdsUnit(unit) || !agent.running || !isFloorClass(agent.class)) continue;
    if (sameRole(roleNow(derived.verdicts.get(unit), desired), agent)) continue;
    for (const verdict of leaversOf(agent, desired, derived)) {
      held.unit(verdict.unit, verdict.name, `its successor ${agent.name} cannot start`);
    }
  }
}

function holdSuccessorsOfStuck(held: Holds, desired: Desired, derived: Derived): void {
  for (const verdict of derived.verdicts.values()) {
    if (verdict.kind !== 'agent' || !isRunning(verdict)) continue;
    const role = heldRole(verdict, desired);
    const stuck = held.holdsUnit(verdict.unit) || verdict.phase === 'unknown';
    if (!stuck || role === null || (role !== 'unknown' && role.class !== 'orchestrator')) continue;
    holdSuccessors(held, verdict, role, desired, derived);
  }
}

/** Running units that hold this role and are to give it up. */
function leaversOf(role: Role, desired: Desired, derived: Derived): Verdict[] {
  return [...derived.verdicts.values()].filter(
    (verdict) => sameRole(roleNow(verdict, desired), role) && !sameRole(desiredRole(verdict.name, desired), role),
  );
}

function roleNow(verdict: Verdict | undefined, desired: Desired): Role | null {
  const role = heldRole(verdict, desired);
  return role === 'unknown' ? null : role;
}

/** Never two: whoever would become orchestrator beside one that cannot be ended does not start. A unit of unknown class may be one. */
function holdSuccessors(held: Holds, stuck: Verdict, role: Role | 'unknown', desired: Desired, derived: Derived): void {
  for (const agent of desired.agents.values()) {
    if (!agent.running || agent.class !== 'orchestrator' || agent.name === stuck.name) continue;
    if (role !== 'unknown' && role.fleet !== agent.fleet) continue;
    const unit = agentUnit(agent.name);
    if (sameRole(roleNow(derived.verdicts.get(unit), desired), agent)) continue;
    held.unit(unit, agent.name, `${stuck.name} may still be the orchestrator and cannot be ended`);
  }
}
