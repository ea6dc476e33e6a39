import type { DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Explanation, Why, WhyCode } from '../model/explanation.ts';
import { agentUnit } from '../model/names.ts';
import type { ExplainInput, Shown } from './explain.ts';
import { suspensionOf } from './hold-suspended.ts';
import { unescapePointer } from './pointer.ts';

/** The weightiest first: what keeps it so, then what goes on, then what merely is the case. */
export function whys(
  input: ExplainInput,
  shown: Shown & Pick<Explanation, 'ended'>,
  agent: DesiredAgent | undefined,
  connector: Explanation['connector'],
): Why[] {
  return [
    ...unrostered(input, agent),
    ...heldReasons(input, agent),
    ...failing(input, shown),
    ...underWay(input),
    ...muteReasons(connector),
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
  const codes = new Map<string, WhyCode>();
  for (const { path, why: text } of changes.unknown) {
    const [, section = '', key] = path.split('/');
    const isItsOwn =
      key === undefined ? section === 'units' || section === 'sessions' : own.has(`/${section}/${unescapePointer(key)}`);
    if (isItsOwn && !codes.has(text)) codes.set(text, changes.held.get(path) ?? 'unknown');
  }
  const suspension = observation.suspensions?.known
    ? suspensionOf(name, agent === undefined ? [] : [agent.fleet], observation.suspensions.value)
    : null;
  return [...codes].map(([text, code]) => {
    if (code !== 'suspended') return why(code, text, hintFor(code, agent, changes.diagnostics));
    const until = suspension?.until == null ? '' : `, until ${suspension.until}`;
    const target = suspension?.kind === 'fleet' ? `${suspension.name} --fleet` : name;
    return why(code, `${text}${until}`, `To end it: muster resume ${target}`);
  });
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

/** The controller knows how often it failed; without one, that it failed is all there is. How it ended says more than that a job failed. */
function failing({ name, status }: ExplainInput, { state, ended }: Parameters<typeof whys>[1]): Why[] {
  const backOff = status.controller.status?.back_offs.find(({ resource }) => resource === agentUnit(name));
  const end = endWords(ended);
  const logs = `See why: muster logs ${name}`;
  if (backOff === undefined || status.controller.state !== 'running') {
    const said = end === null ? '' : ` (${end})`;
    return state === 'failed' ? [why('failed', `its unit failed${said}, and systemd does not try again`, logs)] : [];
  }
  const when = backOff.until === null ? 'not before something changes' : `tried again at ${backOff.until}`;
  const times = `it failed ${backOff.failures === 1 ? 'once' : `${backOff.failures} times`}`;
  return [
    why(
      backOff.quarantined ? 'quarantined' : 'back-off',
      `${times} (${end ?? backOff.why}); ${when}`,
      `${logs}. To try it now: muster reconcile`,
    ),
  ];
}

const failures: ReadonlySet<string> = new Set(['crashed', 'killed', 'out-of-memory', 'timed-out', 'misconfigured']);

/** `null`: it is not known, or tells of no failure. */
function endWords(ended: Explanation['ended']): string | null {
  if (ended === null || !failures.has(ended.cause)) return null;
  return ended.detail === '' ? ended.cause.replaceAll('-', ' ') : ended.detail;
}

const underWay = ({ name, changes }: ExplainInput): Why[] =>
  changes.waiting.includes(agentUnit(name)) ? [why('waiting', 'systemd is bringing it up by itself')] : [];

/** That its own session is down is told of the agent. */
function muteReasons(connector: Explanation['connector']): Why[] {
  if (connector === null || connector.state === 'ready') return [];
  const { kind, state, detail, remedy } = connector;
  return [why('connector', `its connector (${kind}) is ${state}${detail === '' ? '' : `: ${detail}`}`, remedy ?? undefined)];
}

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
