import { isServing, type Running, type SimulatedHost, type Team, type Unit } from './simulate-host.ts';

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
