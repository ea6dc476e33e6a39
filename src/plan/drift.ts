import type { HostState } from '../model/host-state.ts';
import type { Derived } from './derive.ts';
import { type Differences, eachField } from './differences.ts';
import { pointer } from './pointer.ts';

/** Places that differ now although the last admitted revision had brought them to what is still desired. */
export function driftOf(differences: Differences, derived: Derived): string[] {
  const reached = reachedState(derived);
  if (reached === null) return [];
  const drift: string[] = [];
  for (const { key, after } of differences.sessions) {
    if ((reached.sessions[key] ?? false) === after) drift.push(`/sessions/${pointer(key)}`);
  }
  for (const difference of differences.units) {
    const { key, after } = difference;
    const then = reached.units[key] ?? absentUnit;
    eachField(difference, (field) => {
      if (then[field] === after[field]) drift.push(`/units/${pointer(key)}/${field}`);
    });
  }
  for (const { key, after } of differences.files) {
    if ((reached.files[key] ?? null) === after) drift.push(`/files/${pointer(key)}`);
  }
  if (reached.linger === differences.linger) drift.push('/linger');
  return drift;
}

const absentUnit = { enabled: false, active: false, config: null } as const;

/** What the last admitted revision brought this host to; `null` where that is unknown or there was none. */
export const reachedState = ({ observation: { admitted } }: Derived): HostState | null =>
  admitted.known ? (admitted.value?.state ?? null) : null;
