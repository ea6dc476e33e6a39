import type { HistoryEntry, Sighting } from '../model/controller.ts';
import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Ended, ExplainedAction, Explanation, Why, WhyCode } from '../model/explanation.ts';
import { agentUnit } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Status, StatusAgent } from '../model/status.ts';
import type { Changes } from './changes.ts';
import type { Verdict } from './derive.ts';
import { suspensionOf } from './hold-suspended.ts';
import { unescapePointer } from './pointer.ts';

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
    connector: connectorOf(input, agent),
    why: whys(input, shown, agent),
    ended: endedOf(input, shown),
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

/** That its own session is down is told of the agent. */
function muteReasons(input: ExplainInput, agent: DesiredAgent | undefined): Why[] {
  const connector = connectorOf(input, agent);
  if (connector === null || connector.state === 'ready') return [];
  const { kind, state, detail, remedy } = connector;
  return [why('connector', `its connector (${kind}) is ${state}${detail === '' ? '' : `: ${detail}`}`, remedy ?? undefined)];
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

type Shown = Pick<StatusAgent, 'state' | 'unit' | 'session' | 'since' | 'restarts' | 'drift'>;

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

/** The weightiest first: what keeps it so, then what goes on, then what merely is the case. */
function whys(input: ExplainInput, shown: Shown, agent: DesiredAgent | undefined): Why[] {
  return [
    ...unrostered(input, agent),
    ...heldReasons(input, agent),
    ...failing(input, shown),
    ...underWay(input),
    ...muteReasons(input, agent),
    ...(shown.drift.length === 0 ? [] : [why('drift', `it differs from what had been reached: ${shown.drift.join(', ')}`)]),
    ...pendingReasons(input),
    ...atRest(shown, agent),
    ...newerRevision(input),
    ...unattended(input),
  ];
}

const why = (code: WhyCode, text: string, hint?: string): Why => ({ code, text, ...(hint === undefined ? {} : { hint }) });

function unrostered({ unread }: ExplainInput, agent: DesiredAgent | undefined): Why[] {
  if (unread !== null) return [why('desired-unknown', `what is desired of it is not known: ${unread}`)];
  return agent === undefined ? [why('not-rostered', 'no roster that is in force here names it')] : [];
}

/** Places of this agent that no plan touches, each reason once. */
function heldReasons(input: ExplainInput, agent: DesiredAgent | undefined): Why[] {
  const { name, changes, observation } = input;
  const own = new Set([`/units/${agentUnit(name)}`, `/sessions/${name}`]);
  const texts = changes.unknown.flatMap(({ path, why: text }) => {
    const [, section = '', key] = path.split('/');
    if (key === undefined) return section === 'units' || section === 'sessions' ? [text] : [];
    return own.has(`/${section}/${unescapePointer(key)}`) ? [text] : [];
  });
  const suspension = observation.suspensions?.known
    ? suspensionOf(name, agent === undefined ? [] : [agent.fleet], observation.suspensions.value)
    : null;
  return [...new Set(texts)].map((text) => {
    const code = heldCode(text, input);
    if (code !== 'suspended') return why(code, text, hintFor(code, agent, changes.diagnostics));
    const until = suspension?.until == null ? '' : `, until ${suspension.until}`;
    const target = suspension?.kind === 'fleet' ? `${suspension.name} --fleet` : name;
    return why(code, `${text}${until}`, `To end it: muster resume ${target}`);
  });
}

function heldCode(text: string, { verdict, observation, name }: ExplainInput): WhyCode {
  if (text.startsWith('suspended by ')) return 'suspended';
  if (!observation.units.known || !observation.tmux.known || !observation.files.known) return 'unknown';
  if (verdict?.phase === 'unknown') return 'unknown';
  if (text.endsWith('masked by hand')) return 'masked';
  if (verdict?.raw.ownFile !== undefined && text.includes('unit file of its own')) return 'foreign';
  if (text.includes("is not muster's") || text.includes('not written by muster')) return 'foreign';
  if (observation.programs.known && observation.programs.value[name] === null && text.includes('PATH')) return 'program-missing';
  return 'left-alone';
}

const codesOf: Readonly<Partial<Record<WhyCode, readonly string[]>>> = {
  masked: ['unit/masked'],
  foreign: ['unit/foreign', 'session/foreign', 'file/foreign', 'tmux/foreign-server'],
  'program-missing': ['runtime/missing'],
};

/** What a plan's finding about the same agent, or about the whole host, advises. */
function hintFor(code: WhyCode, agent: DesiredAgent | undefined, diagnostics: readonly Diagnostic[]): string | undefined {
  const near = diagnostics.filter((one) => codesOf[code]?.includes(one.code));
  const own = near.find(
    ({ place }) => place !== undefined && place.file === agent?.place.file && place.line === agent.place.line,
  );
  return (own ?? near.find(({ place }) => place === undefined))?.hint;
}

/** The controller knows how often it failed; without one, that it failed is all there is. */
function failing({ name, status }: ExplainInput, { state }: Shown): Why[] {
  const backOff = status.controller.status?.back_offs.find(({ resource }) => resource === agentUnit(name));
  if (backOff === undefined || status.controller.state !== 'running')
    return state === 'failed'
      ? [why('failed', 'its unit failed, and systemd does not try again', `See why: muster logs ${name}`)]
      : [];
  const when = backOff.until === null ? 'not before something changes' : `tried again at ${backOff.until}`;
  const times = `it failed ${backOff.failures === 1 ? 'once' : `${backOff.failures} times`}`;
  return [
    why(
      backOff.quarantined ? 'quarantined' : 'back-off',
      `${times} (${backOff.why}); ${when}`,
      'To try it now: muster reconcile',
    ),
  ];
}

const underWay = ({ name, changes }: ExplainInput): Why[] =>
  changes.waiting.includes(agentUnit(name)) ? [why('waiting', 'systemd is bringing it up by itself')] : [];

const pendingReasons = ({ name, changes }: ExplainInput): Why[] =>
  changes.pending
    .filter((one) => one.unit === agentUnit(name))
    .map(({ reason }) =>
      why(
        'pending',
        reason === 'config-changed'
          ? 'its configuration changed, which takes effect at its next start'
          : 'its unit files changed, which takes effect at its next start',
      ),
    );

function atRest({ state }: Shown, agent: DesiredAgent | undefined): Why[] {
  if (agent?.running === false) return [why('stopped-in-roster', 'its roster says state: stopped')];
  return state === 'completed' ? [why('completed', 'it is ephemeral, and ended well with this configuration')] : [];
}

function newerRevision({ status: { controller } }: ExplainInput): Why[] {
  const attempted = controller.status?.attempted;
  if (attempted == null || attempted.outcome === 'admitted') return [];
  const commit = attempted.revision === null ? 'the branch' : `commit ${attempted.revision.slice(0, 12)}`;
  const first = attempted.diagnostics.find(({ severity }) => severity === 'error');
  const said = first === undefined ? '' : `: ${first.summary}`;
  switch (attempted.outcome) {
    case 'denied':
      return [why('revision-denied', `${commit} is denied, so an earlier one is in force${said}`, first?.hint)];
    case 'quarantined':
      return [
        why(
          'revision-quarantined',
          `${commit} is quarantined, so an earlier one is in force: ${controller.status?.quarantined?.why ?? 'it broke the floor'}`,
          'Commit a mend; that one is tried again only by a new commit.',
        ),
      ];
    case 'unreadable':
      return [
        why('revision-unreadable', `${commit} cannot be read, so what was admitted before is in force${said}`, first?.hint),
      ];
  }
}

/** Something is to be done about it, and nobody is there to do it. */
function unattended({ name, changes, unread, status: { controller } }: ExplainInput): Why[] {
  if (controller.state === 'running' || unread !== null || !changes.actions.some((action) => action.name === name)) return [];
  return [why('no-controller', 'no controller runs here that would heal it', 'Once: muster apply. For good: muster install')];
}

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
