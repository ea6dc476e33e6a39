import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import {
  agentDropIn,
  agentTemplate,
  agentUnit,
  connectorFile,
  connectorOf,
  connectorTemplate,
  connectorUnit,
  environmentFile,
  type FileKey,
  holderUnit,
  isUnitFile,
  launcherFile,
  ownerOf,
  supervisorFile,
  type UnitKind,
  unitFile,
} from '../model/names.ts';
import type { Action, Handover } from '../model/plan.ts';
import { isServing, type Running, type SimulatedHost, type Team, teamOf, type Unit, unitNamed } from './simulate-host.ts';
import { type Sequence, succeeded } from './simulate-order.ts';
import type { ViolationKind } from './simulate-violations.ts';

/** One plan before the judge. */
export interface Case {
  readonly host: SimulatedHost;
  readonly desired: Desired;
  readonly plan: Sequence;
  /** By the unit that leaves, and by the one that enters. */
  readonly leaving: ReadonlyMap<string, Handover>;
  readonly entering: ReadonlyMap<string, Handover>;
  /** Position of the start or restart of each unit. */
  readonly beginnings: ReadonlyMap<string, number>;
  /** Units that the plan stops. */
  readonly endings: ReadonlySet<string>;
  /** How many files are not as desired. */
  stale: number;
  readonly atStart: ReadonlyMap<FileKey, Digest>;
  /** Units that are or are to be orchestrators, by their own files, too: no other would come up as one after a power loss. */
  readonly contenders: { readonly units: ReadonlySet<string>; readonly byFile: ReadonlyMap<FileKey, string> };
  /** Units that were enabled or disabled since the last reload. */
  readonly unannounced: Set<string>;
  /** Unit files that the manager has not read yet, and those that each running reload reads. */
  readonly unread: Set<FileKey>;
  readonly reading: Map<Action, Set<FileKey>>;
  readonly report: (kind: ViolationKind, about: string, action: Action | null) => void;
}

/** Handovers name agents. */
export const handoverUnit = (name: string): string => agentUnit(name);

/** What desired state would have a unit run as. */
export function runningOf(judged: Case, unit: Unit): Running {
  unit.next ??= desiredRun(judged, unit) ?? formerRun(judged, unit);
  return unit.next;
}

function desiredRun({ host }: Case, { agent }: Unit): Running | null {
  if (agent === null) return null;
  const team = teamOf(host.fleets.get(agent.fleet), agent.class);
  return { class: agent.class, fleet: agent.fleet, config: agent.config, team };
}

/** One that desired state does not know comes back as what it was. */
function formerRun({ desired, host }: Case, { unit, kind, start }: Unit): Running {
  const config = desired.state.units[unit]?.config ?? start?.config ?? null;
  const fleet = kind === 'agent' ? (start?.fleet ?? null) : null;
  const team = fleet === null ? null : teamOf(host.fleets.get(fleet), start?.class ?? null);
  return { class: start?.class ?? null, fleet, config, team };
}

/** Whether it is one of ours that may be touched at all. */
export function judgeTarget(judged: Case, action: Action, unit: Unit): void {
  if (unit.foreign) judged.report('foreign-touched', unit.unit, action);
  if (unit.masked) judged.report('masked-touched', unit.unit, action);
}

/** Rules for a unit that is about to start: everything that it needs has to be there. */
export function judgeBeginning(judged: Case, action: Action, unit: Unit, next: Running): void {
  const { desired, host, report } = judged;
  const wish = desired.state.units[unit.unit];
  if (judged.stale + judged.unread.size > 0) {
    for (const key of filesOf(unit)) judgeFile(judged, action, key, wish !== undefined);
  }
  if (wish?.enabled === true && !unit.enabled) report('start-before-enable', unit.unit, action);
  if (unit.kind === 'agent' && !isServing(host.holder)) report('start-before-holder', unit.unit, action);
  if (unit.kind === 'connector' && !hasOrchestrator(judged, unit.name)) report('connector-early', unit.unit, action);
  judgeAdjacent(judged, action, unit, next.team);
}

function judgeFile(judged: Case, action: Action, key: FileKey, wished: boolean): void {
  if (wished && isStale(judged, key)) judged.report('start-before-files', key, action);
  if (isUnitFile(key) && judged.unread.has(key)) judged.report('start-before-reload', key, action);
}

/** It is not as desired. */
export const isStale = ({ host, desired }: Case, key: FileKey): boolean => host.files.get(key) !== desired.state.files[key];

/** Files that a unit is started from, among them some that must not be there: a drop-in that it is not to have. */
function filesOf(unit: Unit): readonly FileKey[] {
  if (unit.kind === 'connector') return [connectorFile(unit.name), ...sharedFiles.connector];
  if (unit.kind !== 'agent') return sharedFiles[unit.kind];
  return [...(unit.agent?.files ?? agentFiles(unit)), ...sharedFiles.agent];
}

const agentFiles = (unit: Unit): readonly FileKey[] => [environmentFile(unit.name), agentDropIn(unit.name)];

const sharedFiles: Readonly<Record<UnitKind, readonly FileKey[]>> = {
  agent: [unitFile(agentTemplate), supervisorFile, launcherFile],
  connector: [unitFile(connectorTemplate), launcherFile],
  holder: [unitFile(holderUnit)],
};

/** Whether the orchestrator that desired state gives to the fleet serves; a fleet that is to have none asks for none. */
function hasOrchestrator({ desired, host }: Case, fleet: string): boolean {
  const team = host.fleets.get(fleet)?.orchestrator;
  if (team === null || team === undefined || team.wanted === 0 || team.serving > 0) return true;
  // One whose record could not be read belongs to no team.
  const agent = [...desired.agents.values()].find((each) => each.fleet === fleet && each.class === 'orchestrator');
  const unit = agent === undefined ? undefined : host.units.get(agentUnit(agent.name));
  return unit !== undefined && isServing(unit);
}

/** While a team is without a serving agent, only the one that ended and the one that follows may have a step. */
export function judgeAdjacent(judged: Case, action: Action, unit: Unit, next: Team | null): void {
  if (intrudes(unit, unit.liveIn) || intrudes(unit, next)) judged.report('gap-not-adjacent', unit.unit, action);
}

function intrudes(unit: Unit, team: Team | null): boolean {
  const gap = team?.fleet.gap ?? null;
  return gap !== null && gap.team === team && unit !== gap.closer && unit !== gap.ended;
}

/** Rules for a unit that is about to end, before anything happened to it. `stays` where it begins again in the same action. */
export function judgeEnding(judged: Case, action: Action, unit: Unit, stays: boolean): void {
  const { desired, host, report } = judged;
  if (unit.enabled && !stays && desired.state.units[unit.unit]?.enabled !== true)
    report('stop-before-disable', unit.unit, action);
  if (unit.kind === 'holder' && host.serving > 0) report('holder-disturbed', unit.unit, action);
  if (unit.kind === 'connector' && host.fleets.get(unit.name)?.gap?.team.role === 'orchestrator') {
    report('connector-late', unit.unit, action);
  }
  if (stays) return;
  judgeAdjacent(judged, action, unit, null);
  if (unit.liveIn?.role !== 'orchestrator') return;
  const connector = host.units.get(connectorUnit(unit.liveIn.fleet.name));
  // One that the plan does not end at all was held back for a reason of its own.
  if (connector?.live === true && judged.endings.has(connector.unit)) report('connector-late', connector.unit, action);
}

/** Nobody of the team serves any more: allowed for one that must follow itself, or for a handover, if all is ready. */
export function judgeGap(judged: Case, action: Action, unit: Unit, team: Team): void {
  if (team.serving > 0 || !team.fleet.floor || team.wanted === 0) return;
  const { report } = judged;
  const { fleet, role } = team;
  const closer = closerOf(judged, action, unit, team);
  // Never two: where another one lives already, one has to go, whether or not the other serves.
  if (closer === null && role === 'orchestrator' && team.live + team.doubtful > 1) return;
  if (closer === null || (role === 'enhancer' && team.providers > 1)) {
    report(role === 'orchestrator' ? 'no-orchestrator' : 'no-enhancer', fleet.name, action);
    return;
  }
  if (fleet.gap !== null) report('two-gaps', fleet.name, action);
  fleet.gap = { team, ended: unit, closer };
  if (!changePlaces(unit, closer) && !isPrepared(judged, action, unit, closer)) report('gap-unprepared', closer.unit, action);
}

/** The unit that is to serve in its place: itself, or the entering one of a handover. */
function closerOf(judged: Case, action: Action, unit: Unit, team: Team): Unit | null {
  if (action.verb === 'kill-session') return null;
  const again = action.verb === 'restart' || isPending(judged, judged.beginnings.get(unit.unit));
  if (again && runningOf(judged, unit).team === team) return unit;
  // One that stays in another role cannot come back: its files are those of the new role.
  const moves = judged.desired.state.units[unit.unit]?.active === true;
  if (team.role === 'enhancer') return moves ? team.exchanged : null;
  if (moves) return team.entrant;
  const handover = judged.leaving.get(unit.unit);
  if (handover === undefined || handover.fleet !== team.fleet.name) return null;
  const entering = unitNamed(judged.host, judged.desired, handoverUnit(handover.entering));
  return entering !== null && runningOf(judged, entering).team === team ? entering : null;
}

/** Agents that change places in the floor of one fleet or of several wait for one another: no order has all of it prepared. */
const changePlaces = (ended: Unit, closer: Unit): boolean =>
  ended !== closer && [ended, closer].every(({ start, agent }) => isFloorClass(start?.class) && isFloorClass(agent?.class));

const isFloorClass = (name: string | null | undefined): boolean => name === 'orchestrator' || name === 'enhancer';

const isPending = ({ plan }: Case, position: number | undefined): boolean =>
  position !== undefined && plan.outcomes[position] === 0;

/** Files, manager and holder are ready, and the beginning waits for nothing but steps of the two units. */
function isPrepared(judged: Case, action: Action, ended: Unit, closer: Unit): boolean {
  const { host, plan } = judged;
  const isReady = (key: FileKey): boolean => !isStale(judged, key) && !judged.unread.has(key);
  if (!filesOf(closer).every(isReady) || !isServing(host.holder)) return false;
  if (action.verb === 'restart' && ended === closer) return true;
  const position = judged.beginnings.get(closer.unit);
  const beginning = position === undefined ? undefined : plan.actions[position];
  if (beginning === undefined || !isPending(judged, position)) return false;
  const open = (id: string): Action | undefined => {
    const earlier = plan.positions.get(id);
    return earlier === undefined || plan.outcomes[earlier] === succeeded ? undefined : plan.actions[earlier];
  };
  const allowed = (each: Action, depth: number): boolean => {
    if (each === action) return true;
    if (each.verb === 'reload' || depth > 4) return false;
    if (each.unit !== closer.unit && each.unit !== ended.unit) return false;
    return each.after.every((id) => {
      const earlier = open(id);
      return earlier === undefined || (plan.outcomes[plan.positions.get(id) ?? 0] === 0 && allowed(earlier, depth + 1));
    });
  };
  return allowed(beginning, 0);
}

/** A file may go once nobody runs from it and nobody might have to be started from it again. */
export function judgeRemoval(judged: Case, action: Action, key: FileKey): void {
  const { desired, host, report } = judged;
  const name = ownerOf(key);
  const users = name === null ? usersOf(host, key) : 0;
  if (desired.state.files[key] !== undefined || users > 0) report('file-removed-early', key, action);
  const unit = name === null ? undefined : host.units.get(agentUnit(name));
  // A rostered one may lose a file that it is not to have; its next start is judged by what is there then.
  if (unit === undefined || unit.agent !== null) return;
  if (unit.live) report('file-removed-early', key, action);
  const handover = judged.leaving.get(unit.unit);
  const entering = handover === undefined ? undefined : host.units.get(handoverUnit(handover.entering));
  if (entering !== undefined && !isServing(entering)) report('way-back-lost', key, action);
}

function usersOf(host: SimulatedHost, key: FileKey): number {
  if (key === unitFile(agentTemplate) || key === supervisorFile || key === launcherFile) return host.live.agent;
  if (key === unitFile(connectorTemplate)) return host.live.connector;
  const served = connectorOf(key);
  if (served !== null) return host.units.get(connectorUnit(served))?.live === true ? 1 : 0;
  if (key === unitFile(holderUnit)) return host.live.holder;
  return 0;
}

/** Whether every file that the unit had of its own at the start is still there. */
export const hasItsFiles = (host: SimulatedHost, unit: Unit, files: ReadonlyMap<FileKey, unknown>): boolean =>
  agentFiles(unit).every((key) => !files.has(key) || host.files.has(key));
