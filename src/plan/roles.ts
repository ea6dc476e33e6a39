import type { Desired } from '../model/desired.ts';
import { environmentFile } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Verdict } from './derive.ts';

/** What the floor counts: an agent's class within a fleet. */
export interface Role {
  readonly fleet: string;
  readonly class: string;
}

export const isFloorClass = (name: string): boolean => name === 'orchestrator' || name === 'enhancer';

/**
 * Role that a unit holds now; `null` when it runs nothing of ours, `unknown` when it runs and nobody wrote down what. Without a
 * record of this run, one that had been brought to what is desired still has that role.
 */
export function heldRole(verdict: Verdict | undefined): Role | 'unknown' | null {
  if (verdict === undefined || verdict.kind !== 'agent' || verdict.foreignRun || !isRunning(verdict)) return null;
  if (verdict.record !== null) return verdict.record;
  const { agent } = verdict;
  return agent === null || verdict.reached !== agent.config ? 'unknown' : agent;
}

/** Role that an agent would come up in from the file that is there; `unknown` where nobody can tell, `null` where there is no file. */
export function roleOnDisk(name: string, { files }: Observation): Role | 'unknown' | null {
  if (!files.known) return 'unknown';
  const file = files.value[environmentFile(name)];
  return file === undefined ? null : (file.role ?? 'unknown');
}

/** As `heldRole`; one that systemd is starting is taken for what the file says that it starts from. */
export function presentRole(verdict: Verdict | undefined, observation: Observation): Role | 'unknown' | null {
  const held = heldRole(verdict);
  if (held !== 'unknown' || verdict?.phase !== 'starting') return held;
  return roleOnDisk(verdict.name, observation) ?? held;
}

/** Role that the rosters give an agent; `null` when it is not to run. */
export function desiredRole(name: string, desired: Desired): Role | null {
  const agent = desired.agents.get(name);
  return agent?.running === true ? agent : null;
}

export const sameRole = (a: Role | null, b: Role | null): boolean =>
  a === b || (a !== null && b !== null && a.fleet === b.fleet && a.class === b.class);

/** A process may be alive: everything but known rest. */
export const isRunning = (verdict: Verdict): boolean => verdict.phase !== 'down' && verdict.phase !== 'failed';
