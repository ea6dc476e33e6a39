import type { Desired, DesiredAgent } from '../model/desired.ts';
import { agentUnit, environmentFile } from '../model/names.ts';
import type { Observation, UnitDetail } from '../model/observation.ts';
import {
  type AgentState,
  noController,
  type Status,
  type StatusAgent,
  type StatusController,
  type Unrostered,
} from '../model/status.ts';
import { changesFrom } from './changes.ts';
import { connectorStatus } from './connector-state.ts';
import { type Derived, derive, type Verdict } from './derive.ts';
import { unescapePointer } from './pointer.ts';

/** Desired beside both witnesses, by fleet and agent. Pure, as a plan is, and made from the same comparison. */
export function statusOf(
  desired: Desired,
  observation: Observation,
  details: Readonly<Record<string, UnitDetail>>,
  controller: StatusController = noController,
): Status {
  const derived = derive(observation, desired);
  const changes = changesFrom(derived, desired, { adopt: true });
  const drift = driftByUnit(changes.drift);
  const agents = [...desired.agents.values()]
    .map((agent) => statusAgent(agent, derived, details[agentUnit(agent.name)], drift))
    .sort((a, b) => compare(a.fleet, b.fleet) || compare(a.name, b.name));
  const { admitted, facts } = observation;
  return {
    format_version: '1.0',
    host: facts.host,
    tenant: facts.tenant,
    revision: admitted.known ? (admitted.value?.revision ?? null) : null,
    repository: admitted.known ? (admitted.value?.source?.root ?? null) : null,
    fleets: desired.fleets.map(({ name, profile, connector }) => {
      const own = agents.filter(({ fleet }) => fleet === name);
      const live = own.filter(({ state }) => state === 'live').length;
      const conditions = controller.status?.fleets.find((fleet) => fleet.name === name)?.conditions ?? [];
      const connector_status = connectorStatus(name, desired, derived);
      return { name, profile, connector, connector_status, agents: own.length, live, conditions };
    }),
    agents,
    unrostered: unrostered(desired, derived),
    differing: new Set(
      changes.actions.flatMap(({ kind, name }) => (kind === 'agent' && name !== null && desired.agents.has(name) ? [name] : [])),
    ).size,
    pending: changes.pending,
    unknown: derived.unknown,
    controller,
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function statusAgent(
  agent: DesiredAgent,
  derived: Derived,
  detail: UnitDetail | undefined,
  drift: ReadonlyMap<string, string[]>,
): StatusAgent {
  const unit = agentUnit(agent.name);
  const verdict = derived.verdicts.get(unit);
  const files = drift.get(environmentFile(agent.name)) ?? [];
  return {
    fleet: agent.fleet,
    name: agent.name,
    class: agent.class,
    runtime: agent.runtime,
    desired: agent.running ? 'running' : 'stopped',
    ...witnessed(agent.name, derived, detail),
    state: stateOf(agent, verdict, derived.observation),
    drift: [...new Set([...(drift.get(unit) ?? []), ...(drift.get(agent.name) ?? []), ...files])].sort(),
  };
}

/** What both witnesses say of an agent, whatever is desired of it. */
export function witnessed(
  name: string,
  { verdicts, observation, sessions }: Derived,
  detail: UnitDetail | undefined,
): Pick<StatusAgent, 'unit' | 'session' | 'state' | 'since' | 'restarts'> {
  const verdict = verdicts.get(agentUnit(name));
  return {
    unit: unitWords(verdict, observation),
    session: observation.tmux.known ? sessionWord(name, verdict, sessions) : 'unknown',
    state: stateOf(null, verdict, observation),
    since: detail === undefined || detail.since === 0 ? null : new Date(detail.since / 1000).toISOString(),
    restarts: detail?.restarts ?? null,
  };
}

function unitWords(verdict: Verdict | undefined, observation: Observation): string {
  if (!observation.units.known) return 'unknown';
  if (verdict === undefined) return 'absent';
  const { active, sub, enablement } = verdict.raw;
  return `${active}${sub === '' || sub === active ? '' : ` (${sub})`}, ${enablement}`;
}

function sessionWord(name: string, verdict: Verdict | undefined, sessions: Derived['sessions']): StatusAgent['session'] {
  const run = verdict?.raw.invocation;
  if (sessions.get(name)?.some(({ incarnation, alive }) => alive && incarnation === run)) return 'alive';
  return sessions.get('')?.some((session) => session.name === name) ? 'foreign' : 'none';
}

function stateOf(agent: DesiredAgent | null, verdict: Verdict | undefined, observation: Observation): AgentState {
  if (!observation.units.known) return 'unknown';
  if (verdict?.raw.enablement.startsWith('masked')) return 'masked';
  switch (verdict?.phase) {
    case 'live':
    case 'starting':
    case 'stopping':
    case 'failed':
    case 'unknown':
      return verdict.phase;
    case 'sessionless':
      return 'no-session';
    case 'down':
    case undefined:
      return agent !== null && isCompleted(agent, observation) ? 'completed' : 'stopped';
  }
}

const isCompleted = ({ lifecycle, name, config }: DesiredAgent, { completed }: Observation): boolean =>
  lifecycle === 'ephemeral' && completed.known && completed.value[name] === config;

/** What has drifted, by unit, session and file key. */
function driftByUnit(places: readonly string[]): Map<string, string[]> {
  const drift = new Map<string, string[]>();
  for (const path of places) {
    const [, section, key = '', field] = path.split('/');
    const what = section === 'units' ? (field ?? '') : section === 'sessions' ? 'session' : 'files';
    const name = unescapePointer(key);
    drift.set(name, [...(drift.get(name) ?? []), what]);
  }
  return drift;
}

function unrostered(desired: Desired, derived: Derived): Unrostered[] {
  const found: Unrostered[] = [];
  for (const { unit, name, kind, phase, raw } of derived.verdicts.values()) {
    const rests = (phase === 'down' || phase === 'failed') && raw.enablement === 'disabled';
    if (desired.state.units[unit] !== undefined || rests) continue;
    found.push({ unit, session: null, name: name === '' ? kind : name, state: `${raw.active}, ${raw.enablement}` });
  }
  for (const { session } of derived.orphans) {
    found.push({ unit: null, session: session.id, name: session.agent, state: session.alive ? 'alive' : 'dead' });
  }
  return found;
}
