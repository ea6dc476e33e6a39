import { type Desired, type DesiredAgent, knownUnit } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import type { HostState, UnitState } from '../model/host-state.ts';
import { connectorOf, fleetToldBy, isUnitFile, type UnitKind } from '../model/names.ts';
import type { Pending, Reason, Verb } from '../model/plan.ts';
import type { Derived, Orphan, Verdict } from './derive.ts';
import type { Difference, Differences, UnitDifference } from './differences.ts';
import { reachedState } from './drift.ts';
import { isFloorClass, presentRole, type Role, sameRole } from './roles.ts';
import { olderParts } from './settled.ts';

/** What has to become of one unit, with the raw state behind it. */
export interface UnitTransition {
  readonly unit: string;
  readonly kind: UnitKind;
  readonly name: string;
  readonly steps: readonly Step[];
  /** Role before and after; `unknown` for a running unit that nobody wrote down. */
  readonly before: Role | 'unknown' | null;
  readonly after: Role | null;
  /** As desired state has it, also one that is to rest. */
  readonly agent: DesiredAgent | null;
  /** As it was seen. */
  readonly verdict: Verdict | undefined;
}

export interface Step {
  readonly verb: UnitVerb;
  readonly reason: Reason;
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

/** The differences, read as verbs. */
export function transitionsOf({ linger, files, units, sessions }: Differences, desired: Desired, derived: Derived): Transitions {
  const reached = reachedState(derived);
  return {
    linger: linger !== null,
    files: files.map((difference) => fileTransition(difference, reached)),
    units: units.map((difference) => unitTransition(difference, reached, desired, derived)),
    orphans: goingOf(derived.orphans, sessions),
  };
}

function goingOf(orphans: readonly Orphan[], sessions: Differences['sessions']): readonly Orphan[] {
  if (orphans.length === 0) return orphans;
  const going = new Set(sessions.filter(({ after }) => !after).map(({ key }) => key));
  return orphans.filter(({ key }) => going.has(key));
}

function fileTransition(difference: Difference<Digest | null>, reached: HostState | null): FileTransition {
  const { key, after } = difference;
  if (after === null) return { key, verb: 'remove', reason: 'not-rostered' };
  return { key, verb: 'write', reason: writeReason(difference, reached) };
}

function writeReason({ key, before, after }: Difference<Digest | null>, reached: HostState | null): Reason {
  if (reached !== null && reached.files[key] === after) return 'drifted';
  if (before === null) return 'rostered';
  if (key.startsWith('agents/') || connectorOf(key) !== null) return 'config-changed';
  if (fleetToldBy(key) !== null) return 'fleet-changed';
  return key.startsWith('roles/') && !isUnitFile(key) ? 'role-changed' : 'unit-file-changed';
}

/** One unit as it is, as it is to be, and as it was brought to last. */
interface Course {
  readonly verdict: Verdict | undefined;
  readonly wanted: UnitState | undefined;
  readonly reached: UnitState | undefined;
  /** A connector that runs as another kind. */
  readonly isSwitched: boolean;
  /** What it was started with that would be another now. */
  readonly older: readonly Pending['reason'][];
}

function unitTransition(
  difference: UnitDifference,
  reached: HostState | null,
  desired: Desired,
  derived: Derived,
): UnitTransition {
  const { key: unit } = difference;
  const verdict = derived.verdicts.get(unit);
  const { kind, name, agent } = verdict ?? knownUnit(unit, desired) ?? { kind: 'agent' as const, name: unit, agent: null };
  const before = presentRole(verdict, derived.observation);
  const after = agent?.running === true ? agent : null;
  const older = verdict === undefined ? [] : olderParts(verdict, desired);
  const served = kind === 'connector' ? desired.connectors.get(name)?.kind : undefined;
  const isSwitched = served !== undefined && verdict?.record?.kind !== undefined && verdict.record.kind !== served;
  const course = { isSwitched, verdict, wanted: desired.state.units[unit], reached: reached?.units[unit], older };
  return { unit, kind, name, steps: stepsOf(difference, course, movesFloor(before, after)), before, after, agent, verdict };
}

function stepsOf({ enabled, active, config }: UnitDifference, course: Course, moves: boolean): Step[] {
  const { verdict, wanted } = course;
  const steps: Step[] = [];
  if (enabled && wanted?.enabled !== true) steps.push({ verb: 'disable', reason: goneReason(course) });
  if (active && verdict?.foreignRun) steps.push({ verb: 'stop', reason: 'taken-over' });
  else if (active && wanted?.active !== true) steps.push({ verb: 'stop', reason: goneReason(course) });
  const up = wanted?.active === true && (active || config) ? bringUp(course, moves) : [];
  // An agent that changes its role gives up the old one before it is enabled in the new.
  for (const step of up) if (step.verb === 'stop') steps.push(step);
  if (enabled && wanted?.enabled === true) steps.push({ verb: 'enable', reason: cameReason(course, 'enabled') });
  for (const step of up) if (step.verb !== 'stop') steps.push(step);
  return steps;
}

/** A restart cannot be ordered between ending one role and beginning another, so an agent that changes roles of the floor is stopped, then started. */
function movesFloor(before: Role | 'unknown' | null, after: Role | null): boolean {
  if (before === null || before === 'unknown' || after === null || sameRole(before, after)) return false;
  return isFloorClass(before.class) || isFloorClass(after.class);
}

function bringUp(course: Course, moves: boolean): Step[] {
  const { verdict } = course;
  const reason = cameReason(course, 'active');
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
      return [{ verb: 'restart', reason: restartReason(course) }];
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

/** One whose configuration is as desired restarts for what agents share, or for its role document. */
const restartReason = ({ verdict, wanted, older, isSwitched }: Course): Reason =>
  isSwitched
    ? 'connector-switched'
    : verdict?.phase === 'live' && verdict.record?.config === wanted?.config
      ? (older[0] ?? 'config-changed')
      : 'config-changed';

const cameReason = ({ wanted, reached }: Course, field: 'enabled' | 'active'): Reason =>
  reached?.[field] === wanted?.[field] ? 'drifted' : 'rostered';

function goneReason({ wanted, reached }: Course): Reason {
  if (wanted === undefined) return 'not-rostered';
  if (reached !== undefined && reached.active === wanted.active && reached.enabled === wanted.enabled) return 'drifted';
  return wanted.active ? 'disabled-in-roster' : 'stopped-in-roster';
}
