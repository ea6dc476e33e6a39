import { agentUnit, type FileKey, isUnitFile, parseUnit } from '../model/names.ts';
import type { Action } from '../model/plan.ts';
import { judgeBoot } from './simulate-boot.ts';
import { beginEnding, comeUp, countEntering, goDown, stayUp } from './simulate-change.ts';
import { type SimulatedHost, type Unit, unitNamed } from './simulate-host.ts';
import {
  type Case,
  handoverUnit,
  hasItsFiles,
  isStale,
  judgeAdjacent,
  judgeBeginning,
  judgeEnding,
  judgeGap,
  judgeRemoval,
  judgeTarget,
  runningOf,
} from './simulate-rules.ts';
import type { SimulationStart } from './simulate-start.ts';

/** What an action does to the host as soon as it is under way, with the rules that it has to keep. */
export function beginAction(judged: Case, action: Action): void {
  const { host, report } = judged;
  switch (action.verb) {
    case 'linger':
      return;
    case 'write':
      if (action.target === null || judged.desired.state.files[action.target] === undefined)
        report('unknown-target', action.id, action);
      return;
    case 'remove':
      if (action.target === null) report('unknown-target', action.id, action);
      else judgeRemoval(judged, action, action.target);
      return;
    case 'reload':
      judged.reading.set(action, new Set(judged.unread));
      judged.unannounced.clear();
      return;
    case 'kill-session':
      beginKilling(judged, action);
      return;
  }
  const unit = action.unit === null ? null : unitNamed(host, judged.desired, action.unit);
  if (unit === null) {
    const known = action.unit !== null && parseUnit(action.unit) === null;
    report(known ? 'foreign-touched' : 'unknown-target', action.unit ?? action.id, action);
    return;
  }
  judgeTarget(judged, action, unit);
  switch (action.verb) {
    case 'start':
      beginStarting(judged, action, unit);
      return;
    case 'restart':
      if (unit.live) beginRestarting(judged, action, unit);
      else beginStarting(judged, action, unit);
      return;
    case 'stop':
      beginStopping(judged, action, unit);
      return;
  }
}

function beginStarting(judged: Case, action: Action, unit: Unit): void {
  // systemd does nothing for what it already runs.
  if (unit.live && !unit.ending) return;
  const next = runningOf(judged, unit);
  judgeBeginning(judged, action, unit, next);
  countEntering(unit, next.team);
  judgeTwo(judged, action, unit);
}

function judgeTwo({ report }: Case, action: Action, { enteringIn: team }: Unit): void {
  if (team !== null && team.role === 'orchestrator' && team.live > 1) report('two-orchestrators', team.fleet.name, action);
}

function beginRestarting(judged: Case, action: Action, unit: Unit): void {
  const next = runningOf(judged, unit);
  judgeEnding(judged, action, unit, true);
  judgeBeginning(judged, action, unit, next);
  end(judged, action, unit);
  countEntering(unit, next.team);
  judgeTwo(judged, action, unit);
}

function beginStopping(judged: Case, action: Action, unit: Unit): void {
  if (!unit.live) return;
  judgeEnding(judged, action, unit, false);
  end(judged, action, unit);
}

/** It serves no more, and neither does anybody whose sessions it holds. */
function end(judged: Case, action: Action, unit: Unit): void {
  const { host } = judged;
  const team = unit.servingIn;
  beginEnding(host, unit);
  if (team !== null) judgeGap(judged, action, unit, team);
  if (unit.kind !== 'holder') return;
  for (const agent of host.units.values()) if (agent.kind === 'agent' && agent.live) goDown(host, agent);
}

function beginKilling(judged: Case, action: Action): void {
  const { host, report } = judged;
  const name = action.name;
  if (action.target !== null && host.orphans.has(action.target)) return;
  const unit = name === null ? undefined : host.units.get(agentUnit(name));
  if (unit === undefined || !unit.session) {
    report(action.target === null ? 'unknown-target' : 'foreign-touched', action.target ?? action.id, action);
    return;
  }
  report('session-killed', unit.unit, action);
  judgeAdjacent(judged, action, unit, null);
  end(judged, action, unit);
}

/** The effect of an action on the host, once it is over. */
export function finishAction(judged: Case, action: Action, success: boolean): void {
  const { host } = judged;
  switch (action.verb) {
    case 'linger':
      if (success) host.linger = true;
      return;
    case 'write':
      if (success && action.target !== null) putFile(judged, action, action.target);
      return;
    case 'remove':
      if (success && action.target !== null) dropFile(judged, action, action.target);
      return;
    case 'reload':
      if (success) for (const key of judged.reading.get(action) ?? []) judged.unread.delete(key);
      judged.reading.delete(action);
      return;
    case 'kill-session':
      if (success) finishKilling(host, action);
      return;
  }
  const unit = action.unit === null ? null : unitNamed(host, judged.desired, action.unit);
  if (unit === null) return;
  switch (action.verb) {
    case 'reset-failed':
      if (success) unit.failed = false;
      return;
    case 'enable':
    case 'disable':
      if (success && (unit.untilBoot || unit.enabled !== (action.verb === 'enable'))) {
        unit.enabled = action.verb === 'enable';
        unit.untilBoot = false;
        judged.unannounced.add(unit.unit);
        judgeBoot(judged, action, unit);
      }
      return;
    case 'start':
      if (!unit.live || unit.ending) finishStarting(judged, unit, success);
      return;
    case 'restart':
      finishStarting(judged, unit, success);
      return;
    case 'stop':
      if (unit.live && success) goDown(host, unit);
      else if (unit.live) finishEnding(judged, unit);
      return;
  }
}

function putFile(judged: Case, action: Action, key: FileKey): void {
  const digest = judged.desired.state.files[key];
  if (digest === undefined) return;
  judged.stale -= Number(isStale(judged, key));
  judged.host.files.set(key, digest);
  changed(judged, action, key);
}

function dropFile(judged: Case, action: Action, key: FileKey): void {
  judged.stale -= Number(isStale(judged, key));
  judged.host.files.delete(key);
  judged.stale += Number(isStale(judged, key));
  changed(judged, action, key);
}

function changed(judged: Case, action: Action, key: FileKey): void {
  if (isUnitFile(key)) changeUnitFile(judged, key);
  const contender = judged.contenders.byFile.get(key);
  const unit = contender === undefined ? undefined : judged.host.units.get(contender);
  if (unit !== undefined) judgeBoot(judged, action, unit);
}

/** A reload that is under way may have read what was there before. */
function changeUnitFile({ unread, reading }: Case, key: FileKey): void {
  unread.add(key);
  for (const keys of reading.values()) keys.delete(key);
}

function finishKilling(host: SimulatedHost, action: Action): void {
  if (action.target !== null && host.orphans.delete(action.target)) return;
  const unit = action.name === null ? undefined : host.units.get(agentUnit(action.name));
  if (unit !== undefined) goDown(host, unit);
}

function finishStarting(judged: Case, unit: Unit, success: boolean): void {
  if (!success) {
    goDown(judged.host, unit);
    unit.failed = true;
    return;
  }
  const next = runningOf(judged, unit);
  comeUp(judged.host, unit, next);
  closeGap(unit);
}

/** The stop failed: it is still there. */
function finishEnding({ host }: Case, unit: Unit): void {
  stayUp(host, unit);
  closeGap(unit);
}

function closeGap(unit: Unit): void {
  const fleet = unit.servingIn?.fleet;
  if (fleet?.gap?.team === unit.servingIn && fleet !== undefined) fleet.gap = null;
}

/** The entering orchestrator could not be started: the leaving one is enabled and started again. */
export function comeBack(judged: Case, start: SimulationStart, action: Action): void {
  if (action.verb !== 'start' && action.verb !== 'restart') return;
  const handover = action.unit === null ? undefined : judged.entering.get(action.unit);
  const fleet = handover === undefined ? undefined : judged.host.fleets.get(handover.fleet);
  if (fleet !== undefined) fleet.undone = true;
  const unit = handover === undefined ? undefined : judged.host.units.get(handoverUnit(handover.leaving));
  if (unit === undefined || unit.start?.live !== true) return;
  unit.enabled = unit.start.enabled;
  unit.untilBoot = false;
  if (unit.live) return;
  if (!hasItsFiles(judged.host, unit, start.files)) judged.report('way-back-lost', unit.unit, action);
  const now = runningOf(judged, unit);
  countEntering(unit, now.team);
  judgeTwo(judged, action, unit);
  comeUp(judged.host, unit, now);
  closeGap(unit);
}
