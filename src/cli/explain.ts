import { historyReader } from '../host/history.ts';
import type { HistoryEntry } from '../model/controller.ts';
import { agentUnit } from '../model/names.ts';
import type { Observation, RunEnd, UnitDetail } from '../model/observation.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { planChanges } from '../plan/changes.ts';
import { derive, type Verdict } from '../plan/derive.ts';
import { explain as explanationOf } from '../plan/explain.ts';
import { statusOf } from '../plan/status.ts';
import { statusUnread } from '../plan/status-unread.ts';
import { type Cause, sightingOf } from '../systemd/causes.ts';
import { endBefore } from '../systemd/ends.ts';
import { renderExplanation } from '../views/explain.ts';
import { renderJson } from '../views/json.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controllerNow } from './controller.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { desiredInForce, findingsOf, type InForce } from './in-force.ts';
import { columnsOf, show, showFindings, styleOf } from './output.ts';
import { unknownName } from './target.ts';

/** Why an agent is as it is. Looks at the host as `ps` does, and needs no controller. */
export async function explain(name: string, flags: OutputFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  return withHost(facts, context, async ({ readers }) => {
    const [inForce, controller, history] = await Promise.all([
      desiredInForce(undefined, { rosters: 'rosters', ref: 'HEAD' }, facts, readers.state, context),
      controllerNow(facts, readers, context),
      historyReader(facts.stateDir)
        .last(enough)
        .catch(() => []),
    ]);
    const { desired, rosterless, unread } = inForce;
    const why = unread === null ? null : unread.why;
    const observation = await observe(readers, facts, scopeOf(desired));
    const verdict = derive(observation, desired).verdicts.get(agentUnit(name));
    refuseUnknown(name, inForce, observation, history);
    const details = await readers.units.details([agentUnit(name)]).catch((): Record<string, UnitDetail> => ({}));
    const status =
      why === null
        ? statusOf(desired, observation, details, controller)
        : statusUnread({ nothing: desired, why }, observation, details, controller);
    const { [name]: end } = await readers.files.ends([name]).catch((): Readonly<Record<string, RunEnd>> => ({}));
    const explanation = explanationOf({
      name,
      desired,
      observation,
      verdict,
      changes: planChanges(desired, observation, { adopt: false, rosterless: rosterless && unread === null }),
      status,
      seen: seenOf(verdict, details[agentUnit(name)], end, observation, desired.agents.get(name)?.running === true),
      before: formerEnd(verdict, details[agentUnit(name)], end),
      history,
      unread: why,
    });
    showFindings(findingsOf(observation, unread), { sources: new Map() }, flags, context);
    if (formatOf(flags) === 'json') show(renderJson(explanation), context);
    else
      show(
        renderExplanation(explanation, context.date().getTime(), columnsOf(context), styleOf(flags, context.stdout, context)),
        context,
      );
    const isKnown = unread === null && observation.units.known && observation.tmux.known;
    return isKnown ? exitStatus.done : exitStatus.failed;
  });
}

/** Entries that are looked through for what was done to it. */
const enough = 5000;

function refuseUnknown(
  name: string,
  { desired, unread }: InForce,
  observation: Observation,
  history: readonly HistoryEntry[],
): void {
  const units = observation.units.known ? observation.units.value : {};
  const sessions = observation.tmux.known ? observation.tmux.value.sessions : [];
  const recorded = observation.admitted.known ? Object.values(observation.admitted.value?.fleets ?? {}).flat() : [];
  const known =
    desired.agents.has(name) ||
    (unread !== null && recorded.includes(name)) ||
    units[agentUnit(name)] !== undefined ||
    sessions.some(({ agent }) => agent === name) ||
    history.some((entry) => entry.kind === 'pass' && entry.actions.some((action) => action.name === name));
  if (!known) throw unknownName(name, 'agent', unread === null ? [...desired.agents.keys()] : recorded);
}

/** Only of what is to run it can be said that it should. */
function seenOf(
  verdict: Verdict | undefined,
  detail: UnitDetail | undefined,
  end: RunEnd | undefined,
  observation: Observation,
  running: boolean,
): Cause | null {
  if (!running || !observation.units.known || !observation.tmux.known) return null;
  return sightingOf({ unit: verdict?.raw, detail, session: verdict?.phase === 'live', ran: end?.next === '' });
}

function formerEnd(
  verdict: Verdict | undefined,
  detail: UnitDetail | undefined,
  end: RunEnd | undefined,
): (Cause & Pick<RunEnd, 'at'>) | null {
  const cause = verdict === undefined ? null : endBefore(end, { unit: verdict.raw, restarts: detail?.restarts ?? 0 });
  return cause === null || end === undefined ? null : { ...cause, at: end.at };
}
