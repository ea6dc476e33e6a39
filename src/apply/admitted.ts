import type { Desired } from '../model/desired.ts';
import type { HostState } from '../model/host-state.ts';
import type { AdmittedRecord } from '../model/observation.ts';
import type { Changes } from '../plan/changes.ts';
import { pointer } from '../plan/derive.ts';

/** What is written down after a run: the revision, its agents, and of its desired state what the host has reached. */
export function admittedRecord(
  from: Pick<AdmittedRecord, 'revision' | 'source'>,
  desired: Desired,
  changes: Changes,
  at: string,
): AdmittedRecord {
  return { format_version: '1.0', ...from, fleets: agentsByFleet(desired), state: reachedState(desired.state, changes), at };
}

function agentsByFleet(desired: Desired): Record<string, readonly string[]> {
  const fleets: Record<string, string[]> = Object.fromEntries(desired.fleets.map(({ name }) => [name, []]));
  for (const { fleet, name } of desired.agents.values()) fleets[fleet]?.push(name);
  return fleets;
}

/** Desired state without the keys at which the host still differs: only what was reached can drift. */
function reachedState(desired: HostState, changes: Changes): HostState {
  const open = new Set(changes.patch.map(({ path }) => path.split('/').slice(0, 3).join('/')));
  const reached = <T>(section: string, values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([key]) => !open.has(`/${section}/${pointer(key)}`)));
  return {
    linger: desired.linger && !open.has('/linger'),
    files: reached('files', desired.files),
    units: reached('units', desired.units),
    sessions: reached('sessions', desired.sessions),
  };
}
