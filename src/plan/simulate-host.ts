import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import { agentUnit, type FileKey, holderUnit, parseUnit, type UnitKind } from '../model/names.ts';
import type { SimulationStart, SimulationUnit } from './simulate-start.ts';

/** A host that plans are tried out on. Teams are counted as units change, so that no rule has to look at every unit. */
export interface SimulatedHost {
  readonly units: Map<string, Unit>;
  readonly fleets: Map<string, Fleet>;
  readonly files: Map<FileKey, Digest>;
  readonly orphans: Map<string, string>;
  readonly holder: Unit;
  readonly holderSession: string;
  linger: boolean;
  /** Agents with a living session, and units of each kind that are live. */
  serving: number;
  readonly live: Record<UnitKind, number>;
}

export interface Unit {
  readonly unit: string;
  readonly kind: UnitKind;
  readonly name: string;
  readonly start: SimulationUnit | null;
  readonly masked: boolean;
  readonly foreign: boolean;
  /** What desired state would have it run as; worked out when first asked for. */
  next: Running | null;
  enabled: boolean;
  live: boolean;
  ending: boolean;
  session: boolean;
  failed: boolean;
  class: string | null;
  fleet: string | null;
  config: Digest | null;
  /** Teams in which it is counted: as live, as being started, as serving. */
  liveIn: Team | null;
  enteringIn: Team | null;
  servingIn: Team | null;
}

/** The orchestrators, or the enhancers, of one fleet. */
export interface Team {
  readonly role: 'orchestrator' | 'enhancer';
  readonly fleet: Fleet;
  live: number;
  serving: number;
  /** Live units that nobody knows as what, and that are to belong to it. */
  doubtful: number;
  /** Agents of it that desired state has running. */
  wanted: number;
  /** Units that serve at the start or that the plan brings up: with more than one there need not be a gap. */
  providers: number;
  /** One that the plan brings in. */
  entrant: Unit | null;
  /** One that the plan brings in from the enhancers of another fleet: they may change places. */
  exchanged: Unit | null;
}

export interface Fleet {
  readonly name: string;
  /** Desired, and not waived. */
  readonly floor: boolean;
  orchestrator: Team | null;
  enhancer: Team | null;
  gap: Gap | null;
}

/** A team without a serving agent, for as long as `closer` needs to come up. */
export interface Gap {
  readonly team: Team;
  readonly ended: Unit;
  readonly closer: Unit;
}

export function hostOf(start: SimulationStart, desired: Desired): SimulatedHost {
  const floors = new Set(desired.fleets.filter((fleet) => !fleet.waived).map((fleet) => fleet.name));
  const fleets = new Map<string, Fleet>();
  const units = new Map<string, Unit>();
  const host: SimulatedHost = {
    units,
    fleets,
    files: filesAtStart(start),
    orphans: new Map(Object.entries(start.orphans ?? {})),
    holder: emptyUnit(holderUnit, 'holder', '', null),
    holderSession: desired.tmux.holderSession,
    linger: start.linger,
    serving: 0,
    live: { agent: 0, connector: 0, holder: 0 },
  };
  units.set(holderUnit, host.holder);
  for (const name in start.units) {
    const state = start.units[name];
    if (state !== undefined) admitUnit(host, floors, start, name, state);
  }
  for (const agent of desired.agents.values()) doubtless(host, floors, agent);
  for (const agent of desired.agents.values()) {
    if (!agent.running) continue;
    const team = teamOf(fleetOf(fleets, floors, agent.fleet), agent.class);
    if (team !== null) team.wanted++;
  }
  return host;
}

function filesAtStart({ files }: SimulationStart): Map<FileKey, Digest> {
  const map = new Map<FileKey, Digest>();
  for (const key in files) {
    const digest = files[key];
    if (digest !== undefined) map.set(key, digest);
  }
  return map;
}

function admitUnit(
  host: SimulatedHost,
  floors: ReadonlySet<string>,
  start: SimulationStart,
  name: string,
  state: SimulationUnit,
): void {
  const parsed = parseUnit(name);
  if (parsed === null) return;
  const unit = parsed.kind === 'holder' ? host.holder : emptyUnit(name, parsed.kind, parsed.name, state);
  if (parsed.kind === 'holder')
    Object.assign(unit, { start: state, masked: state.masked ?? false, foreign: state.foreign ?? false });
  host.units.set(name, unit);
  unit.enabled = state.enabled;
  unit.ending = state.ending ?? false;
  unit.live = state.live || unit.ending;
  unit.failed = state.failed ?? false;
  unit.class = state.class;
  unit.fleet = state.fleet;
  unit.config = state.config;
  unit.session = start.sessions[parsed.kind === 'holder' ? host.holderSession : parsed.name] ?? false;
  if (unit.live) host.live[unit.kind]++;
  if (unit.kind !== 'agent') return;
  if (isServing(unit)) host.serving++;
  const team = unit.fleet === null ? null : teamOf(fleetOf(host.fleets, floors, unit.fleet), unit.class);
  if (unit.live) countLive(unit, team);
  if (isServing(unit)) countServing(unit, team);
  if (team !== null && isServing(unit)) team.providers++;
}

/** One that lives, nobody knows as what, is taken for what it is to be, as far as the floor would else seem broken already. */
function doubtless(host: SimulatedHost, floors: ReadonlySet<string>, agent: DesiredAgent): void {
  const unit = agent.running ? host.units.get(agentUnit(agent.name)) : undefined;
  if (unit === undefined || !unit.live || unit.ending || unit.class !== null) return;
  const team = teamOf(fleetOf(host.fleets, floors, agent.fleet), agent.class);
  if (team === null) return;
  team.doubtful++;
  if (!isServing(unit)) return;
  countServing(unit, team);
  team.providers++;
}

const emptyUnit = (unit: string, kind: UnitKind, name: string, start: SimulationUnit | null): Unit => ({
  unit,
  kind,
  name,
  start,
  masked: start?.masked ?? false,
  foreign: start?.foreign ?? false,
  next: null,
  enabled: false,
  live: false,
  ending: false,
  session: false,
  failed: false,
  class: null,
  fleet: null,
  config: null,
  liveIn: null,
  enteringIn: null,
  servingIn: null,
});

function fleetOf(fleets: Map<string, Fleet>, floors: ReadonlySet<string>, name: string): Fleet {
  const existing = fleets.get(name);
  if (existing !== undefined) return existing;
  const fleet: Fleet = { name, floor: floors.has(name), orchestrator: null, enhancer: null, gap: null };
  fleets.set(name, fleet);
  return fleet;
}

export function teamOf(fleet: Fleet | undefined, className: string | null): Team | null {
  if (fleet === undefined || (className !== 'orchestrator' && className !== 'enhancer')) return null;
  fleet[className] ??= {
    role: className,
    fleet,
    live: 0,
    serving: 0,
    doubtful: 0,
    wanted: 0,
    providers: 0,
    entrant: null,
    exchanged: null,
  };
  return fleet[className];
}

export const unitNamed = (host: SimulatedHost, name: string): Unit | null => {
  const existing = host.units.get(name);
  if (existing !== undefined) return existing;
  const parsed = parseUnit(name);
  if (parsed === null) return null;
  const unit = emptyUnit(name, parsed.kind, parsed.name, null);
  host.units.set(name, unit);
  return unit;
};

/** Both witnesses agree: systemd runs it, and its session is there. A connector has no session. */
export const isServing = (unit: Unit): boolean => unit.live && !unit.ending && (unit.kind === 'connector' || unit.session);

export function countLive(unit: Unit, team: Team | null): void {
  if (unit.liveIn !== null) unit.liveIn.live--;
  unit.liveIn = team;
  if (team !== null) team.live++;
}

/** A unit that changes its team is counted in both while it restarts. */
export function countEntering(unit: Unit, team: Team | null): void {
  if (unit.enteringIn !== null) unit.enteringIn.live--;
  unit.enteringIn = team === unit.liveIn ? null : team;
  if (unit.enteringIn !== null) unit.enteringIn.live++;
}

export function countServing(unit: Unit, team: Team | null): void {
  if (unit.servingIn !== null) unit.servingIn.serving--;
  unit.servingIn = team;
  if (team !== null) team.serving++;
}

/** It is on its way down: it serves no more, and it is not gone. */
export function beginEnding(host: SimulatedHost, unit: Unit): void {
  if (unit.kind === 'agent' && isServing(unit)) host.serving--;
  unit.ending = true;
  countServing(unit, null);
}

/** What was to end it failed. */
export function stayUp(host: SimulatedHost, unit: Unit): void {
  unit.ending = false;
  if (unit.kind !== 'agent' || !isServing(unit)) return;
  host.serving++;
  countServing(unit, unit.liveIn);
}

export function goDown(host: SimulatedHost, unit: Unit): void {
  if (unit.kind === 'agent' && isServing(unit)) host.serving--;
  if (unit.live) host.live[unit.kind]--;
  countServing(unit, null);
  countEntering(unit, null);
  countLive(unit, null);
  unit.live = false;
  unit.ending = false;
  unit.session = false;
  unit.class = null;
  unit.fleet = null;
  unit.config = null;
}

/** What a unit runs as from now on. */
export interface Running {
  readonly class: string | null;
  readonly fleet: string | null;
  readonly config: Digest | null;
  readonly team: Team | null;
}

export function comeUp(host: SimulatedHost, unit: Unit, running: Running): void {
  goDown(host, unit);
  unit.live = true;
  unit.session = unit.kind !== 'connector';
  unit.failed = false;
  unit.class = running.class;
  unit.fleet = running.fleet;
  unit.config = running.config;
  host.live[unit.kind]++;
  if (unit.kind === 'agent') host.serving++;
  countLive(unit, running.team);
  countServing(unit, running.team);
}

/** The host as it now is, in the shape in which it was given. */
export function endOf(host: SimulatedHost): SimulationStart {
  const units: Record<string, SimulationUnit> = {};
  const sessions: Record<string, true> = {};
  for (const unit of host.units.values()) {
    units[unit.unit] = {
      enabled: unit.enabled,
      live: unit.live && !unit.ending,
      ending: unit.ending,
      masked: unit.masked,
      failed: unit.failed,
      foreign: unit.foreign,
      class: unit.class,
      fleet: unit.fleet,
      config: unit.config,
    };
    if (unit.session && unit.kind !== 'connector') sessions[unit.kind === 'holder' ? host.holderSession : unit.name] = true;
  }
  return {
    units,
    files: Object.fromEntries(host.files),
    sessions,
    orphans: Object.fromEntries(host.orphans),
    linger: host.linger,
  };
}
