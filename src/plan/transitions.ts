import type { Desired } from '../model/desired.ts';
import type { UnitState } from '../model/host-state.ts';
import { isUnitFile, parseUnit, type UnitKind } from '../model/names.ts';
import type { PatchOperation, Reason, Verb } from '../model/plan.ts';
import type { Derived, Orphan, Verdict } from './derive.ts';
import { unescapePointer } from './pointer.ts';
import { desiredRole, heldRole, isFloorClass, type Role, sameRole } from './roles.ts';

/** What has to become of one unit, with the raw state behind it. */
export interface UnitTransition {
  readonly unit: string;
  readonly kind: UnitKind;
  readonly name: string;
  readonly steps: readonly { readonly verb: UnitVerb; readonly reason: Reason }[];
  /** Role before and after; `unknown` for a running unit that nobody wrote down. */
  readonly before: Role | 'unknown' | null;
  readonly after: Role | null;
  /** Both witnesses say that it runs. */
  readonly live: boolean;
}

export type UnitVerb = Extract<Verb, 'reset-failed' | 'enable' | 'start' | 'restart' | 'stop' | 'disable'>;

export interface FileTransition {
  readonly key: string;
  readonly verb: 'write' | 'remove';
  readonly reason: Reason;
}

export interface Transitions {
  readonly linger: boolean;
  readonly files: readonly FileTransition[];
  readonly units: readonly UnitTransition[];
  readonly orphans: readonly Orphan[];
}

/** The patch, read as verbs. Each operation is a `replace`, since both documents have the same keys. */
export function transitionsOf(patch: readonly PatchOperation[], desired: Desired, derived: Derived): Transitions {
  const files: FileTransition[] = [];
  const changes = new Map<string, Partial<Record<keyof UnitState, true>>>();
  const orphanKeys = new Set<string>();
  let linger = false;
  for (const operation of patch) {
    const [, section, key = '', field] = operation.path.split('/');
    if (section === 'linger') linger = true;
    else if (section === 'files') files.push(fileTransition(unescapePointer(key), operation.value, desired, derived));
    else if (section === 'sessions' && operation.value === false) orphanKeys.add(unescapePointer(key));
    else if (section === 'units') noteField(changes, unescapePointer(key), field);
  }
  const units = [...changes].map(([unit, changed]) => unitTransition(unit, changed, desired, derived));
  return { linger, files, units, orphans: derived.orphans.filter((orphan) => orphanKeys.has(orphan.key)) };
}

function noteField(changes: Map<string, Partial<Record<keyof UnitState, true>>>, unit: string, field: string | undefined): void {
  const changed = changes.get(unit) ?? {};
  if (field === 'enabled' || field === 'active' || field === 'config') changed[field] = true;
  changes.set(unit, changed);
}

function fileTransition(key: string, value: unknown, desired: Desired, derived: Derived): FileTransition {
  if (value === null) return { key, verb: 'remove', reason: 'not-rostered' };
  return { key, verb: 'write', reason: writeReason(key, desired, derived) };
}

function writeReason(key: string, desired: Desired, derived: Derived): Reason {
  if (reached(derived)?.files[key] === desired.state.files[key]) return 'drifted';
  if (derived.state.files[key] === undefined) return 'rostered';
  if (key.startsWith('agents/')) return 'config-changed';
  return key.startsWith('roles/') && !isUnitFile(key) ? 'role-changed' : 'unit-file-changed';
}

const reached = (derived: Derived) =>
  derived.observation.admitted.known ? derived.observation.admitted.value?.state : undefined;

function unitTransition(
  unit: string,
  changed: Partial<Record<keyof UnitState, true>>,
  desired: Desired,
  derived: Derived,
): UnitTransition {
  const { kind, name } = parseUnit(unit) ?? { kind: 'agent' as const, name: unit };
  const verdict = derived.verdicts.get(unit);
  const wanted = desired.state.units[unit];
  const before = heldRole(verdict, desired);
  const after = desiredRole(name, desired);
  const steps: { verb: UnitVerb; reason: Reason }[] = [];
  if (changed.enabled && wanted?.enabled !== true) steps.push({ verb: 'disable', reason: goneReason(unit, desired, derived) });
  if (changed.active && verdict?.foreignRun) steps.push({ verb: 'stop', reason: 'taken-over' });
  else if (changed.active && wanted?.active !== true) steps.push({ verb: 'stop', reason: goneReason(unit, desired, derived) });
  const comes = wanted?.active === true && (changed.active || changed.config);
  const up = comes ? bringUp(unit, verdict, movesFloor(before, after), desired, derived) : [];
  // An agent that changes its role gives up the old one before it is enabled in the new.
  steps.push(...up.filter(({ verb }) => verb === 'stop'));
  if (changed.enabled && wanted?.enabled === true)
    steps.push({ verb: 'enable', reason: cameReason(unit, 'enabled', desired, derived) });
  steps.push(...up.filter(({ verb }) => verb !== 'stop'));
  return { unit, kind, name, steps, before, after, live: verdict?.phase === 'live' };
}

/** A restart cannot be ordered between ending one role and beginning another, so an agent that changes roles of the floor is stopped, then started. */
function movesFloor(before: Role | 'unknown' | null, after: Role | null): boolean {
  if (before === null || before === 'unknown' || after === null || sameRole(before, after)) return false;
  return isFloorClass(before.class) || isFloorClass(after.class);
}

function bringUp(
  unit: string,
  verdict: Verdict | undefined,
  moves: boolean,
  desired: Desired,
  derived: Derived,
): { verb: UnitVerb; reason: Reason }[] {
  const reason = cameReason(unit, 'active', desired, derived);
  if (verdict?.foreignRun) return [{ verb: 'start', reason: 'taken-over' }];
  switch (verdict?.phase) {
    case 'live':
    case 'starting':
    case 'unknown':
      if (moves)
        return [
          { verb: 'stop', reason: 'config-changed' },
          { verb: 'start', reason: 'config-changed' },
        ];
      return [{ verb: 'restart', reason: 'config-changed' }];
    case 'sessionless':
      if (moves)
        return [
          { verb: 'stop', reason: 'session-missing' },
          { verb: 'start', reason: 'session-missing' },
        ];
      return [{ verb: 'restart', reason: 'session-missing' }];
    case 'failed':
      return [
        { verb: 'reset-failed', reason: 'failed' },
        { verb: 'start', reason: 'failed' },
      ];
    case 'stopping':
      // Somebody ends it: its end has to be waited for before another may have its role.
      return [...(moves ? [{ verb: 'stop', reason: 'config-changed' } as const] : []), { verb: 'start', reason }];
    case 'down':
    case undefined:
      return [{ verb: 'start', reason }];
  }
}

function cameReason(unit: string, field: 'enabled' | 'active', desired: Desired, derived: Derived): Reason {
  return reached(derived)?.units[unit]?.[field] === desired.state.units[unit]?.[field] ? 'drifted' : 'rostered';
}

function goneReason(unit: string, desired: Desired, derived: Derived): Reason {
  const wanted = desired.state.units[unit];
  if (wanted === undefined) return 'not-rostered';
  const before = reached(derived)?.units[unit];
  if (before !== undefined && before.active === wanted.active && before.enabled === wanted.enabled) return 'drifted';
  return wanted.active ? 'disabled-in-roster' : 'stopped-in-roster';
}
