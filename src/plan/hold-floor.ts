import type { Desired, DesiredAgent } from '../model/desired.ts';
import { agentUnit, connectorUnit } from '../model/names.ts';
import type { Derived, Verdict } from './derive.ts';
import type { Holds } from './holds.ts';
import { desiredRole, heldRole, isFloorClass, isRunning, presentRole, type Role, roleOnDisk, sameRole } from './roles.ts';

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
    holdSuccessorsOfResting(held, desired, derived);
  } while (held.size > size);
  holdConnectors(held, desired, derived);
}

/** A connector has nobody to talk to until its orchestrator is up. */
function holdConnectors(held: Holds, desired: Desired, derived: Derived): void {
  for (const agent of desired.agents.values()) {
    if (agent.class !== 'orchestrator' || !desired.connectors.has(agent.fleet)) continue;
    const unit = agentUnit(agent.name);
    const verdict = derived.verdicts.get(unit);
    const unsure = verdict?.phase === 'starting' || verdict?.phase === 'unknown';
    const serves = verdict?.phase === 'live' && sameRole(roleNow(verdict), agent);
    if (!unsure && (serves || !held.holdsUnit(unit))) continue;
    const why = unsure ? 'is not known to be up' : 'cannot start';
    held.unit(connectorUnit(agent.fleet), agent.fleet, `its orchestrator ${agent.name} ${why}`);
  }
}

function holdPredecessors(held: Holds, desired: Desired, derived: Derived): void {
  for (const agent of desired.agents.values()) {
    if (!agent.running || !isFloorClass(agent.class)) continue;
    const unit = agentUnit(agent.name);
    const verdict = derived.verdicts.get(unit);
    const lacks = verdict?.phase === 'sessionless' || verdict?.phase === 'stopping';
    const stays = !lacks && sameRole(roleNow(verdict), agent);
    const waits = isSoleAndStarting(agent, desired, derived);
    // It is left as it runs, whatever that is.
    const unsure = verdict?.phase === 'live' && heldRole(verdict) === 'unknown';
    if (!waits && !unsure && (stays || !held.holdsUnit(unit))) continue;
    const obstacle = waits ? 'is still starting' : unsure ? 'runs, and nobody can tell what as' : 'cannot start';
    const why = `its successor ${agent.name} ${obstacle}`;
    for (const leaver of leaversOf(agent, desired, derived)) held.unit(leaver.unit, leaver.name, why);
  }
}

/** systemd brings up the only enhancer that is to be: until it is there, another may not go. */
function isSoleAndStarting(agent: DesiredAgent, desired: Desired, derived: Derived): boolean {
  const phaseOf = (name: string) => derived.verdicts.get(agentUnit(name))?.phase;
  if (agent.class !== 'enhancer' || phaseOf(agent.name) !== 'starting') return false;
  const others = [...desired.agents.values()].filter((one) => one.running && one !== agent && sameRole(one, agent));
  return others.every((one) => phaseOf(one.name) === 'starting');
}

function holdSuccessorsOfStuck(held: Holds, desired: Desired, derived: Derived): void {
  for (const verdict of derived.verdicts.values()) {
    if (verdict.kind !== 'agent' || !isRunning(verdict)) continue;
    const role = presentRole(verdict, derived.observation);
    const stays = role === 'unknown' && verdict.phase !== 'starting' && desired.state.units[verdict.unit]?.active === true;
    const stuck = stays || held.holdsUnit(verdict.unit) || verdict.phase === 'unknown';
    if (!stuck || role === null || (role !== 'unknown' && role.class !== 'orchestrator')) continue;
    holdSuccessors(held, verdict, role, desired, derived);
  }
}

/** One that does not run is still enabled, and has to stay so: after a reboot it would come up beside whoever was enabled meanwhile. */
function holdSuccessorsOfResting(held: Holds, desired: Desired, derived: Derived): void {
  for (const verdict of derived.verdicts.values()) {
    if (verdict.kind !== 'agent' || isRunning(verdict) || !held.holdsUnit(verdict.unit) || !comesUpAtBoot(verdict)) continue;
    const role = roleOnDisk(verdict.name, derived.observation);
    if (role === null || role === 'unknown' || role.class !== 'orchestrator') continue;
    for (const agent of desired.agents.values()) {
      if (!agent.running || agent.name === verdict.name || !sameRole(agent, role)) continue;
      const successor = derived.verdicts.get(agentUnit(agent.name));
      const rest = roleOnDisk(agent.name, derived.observation);
      // Whoever would come up already makes it no worse by running.
      if (successor !== undefined && comesUpAtBoot(successor) && rest !== 'unknown' && sameRole(rest, agent)) continue;
      const why = `${verdict.name} is enabled as the orchestrator, would come up after a reboot, and cannot be disabled`;
      held.unit(agentUnit(agent.name), agent.name, why);
    }
  }
}

const comesUpAtBoot = ({ raw }: Verdict): boolean => raw.enablement === 'enabled' && raw.ownFile === undefined;

/** Running units that hold this role, or may hold it, and are to give it up. */
function leaversOf(role: Role, desired: Desired, derived: Derived): Verdict[] {
  return [...derived.verdicts.values()].filter((verdict) => {
    const next = desiredRole(verdict.name, desired);
    const now = presentRole(verdict, derived.observation);
    return (now === 'unknown' || sameRole(now, role)) && !sameRole(next, role);
  });
}

function roleNow(verdict: Verdict | undefined): Role | null {
  const role = heldRole(verdict);
  return role === 'unknown' ? null : role;
}

/** Never two: whoever would become orchestrator beside one that cannot be ended does not start. A unit of unknown class may be one. */
function holdSuccessors(held: Holds, stuck: Verdict, role: Role | 'unknown', desired: Desired, derived: Derived): void {
  for (const agent of desired.agents.values()) {
    if (!agent.running || agent.class !== 'orchestrator' || agent.name === stuck.name) continue;
    if (role !== 'unknown' && role.fleet !== agent.fleet) continue;
    const unit = agentUnit(agent.name);
    const verdict = derived.verdicts.get(unit);
    if (verdict?.phase !== 'stopping' && sameRole(roleNow(verdict), agent)) continue;
    held.unit(unit, agent.name, `${stuck.name} may still be the orchestrator and cannot be ended`);
  }
}
