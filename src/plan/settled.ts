import type { Desired } from '../model/desired.ts';
import { agentDropIn, agentUnit, connectorOf, connectorUnit, environmentFile, fleetToldBy, ownerOf } from '../model/names.ts';
import type { Pending } from '../model/plan.ts';
import type { Derived, Verdict } from './derive.ts';
import { pointer } from './pointer.ts';
import { desiredRole, heldRole, isFloorClass, presentRole, sameRole } from './roles.ts';

export interface Deferred {
  readonly pending: readonly Pending[];
  /** To be left out of the patch. */
  readonly places: readonly string[];
  /** Units that are to be restarted for what they would otherwise wait for. */
  readonly relaunched: ReadonlySet<string>;
}

/** Differences that wait for the next start of their unit; of units that `mayRelaunch` none does. */
export function deferred(desired: Desired, derived: Derived, mayRelaunch: (unit: string) => boolean = () => false): Deferred {
  const pending: Pending[] = [];
  const places: string[] = [];
  const relaunched = new Set<string>();
  for (const verdict of derived.verdicts.values()) {
    const { unit, name, record, phase } = verdict;
    if (desired.state.units[unit]?.active !== true) continue;
    if (phase === 'starting' && comesUpAsDesired(verdict, desired, derived)) places.push(configOf(unit));
    if (record === null || phase !== 'live') continue;
    const older = olderParts(verdict, desired);
    if (older.length > 0 && verdict.kind === 'agent' && mayRelaunch(unit)) {
      relaunched.add(unit);
      continue;
    }
    if (mayWait(verdict, desired)) places.push(configOf(unit));
    const fleet = record.fleet === '' ? null : record.fleet;
    for (const reason of older) pending.push({ unit, name, fleet, reason });
  }
  return { pending, places, relaunched };
}

const configOf = (unit: string): string => `/units/${pointer(unit)}/config`;

/** What a live unit was started with that would be another now, and may wait. */
export function olderParts(verdict: Verdict, desired: Desired): readonly Pending['reason'][] {
  const { unit, kind, record } = verdict;
  if (record === null) return [];
  const role = verdict.agent?.role;
  const isOther = record.config !== desired.state.units[unit]?.config;
  if (kind !== 'agent') return isOther && mayWait(verdict, desired) ? ['config-changed'] : [];
  const older: Pending['reason'][] = [];
  if (isOther && mayWait(verdict, desired)) older.push('config-changed');
  if (record.units !== desired.units) older.push('unit-file-changed');
  if (!isOther && role !== undefined && record.role !== undefined && record.role !== role) older.push('role-changed');
  return older;
}

/** Observed state in which nobody knows what the relaunched units were started with: the difference that restarts them. */
export function withRelaunched(derived: Derived, relaunched: ReadonlySet<string>): Derived {
  if (relaunched.size === 0) return derived;
  const { keys, values } = derived.state.units;
  const states = values.map((state, index) => (relaunched.has(keys[index] ?? '') ? { ...state, config: null } : state));
  return { ...derived, state: { ...derived.state, units: { keys, values: states } } };
}

/** The holder is never restarted while agents run; an agent that changes its role cannot wait. */
function mayWait(verdict: Verdict, desired: Desired): boolean {
  if (verdict.kind !== 'agent') return verdict.kind === 'holder';
  return verdict.agent?.onChange === 'next-start' && keepsRole(verdict, desired);
}

/** It starts from the files that it finds; only a role of the floor must not be left to that. */
function comesUpAsDesired(verdict: Verdict, desired: Desired, { observation }: Derived): boolean {
  if (verdict.kind === 'connector') return true;
  const after = desiredRole(verdict.name, desired);
  const now = presentRole(verdict, observation);
  const isKnown = now !== null && now !== 'unknown';
  if (isKnown && verdict.record === null)
    return sameRole(now, after) || !(isFloorClass(now.class) || (after !== null && isFloorClass(after.class)));
  const changes = verdict.reached !== null && after !== null && isFloorClass(after.class);
  return keepsRole(verdict, desired) || (verdict.record === null && !changes);
}

function keepsRole(verdict: Verdict, desired: Desired): boolean {
  const held = heldRole(verdict);
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

/** Only files of an agent or a fleet alone are ever removed, and only those that are marked as ours and that no unit may be running from. */
function unownedFiles(desired: Desired, derived: Derived): string[] {
  const { files, units } = derived.observation;
  if (!files.known) return [];
  const seen = files.value;
  return derived.state.files.keys
    .filter((key) => desired.state.files[key] === undefined)
    .filter((key) => seen[key]?.ours !== true || !units.known || !mayGo(key, desired, derived))
    .map((key) => `/files/${pointer(key)}`);
}

function mayGo(key: string, desired: Desired, derived: Derived): boolean {
  const fleet = fleetToldBy(key);
  if (fleet !== null)
    return ![...derived.verdicts.values()].some(({ phase, record }) => phase === 'unknown' && record?.fleet === fleet);
  const served = connectorOf(key);
  if (served !== null) return derived.verdicts.get(connectorUnit(served))?.phase !== 'unknown';
  const agent = ownerOf(key);
  if (agent === null || (key !== environmentFile(agent) && key !== agentDropIn(agent))) return false;
  return desired.agents.has(agent) || derived.verdicts.get(agentUnit(agent))?.phase !== 'unknown';
}

/** Lingering is asked for, never taken away: other services of the tenant may count on it. */
const lingerPlace = (desired: Desired): string[] => (desired.state.linger ? [] : ['/linger']);
