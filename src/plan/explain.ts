import type { HistoryEntry, Sighting } from '../model/controller.ts';
import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Ended, ExplainedAction, Explanation } from '../model/explanation.ts';
import { agentUnit } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Status, StatusAgent } from '../model/status.ts';
import type { Changes } from './changes.ts';
import type { Verdict } from './derive.ts';
import { whys } from './explain-why.ts';

export interface ExplainInput {
  readonly name: string;
  readonly desired: Desired;
  readonly observation: Observation;
  readonly verdict: Verdict | undefined;
  readonly changes: Changes;
  readonly status: Status;
  /** What is wrong with its unit now, as its remains say; `null`: nothing. */
  readonly seen: Pick<Sighting, 'cause' | 'detail'> | null;
  /** How the run before the one under way ended, as it wrote down itself; `null`: nobody knows, or there was none. */
  readonly before: (Pick<Sighting, 'cause' | 'detail'> & { readonly at: string }) | null;
  /** Newest last. */
  readonly history: readonly HistoryEntry[];
  /** Why nobody can tell what is desired; `null`: it is known. */
  readonly unread: string | null;
}

/** Why an agent is as it is. Pure: everything that is known of it is in the input. */
export function explain(input: ExplainInput): Explanation {
  const { name, desired, status, changes, history } = input;
  const agent = desired.agents.get(name);
  const shown = status.agents.find((one) => one.name === name) ?? strayAgent(input);
  const connector = connectorOf(input, agent);
  const ended = endedOf(input, shown);
  return {
    format_version: '1.0',
    host: status.host,
    tenant: status.tenant,
    revision: status.revision,
    name,
    desired: agent === undefined ? null : desireOf(agent, desired),
    state: shown.state,
    unit: shown.unit,
    session: shown.session,
    since: shown.since,
    restarts: shown.restarts,
    drift: shown.drift,
    connector,
    why: whys(input, { ...shown, ended }, agent, connector),
    ended,
    actions: actionsOn(name, history),
    plan: input.unread === null ? changes.actions.filter((action) => isAbout(action, name, agent)) : [],
  };
}

/** What is done to its connector is done to an orchestrator's voice. */
const isAbout = ({ kind, name }: Action, agent: string, desired: DesiredAgent | undefined): boolean =>
  kind === 'connector' ? desired?.class === 'orchestrator' && name === desired.fleet : name === agent;

function connectorOf({ status }: ExplainInput, agent: DesiredAgent | undefined): Explanation['connector'] {
  const fleet = agent?.class === 'orchestrator' ? status.fleets.find(({ name }) => name === agent.fleet) : undefined;
  return fleet === undefined || fleet.connector_status.state === 'none'
    ? null
    : { kind: fleet.connector, ...fleet.connector_status };
}

function desireOf(agent: DesiredAgent, { state }: Desired): NonNullable<Explanation['desired']> {
  return {
    fleet: agent.fleet,
    class: agent.class,
    runtime: agent.runtime,
    state: agent.running ? 'running' : 'stopped',
    enabled: state.units[agentUnit(agent.name)]?.enabled ?? false,
    lifecycle: agent.lifecycle,
    file: agent.place.file,
    line: agent.place.line,
  };
}

export type Shown = Pick<StatusAgent, 'state' | 'unit' | 'session' | 'since' | 'restarts' | 'drift'>;

/** Of what no roster names only the witnesses speak. */
function strayAgent({ name, verdict, observation }: ExplainInput): Shown {
  const alive = observation.tmux.known && observation.tmux.value.sessions.some((one) => one.agent === name && one.alive);
  return {
    state: verdict === undefined ? 'stopped' : strayStates[verdict.phase],
    unit: verdict === undefined ? 'absent' : `${verdict.raw.active}, ${verdict.raw.enablement}`,
    session: observation.tmux.known ? (alive ? 'alive' : 'none') : 'unknown',
    since: null,
    restarts: null,
    drift: [],
  };
}

const strayStates: Readonly<Record<Verdict['phase'], Shown['state']>> = {
  live: 'live',
  starting: 'starting',
  stopping: 'stopping',
  down: 'stopped',
  failed: 'failed',
  sessionless: 'no-session',
  unknown: 'unknown',
};

function endedOf(input: ExplainInput, { state, since }: Shown): Ended | null {
  const { seen, before } = input;
  if (seen !== null && state !== 'live') return { at: since, ...seen, from: 'host' };
  const told = endInHistory(input);
  if (before === null || (told?.at != null && told.cause !== 'ended' && told.at > before.at)) return told;
  const { at, cause, detail } = before;
  return { at, cause, detail, from: 'host' };
}

function endInHistory({ name, history }: ExplainInput): Ended | null {
  for (const entry of history.toReversed()) {
    const sighting = entry.kind === 'pass' ? entry.seen.find((one) => one.name === name) : undefined;
    if (sighting !== undefined) return { at: entry.at, cause: sighting.cause, detail: sighting.detail, from: 'history' };
  }
  return null;
}

const most = 10;

const actionsOn = (name: string, history: readonly HistoryEntry[]): ExplainedAction[] =>
  history
    .flatMap((entry) =>
      entry.kind !== 'pass'
        ? []
        : entry.actions
            .filter((action) => action.name === name)
            .map(({ id, verb, reason, outcome, detail }) => ({
              at: entry.at,
              revision: entry.revision,
              plan: entry.plan,
              id,
              verb,
              reason,
              outcome,
              ...(detail === undefined ? {} : { detail }),
            })),
    )
    .slice(-most);
