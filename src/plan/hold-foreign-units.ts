import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { agentTemplate, agentUnit, connectorTemplate, connectorUnit, holderUnit, parseUnit, unitFile } from '../model/names.ts';
import type { ObservedSession } from '../model/observation.ts';
import type { Derived, Verdict } from './derive.ts';
import type { Holds } from './holds.ts';
import { isMasked, isMaskedFile, maskInTheWay } from './masks.ts';
import { pointer } from './pointer.ts';
import { isRunning } from './roles.ts';

/** While the holder rests, a server on its socket is somebody else's: our holder would join it, and its end would end their sessions. */
export function holdStrayServer(held: Holds, desired: Desired, derived: Derived): void {
  const { tmux, units } = derived.observation;
  // Whose it is only its unit tells.
  if (!units.known) return;
  const holder = derived.verdicts.get(holderUnit);
  const wanted = desired.state.units[holderUnit]?.active === true;
  if (!wanted || !tmux.known || !tmux.value.server || (holder !== undefined && isRunning(holder))) return;
  const why = `a tmux server that is not muster's runs on socket ${tmux.value.socket}`;
  held.unit(holderUnit, '', why);
  for (const agent of desired.agents.values()) held.unit(agentUnit(agent.name), agent.name, why);
  held.diagnostics.push({
    severity: 'error',
    code: 'tmux/foreign-server',
    summary: why,
    detail: `What runs in it would end with it, so it is left alone and no agent is started.`,
    hint: `Look at it (tmux -L ${tmux.value.socket} ls), end it (tmux -L ${tmux.value.socket} kill-server), or choose another tmux.socket_name.`,
  });
}

export function holdMaskedAndForeignUnits(held: Holds, desired: Desired, derived: Derived): void {
  const common = maskInTheWay(derived);
  for (const verdict of derived.verdicts.values()) {
    const wanted = desired.state.units[verdict.unit];
    const masked = isMasked(verdict);
    if (!masked && verdict.raw.ownFile === undefined) continue;
    if (masked) held.as('masked').unit(verdict.unit, verdict.name, 'masked by hand');
    else held.unit(verdict.unit, verdict.name, `has a unit file of its own: ${verdict.raw.ownFile}`);
    if (wanted?.active !== true && wanted?.enabled !== true) continue;
    // What is masked for all of them is said once.
    if (masked && common === agentTemplate && verdict.kind === 'agent') continue;
    held.diagnostics.push(masked ? maskedFinding(verdict.unit, agentOf(verdict, desired)) : foreignFinding(verdict, desired));
  }
}

/** A mask in place of a unit file of ours is neither written over nor taken over; without that unit no agent can start. */
export function holdMaskedFiles(held: Holds, desired: Desired, derived: Derived): void {
  for (const unit of [agentTemplate, holderUnit]) {
    if (!isMaskedFile(unit, derived.observation)) continue;
    held.place(`/files/${pointer(unitFile(unit))}`, 'masked by hand');
    const isTold = unit === holderUnit && isMasked(derived.verdicts.get(unit));
    if (!isTold && desired.state.files[unitFile(unit)] !== undefined) held.diagnostics.push(maskedFinding(unit, undefined));
  }
  holdMaskedConnectors(held, desired, derived);
  const mask = maskInTheWay(derived);
  if (mask === null) return;
  held.unit(holderUnit, '', `${mask} is masked by hand`);
  for (const { name } of desired.agents.values()) {
    const verdict = derived.verdicts.get(agentUnit(name));
    if (verdict?.phase !== 'live' || mask === agentTemplate) held.unit(agentUnit(name), name, `${mask} is masked by hand`);
  }
}

function holdMaskedConnectors(held: Holds, desired: Desired, derived: Derived): void {
  if (!isMaskedFile(connectorTemplate, derived.observation)) return;
  held.place(`/files/${pointer(unitFile(connectorTemplate))}`, 'masked by hand');
  for (const fleet of desired.connectors.keys()) held.unit(connectorUnit(fleet), fleet, `${connectorTemplate} is masked by hand`);
  if (desired.connectors.size > 0) held.diagnostics.push(maskedFinding(connectorTemplate, undefined));
}

const maskedFinding = (unit: string, agent: DesiredAgent | undefined): Diagnostic => ({
  severity: 'error',
  code: 'unit/masked',
  summary: `${unit} is masked on this host`,
  detail: `Somebody masked it by hand; a mask is respected and never lifted by muster.${lossWithout(unit, agent)}`,
  hint:
    agent === undefined
      ? `Lift it: systemctl --user unmask ${unit}`
      : `Lift it (systemctl --user unmask ${unit}), or set state: stopped in the roster.`,
  ...placeOf(agent),
});

/** What nobody has without it, where it is no agent's own. */
function lossWithout(unit: string, agent: DesiredAgent | undefined): string {
  if (agent !== undefined) return '';
  const isOfConnectors = unit === connectorTemplate || parseUnit(unit)?.kind === 'connector';
  return isOfConnectors ? ' Without it nobody can be talked to over chat.' : ' Without it no agent can start.';
}

const foreignFinding = (verdict: Verdict, desired: Desired): Diagnostic => ({
  severity: 'error',
  code: 'unit/foreign',
  summary: `${verdict.unit} has a unit file of its own that is not muster's`,
  detail: `${verdict.raw.ownFile} takes the place of the template; it is left alone.`,
  hint: 'Rename the agent in the roster, or move that unit file away.',
  ...placeOf(agentOf(verdict, desired)),
});

const agentOf = ({ kind, name }: Verdict, { agents }: Desired): DesiredAgent | undefined =>
  kind === 'agent' ? agents.get(name) : undefined;

const placeOf = (agent: DesiredAgent | undefined): Pick<Diagnostic, 'place'> =>
  agent === undefined ? {} : { place: agent.place };

export function holdForeignSessions(held: Holds, desired: Desired, derived: Derived): void {
  for (const session of foreignSessions(derived)) {
    const agent = desired.agents.get(session.name);
    const verdict = derived.verdicts.get(agentUnit(session.name));
    // What runs from somebody else's unit files is ended as these say, and its session with it.
    if (agent?.running !== true || verdict?.phase === 'live' || verdict?.foreignRun) continue;
    held.unit(agentUnit(agent.name), agent.name, `a tmux session named ${agent.name} is not muster's`);
    held.diagnostics.push({
      severity: 'error',
      code: 'session/foreign',
      summary: `a tmux session named ${agent.name} exists and is not muster's`,
      detail: 'It is never touched, so the agent of that name cannot start.',
      hint: `Rename it (tmux -L ${desired.tmux.socket} rename-session -t =${agent.name} NEW) or end it, or rename the agent in the roster.`,
      place: agent.place,
    });
  }
}

function foreignSessions(derived: Derived): readonly ObservedSession[] {
  const { tmux } = derived.observation;
  return tmux.known ? tmux.value.sessions.filter((session) => session.agent === '') : [];
}
