import type { Desired } from '../model/desired.ts';
import { holderUnit } from '../model/names.ts';
import { countLive, countServing } from './simulate-change.ts';
import { emptyUnit, type Fleet, identified, isServing, type SimulatedHost, teamOf, type Unit } from './simulate-host.ts';
import type { SimulationStart, SimulationUnit } from './simulate-start.ts';

/** A host to try a plan out on; `endOf` gives it back in the same shape. */
export function hostOf(start: SimulationStart, desired: Desired): SimulatedHost {
  const floors = new Set(desired.fleets.filter((fleet) => !fleet.waived).map((fleet) => fleet.name));
  const fleets = new Map<string, Fleet>();
  const units = new Map<string, Unit>();
  const host: SimulatedHost = {
    units,
    fleets,
    files: new Map(start.files),
    orphans: new Map(start.orphans),
    holder: emptyUnit(holderUnit, { kind: 'holder', name: '', agent: null }, null),
    linger: start.linger,
    serving: 0,
    live: { agent: 0, connector: 0, holder: 0 },
  };
  units.set(holderUnit, host.holder);
  start.units.forEach((state, name) => {
    admitUnit(host, floors, desired, name, state);
  });
  for (const unit of units.values()) doubtless(host, floors, unit);
  for (const agent of desired.agents.values()) {
    if (!agent.running) continue;
    const team = teamOf(fleetOf(fleets, floors, agent.fleet), agent.class);
    if (team !== null) team.wanted++;
  }
  return host;
}

function admitUnit(
  host: SimulatedHost,
  floors: ReadonlySet<string>,
  desired: Desired,
  name: string,
  state: SimulationUnit,
): void {
  const parsed = identified(name, desired);
  if (parsed === null) return;
  const unit = parsed.kind === 'holder' ? host.holder : emptyUnit(name, parsed, state);
  if (parsed.kind === 'holder')
    Object.assign(unit, { start: state, masked: state.masked ?? false, foreign: state.foreign ?? false });
  host.units.set(name, unit);
  unit.enabled = state.enabled;
  unit.untilBoot = state.untilBoot ?? false;
  unit.ending = state.ending ?? false;
  unit.live = state.live || unit.ending;
  unit.failed = state.failed ?? false;
  unit.class = state.class;
  unit.fleet = state.fleet;
  unit.config = state.config;
  unit.session = state.session;
  if (unit.live) host.live[unit.kind]++;
  if (unit.kind !== 'agent') return;
  if (isServing(unit)) host.serving++;
  const team = unit.fleet === null ? null : teamOf(fleetOf(host.fleets, floors, unit.fleet), unit.class);
  if (unit.live) countLive(unit, team);
  if (isServing(unit)) countServing(unit, team);
  if (team !== null && isServing(unit)) team.providers++;
}

/** One that lives, nobody knows as what, is taken for what it is to be, as far as the floor would else seem broken already. */
function doubtless(host: SimulatedHost, floors: ReadonlySet<string>, unit: Unit): void {
  if (unit.kind !== 'agent' || !unit.live || unit.ending || unit.class !== null) return;
  const { agent } = unit;
  if (agent?.running !== true) return;
  const team = teamOf(fleetOf(host.fleets, floors, agent.fleet), agent.class);
  if (team === null) return;
  team.doubtful++;
  if (!isServing(unit)) return;
  countServing(unit, team);
  team.providers++;
}

function fleetOf(fleets: Map<string, Fleet>, floors: ReadonlySet<string>, name: string): Fleet {
  const existing = fleets.get(name);
  if (existing !== undefined) return existing;
  const fleet: Fleet = {
    name,
    floor: floors.has(name),
    orchestrator: null,
    enhancer: null,
    gap: null,
    booting: 0,
    undone: false,
  };
  fleets.set(name, fleet);
  return fleet;
}

/** The host as it now is, in the shape in which it was given. */
export function endOf(host: SimulatedHost): SimulationStart {
  const units = new Map<string, SimulationUnit>();
  for (const unit of host.units.values()) {
    units.set(unit.unit, {
      enabled: unit.enabled,
      untilBoot: unit.untilBoot,
      live: unit.live && !unit.ending,
      session: unit.session && unit.kind !== 'connector',
      ending: unit.ending,
      masked: unit.masked,
      failed: unit.failed,
      foreign: unit.foreign,
      class: unit.class,
      fleet: unit.fleet,
      config: unit.config,
    });
  }
  return { units, files: new Map(host.files), orphans: new Map(host.orphans), linger: host.linger };
}
