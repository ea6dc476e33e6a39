import type { Desired } from '../model/desired.ts';
import type { HostState, UnitState } from '../model/host-state.ts';
import type { AdmittedRecord } from '../model/observation.ts';
import type { Changes } from '../plan/changes.ts';
import { pointer } from '../plan/pointer.ts';
import type { Convergence } from './converge.ts';

/** What is written down after a run: the revision, its agents, and of its desired state what the host has reached. */
export function admittedRecord(
  from: Pick<AdmittedRecord, 'revision' | 'source'>,
  desired: Desired,
  { changes, observation }: Pick<Convergence, 'changes' | 'observation'>,
  at: string,
): AdmittedRecord {
  const last = observation.admitted.known ? observation.admitted.value : null;
  const state = reachedState(desired.state, changes, last === null ? null : stillTrue(last.state, desired.state, observation));
  return { format_version: '1.0', ...from, fleets: agentsByFleet(desired), state, at };
}

function agentsByFleet(desired: Desired): Record<string, readonly string[]> {
  const fleets: Record<string, string[]> = Object.fromEntries(desired.fleets.map(({ name }) => [name, []]));
  for (const { fleet, name } of desired.agents.values()) fleets[fleet]?.push(name);
  return fleets;
}

/** While nobody can tell what runs with what, a unit that is to run with something else may do so already. */
function stillTrue(last: HostState, desired: HostState, { records }: Convergence['observation']): HostState {
  if (records.known) return last;
  const isSame = ([unit, { config }]: [string, UnitState]): boolean => config === desired.units[unit]?.config;
  return { ...last, units: Object.fromEntries(Object.entries(last.units).filter(isSame)) };
}

/**
 * Desired state without the keys at which the host still differs: only what was reached can drift. At a place that could not be
 * read, that is held back, or that waits for its next start, what had been reached before still counts.
 */
function reachedState(desired: HostState, { patch, unknown, pending }: Changes, last: HostState | null): HostState {
  const open = keysOf(patch);
  const hidden = keysOf([...unknown, ...pending.map(({ unit }) => ({ path: `/units/${pointer(unit)}` }))]);
  const reached = <T>(
    section: string,
    wanted: Readonly<Record<string, T>>,
    before: Readonly<Record<string, T>> = {},
  ): Record<string, T> => {
    const isHidden = (key: string): boolean => hidden.has(`/${section}`) || hidden.has(`/${section}/${pointer(key)}`);
    const entries = Object.entries(wanted).flatMap(([key, value]): [string, T][] => {
      if (open.has(`/${section}/${pointer(key)}`)) return [];
      const known = isHidden(key) ? before[key] : value;
      return known === undefined ? [] : [[key, known]];
    });
    return Object.fromEntries(entries);
  };
  return {
    linger: desired.linger && !open.has('/linger') && (!hidden.has('/linger') || last?.linger === true),
    files: reached('files', desired.files, last?.files),
    units: reached('units', desired.units, last?.units),
    sessions: reached('sessions', desired.sessions, last?.sessions),
  };
}

/** Places of a section or of one key in it; what is below a key counts for the whole of it. */
const keysOf = (places: readonly { readonly path: string }[]): ReadonlySet<string> =>
  new Set(places.map(({ path }) => path.split('/').slice(0, 3).join('/')));

/** Whether both say the same, whenever they were written. */
export const sameRecord = (a: AdmittedRecord, b: AdmittedRecord): boolean =>
  JSON.stringify({ ...a, at: '' }) === JSON.stringify({ ...b, at: '' });
