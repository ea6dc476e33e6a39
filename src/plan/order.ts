import type { Desired } from '../model/desired.ts';
import {
  agentTemplate,
  agentUnit,
  connectorFile,
  connectorOf,
  connectorTemplate,
  connectorUnit,
  fleetToldBy,
  holderUnit,
  isUnitFile,
  launcherFile,
  ownerOf,
  supervisorFile,
  unitFile,
} from '../model/names.ts';
import type { Action, Handover, Verb } from '../model/plan.ts';
import type { Derived } from './derive.ts';
import { floorOrder, liveIds } from './floor-edges.ts';
import { type FleetMoves, floorMoves, handoversOf } from './floor-moves.ts';
import { type LateFiles, lateFiles } from './late-files.ts';
import { Sheet, type UnitEdges } from './sheet.ts';
import { inDependencyOrder } from './sort.ts';
import { endForeignRuns } from './take-over.ts';
import type { FileTransition, Transitions, UnitTransition } from './transitions.ts';
import { grantWishes, type Wish } from './wishes.ts';

export interface Ordered {
  readonly actions: readonly Action[];
  readonly handovers: readonly Handover[];
}

/**
 * The order of the design, as a list of actions and their `after` edges. The list is one valid order; the edges say what of it
 * must not change. There is an edge only where the floor, a file or systemd needs one, so that a failure holds up nobody else.
 */
export function orderActions(transitions: Transitions, desired: Desired, derived: Derived): Ordered {
  const sheet = new Sheet(desired, derived);
  const { over, units } = endForeignRuns(sheet, transitions.units);
  const agents = units.filter(({ kind }) => kind === 'agent').sort(byPhase);
  const connectors = units.filter(({ kind }) => kind === 'connector');
  const holder = units.find(({ unit }) => unit === holderUnit);
  const moves = floorMoves(agents);
  const late = lateFiles(agents, transitions.files, desired, derived, moves);

  const early = [...(holder === undefined ? [] : [holder]), ...agents, ...connectors].filter((one) =>
    mayBeEnabledEarly(one, moves, late),
  );
  const { programs, reload, enabled } = prepareHost(sheet, transitions, { over, late }, early, desired, derived);
  const begun = holder === undefined || isLeaving(holder) ? null : beginHolder(sheet, holder, { programs, reload, enabled });
  const kills = killOrphans(sheet, transitions);
  for (const connector of connectors.filter(isLeaving)) sheet.unit(connector, connector.steps, {});
  const preparedBy = (unit: UnitTransition): string[] => {
    const done = enabled.get(unit.unit);
    if (done === undefined) return (begun ?? programs.concat(reload)).concat(ownFiles(sheet, unit));
    return [done].concat(begun ?? reload);
  };
  const prepared = (agent: UnitTransition) => inTime(preparedBy(agent).concat(kills.get(agent.name) ?? []), late);
  const { edges, isFree, wishes } = floorOrder(moves, prepared, (fleet) => sheet.present([`stop ${connectorUnit(fleet)}`]), late);
  const carryOut = (unit: UnitTransition, waits: UnitEdges): void => {
    sheet.unit(unit, enabled.has(unit.unit) ? unit.steps.slice(1) : unit.steps, waits);
  };
  for (const agent of agents) carryOut(agent, edges(agent));
  for (const connector of connectors.filter((one) => !isLeaving(one))) {
    carryOut(connector, { first: preparedBy(connector).concat(liveIds(moves.get(connector.name)?.orchestrator)) });
  }
  if (holder !== undefined && isLeaving(holder))
    sheet.unit(holder, holder.steps, { first: sheet.present(agents.map(({ unit }) => `stop ${unit}`)) });
  const handovers = handoversOf(moves);
  cleanUp(sheet, transitions, desired, handovers, enabled);
  return { actions: isFree ? sheet.actions : sorted(sheet, wishes), handovers };
}

/** Only what the floor has one agent wait for in another may come before it in the list. */
function sorted({ actions, positions }: Sheet, wishes: readonly Wish[]): readonly Action[] {
  return inDependencyOrder(grantWishes(actions, positions, wishes), positions);
}

const isLeaving = ({ steps }: UnitTransition): boolean => steps.every(({ verb }) => verb === 'stop' || verb === 'disable');

/** What nobody has to leave for may be enabled before the reload that unit files need, which then makes that known, too. */
function mayBeEnabledEarly(
  { unit, kind, steps: [first], before, after }: UnitTransition,
  moves: ReadonlyMap<string, FleetMoves>,
  { cleared }: LateFiles,
): boolean {
  if (first?.verb !== 'enable' || before !== null || cleared.has(unit)) return false;
  return (
    kind === 'holder' ||
    kind === 'connector' ||
    (after !== null && (after.class !== 'orchestrator' || moves.get(after.fleet)?.orchestrator.ends.length === 0))
  );
}

interface Preparation {
  /** Writes of what is shared. Whoever starts waits for them. */
  readonly programs: readonly string[];
  /** The reload, where there is one. Whoever starts waits for it. */
  readonly reload: readonly string[];
  /** Units that were enabled on the way, with the step that does it; they have waited for `programs`, and for their own files. */
  readonly enabled: ReadonlyMap<string, string>;
}

/** Files first, then one reload if unit files were among them. */
function prepareHost(
  sheet: Sheet,
  transitions: Transitions,
  { over, late }: { readonly over: readonly string[]; readonly late: LateFiles },
  early: readonly UnitTransition[],
  desired: Desired,
  derived: Derived,
): Preparation {
  const files = transitions.files.filter((file) => comesFirst(file, desired)).sort(byRank);
  for (const file of files) sheet.file(file, [...over, ...(late.after.get(file.key) ?? [])]);
  if (transitions.linger) sheet.linger(derived.observation.facts.tenant);
  const unitFiles = files.filter(({ key }) => isUnitFile(key)).map(({ verb, key }) => `${verb} ${key}`);
  // A reload only waits for these to end; whoever starts needs them to have succeeded.
  const shared = [supervisorFile, launcherFile, ...[agentTemplate, connectorTemplate, holderUnit].map(unitFile)];
  const programs = sheet.fileActions(shared);
  const { stale } = derived.observation;
  const enabled = new Map<string, string>();
  if (unitFiles.length === 0 && !(stale.known && stale.value)) return { programs, reload: [], enabled };
  for (const one of early) {
    const [id] = sheet.unit(one, one.steps.slice(0, 1), { first: programs.concat(ownFiles(sheet, one)) });
    if (id !== undefined) enabled.set(one.unit, id);
  }
  const reload = sheet.reload('unit-files', 'unit-file-changed', [...unitFiles, ...enabled.values()]);
  return { programs, reload: [reload], enabled };
}

/** Files of agents that leave are removed at the end: a handover that fails needs them. */
function comesFirst({ key, verb }: FileTransition, desired: Desired): boolean {
  if (verb === 'write') return true;
  const owner = isUnitFile(key) ? ownerOf(key) : null;
  return owner !== null && desired.agents.has(owner);
}

const rank = (key: string): number => (isUnitFile(key) ? 0 : key.startsWith('bin/') ? 1 : key.startsWith('roles/') ? 2 : 3);
const byRank = (a: FileTransition, b: FileTransition): number => rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1);

function beginHolder(sheet: Sheet, holder: UnitTransition, { programs, reload, enabled }: Preparation): readonly string[] {
  const done = enabled.get(holder.unit);
  if (done === undefined) return sheet.unit(holder, holder.steps, { first: programs.concat(reload) });
  return sheet.unit(holder, holder.steps.slice(1), { first: [done].concat(reload) });
}

function killOrphans(sheet: Sheet, transitions: Transitions): Map<string, string[]> {
  const kills = new Map<string, string[]>();
  for (const orphan of transitions.orphans) {
    const agent = orphan.session.agent;
    kills.set(agent, [...(kills.get(agent) ?? []), sheet.killSession(orphan)]);
  }
  return kills;
}

/** What happens to the files that a unit has to itself. */
const ownFiles = (sheet: Sheet, { kind, name, agent }: UnitTransition): string[] =>
  sheet.fileActions(kind === 'connector' ? [connectorFile(name)] : (agent?.files ?? []));

/** What can be prepared before anything happens, and what only on the way. */
function inTime(steps: string[], { after }: LateFiles): { readonly early: string[]; readonly late: string[] } {
  if (after.size === 0) return { early: steps, late: [] };
  const isLate = (id: string): boolean => after.has(id.slice('write '.length));
  return { early: steps.filter((id) => !isLate(id)), late: steps.filter(isLate) };
}

/** Leaving orchestrators, entering ones, entering enhancers, the others that come, the others that leave, leaving enhancers. */
function byPhase(a: UnitTransition, b: UnitTransition): number {
  return phase(a) - phase(b) || (a.unit < b.unit ? -1 : 1);
}

function phase({ before, after }: UnitTransition): number {
  const from = before === 'unknown' ? 'orchestrator' : before?.class;
  if (from === 'orchestrator' && after?.class !== 'orchestrator') return 0;
  if (after?.class === 'orchestrator') return 1;
  if (after?.class === 'enhancer') return 2;
  if (after !== null) return 3;
  return from === 'enhancer' ? 5 : 4;
}

function cleanUp(
  sheet: Sheet,
  transitions: Transitions,
  desired: Desired,
  handovers: readonly Handover[],
  early: ReadonlyMap<string, string>,
): void {
  const successors = new Map(handovers.map(({ leaving, entering }) => [leaving, entering]));
  const removed: string[] = [];
  for (const file of transitions.files.filter((one) => !comesFirst(one, desired)).sort(byRank)) {
    sheet.file(file, removalEdges(sheet, file.key, successors, transitions.units));
    if (isUnitFile(file.key)) removed.push(`remove ${file.key}`);
  }
  const changed = sheet.actions
    .filter(({ verb, unit }) => verb === 'disable' || (verb === 'enable' && !early.has(unit ?? '')))
    .map(({ id }) => id);
  if (changed.length + removed.length === 0) return;
  // A reload holds the manager up, and with it every job that is under way: it comes when they have ended, well or not.
  const jobs = sheet.actions.filter(({ verb }) => isJob.has(verb)).map(({ id }) => id);
  sheet.reload('enablement', 'enablement-changed', [...changed, ...removed, ...jobs]);
}

const isJob: ReadonlySet<Verb> = new Set(['start', 'restart', 'stop']);

function removalEdges(
  sheet: Sheet,
  key: string,
  successors: ReadonlyMap<string, string>,
  units: readonly UnitTransition[],
): string[] {
  const fleet = fleetToldBy(key);
  if (fleet !== null) return endsOfFleet(sheet, fleet, units);
  const served = connectorOf(key);
  if (served !== null) return sheet.present([`disable ${connectorUnit(served)}`, `stop ${connectorUnit(served)}`]);
  const agent = ownerOf(key);
  if (agent === null) return [];
  const successor = successors.get(agent);
  const unit = agentUnit(agent);
  return sheet.present([
    `disable ${unit}`,
    `stop ${unit}`,
    ...(successor === undefined ? [] : ['start', 'restart'].map((verb) => `${verb} ${agentUnit(successor)}`)),
  ]);
}

/** Whoever was a member, or may have been one. */
const endsOfFleet = (sheet: Sheet, fleet: string, units: readonly UnitTransition[]): string[] =>
  sheet.present(
    units
      .filter(({ before }) => before === 'unknown' || before?.fleet === fleet)
      .flatMap(({ unit }) => [`disable ${unit}`, `stop ${unit}`]),
  );
