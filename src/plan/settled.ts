import type { Desired } from '../model/desired.ts';
import { agentDropIn, agentUnit, environmentFile, holderUnit, ownerOf } from '../model/names.ts';
import type { Pending } from '../model/plan.ts';
import type { Derived, Verdict } from './derive.ts';
import { pointer } from './pointer.ts';
import { desiredRole, heldRole, isFloorClass, sameRole } from './roles.ts';

/** Differences that wait for the next start of their unit, and the places to leave out of the patch for them. */
export function deferred(desired: Desired, derived: Derived): { pending: readonly Pending[]; places: readonly string[] } {
  const pending: Pending[] = [];
  const places: string[] = [];
  for (const verdict of derived.verdicts.values()) {
    const { unit, name, record, phase } = verdict;
    if (desired.state.units[unit]?.active !== true) continue;
    const config = `/units/${pointer(unit)}/config`;
    if (phase === 'starting' && comesUpAsDesired(verdict, desired)) places.push(config);
    if (record === null || phase !== 'live') continue;
    const fleet = record.fleet === '' ? null : record.fleet;
    if (mayWait(verdict, desired)) {
      places.push(config);
      if (record.config !== desired.state.units[unit]?.config) pending.push({ unit, name, fleet, reason: 'config-changed' });
    }
    if (verdict.kind === 'agent' && record.units !== desired.units)
      pending.push({ unit, name, fleet, reason: 'unit-file-changed' });
  }
  return { pending, places };
}

/** The holder is never restarted while agents run; an agent that changes its role cannot wait. */
function mayWait(verdict: Verdict, desired: Desired): boolean {
  if (verdict.unit === holderUnit) return true;
  return desired.agents.get(verdict.name)?.onChange === 'next-start' && keepsRole(verdict, desired);
}

/** It starts from the files that it finds; only a role of the floor must not be left to that. */
function comesUpAsDesired(verdict: Verdict, desired: Desired): boolean {
  const after = desiredRole(verdict.name, desired);
  const changes = verdict.reached !== null && after !== null && isFloorClass(after.class);
  return keepsRole(verdict, desired) || (verdict.record === null && !changes);
}

function keepsRole(verdict: Verdict, desired: Desired): boolean {
  const held = heldRole(verdict, desired);
  return held !== 'unknown' && sameRole(held, desiredRole(verdict.name, desired));
}

/** What is as it should be although the documents differ. */
export function left(desired: Desired, derived: Derived): readonly string[] {
  return [...completedPlaces(desired, derived), ...unownedFiles(desired, derived), ...lingerPlace(desired)];
}

/** An ephemeral agent that ended well with this very configuration is done; running satisfies its roster too. */
function completedPlaces(desired: Desired, derived: Derived): string[] {
  const { completed } = derived.observation;
  const places: string[] = [];
  for (const agent of desired.agents.values()) {
    if (agent.lifecycle !== 'ephemeral' || !agent.running) continue;
    const unit = agentUnit(agent.name);
    const phase = derived.verdicts.get(unit)?.phase ?? 'down';
    // The record is written before the unit begins to end.
    if (phase !== 'down' && phase !== 'stopping') continue;
    if (completed.known && completed.value[agent.name] !== agent.config) continue;
    places.push(`/units/${pointer(unit)}/active`, `/units/${pointer(unit)}/config`, `/sessions/${pointer(agent.name)}`);
  }
  return places;
}

/** Only an agent's own files are ever removed, and only those that are marked as ours and that no unit may be running from. */
function unownedFiles(desired: Desired, derived: Derived): string[] {
  const { files, units } = derived.observation;
  if (!files.known) return [];
  const seen = files.value;
  return Object.keys(seen)
    .filter((key) => desired.state.files[key] === undefined)
    .filter((key) => seen[key]?.ours !== true || !units.known || !mayGo(key, desired, derived))
    .map((key) => `/files/${pointer(key)}`);
}

function mayGo(key: string, desired: Desired, derived: Derived): boolean {
  const agent = ownerOf(key);
  if (agent === null || (key !== environmentFile(agent) && key !== agentDropIn(agent))) return false;
  return desired.agents.has(agent) || derived.verdicts.get(agentUnit(agent))?.phase !== 'unknown';
}

/** Lingering is asked for, never taken away: other services of the tenant may count on it. */
const lingerPlace = (desired: Desired): string[] => (desired.state.linger ? [] : ['/linger']);
