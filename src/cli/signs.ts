import { entriesOf, inPhase } from '../agents/inbox/entries.ts';
import { activitiesOf, nothingSeen, type Subject } from '../agents/state/gather.ts';
import { type Usage, type UsageRead, usageReader } from '../host/cgroup.ts';
import { hostRoots } from '../host/facts.ts';
import { inboxJournal } from '../host/inbox-journal.ts';
import { inboxNames } from '../host/inbox-names.ts';
import type { InboxJournal } from '../model/inbox.ts';
import { type Known, known, unknown } from '../model/known.ts';
import { messageOf } from '../model/message-of.ts';
import { agentUnit, isName } from '../model/names.ts';
import type { HostFacts, Observation, ObservedSession, ObservedUnit } from '../model/observation.ts';
import type { UnknownPlace } from '../model/plan.ts';
import { type InboxDepth, type Signs, uncounted } from '../model/report.ts';
import { rememberingScreens, screenReader } from '../tmux/screens.ts';
import type { Context } from './context.ts';

export interface Seen {
  readonly signs: ReadonlyMap<string, Signs>;
  readonly unknown: readonly UnknownPlace[];
}

/** Agents by name, with the runtime that each is rostered with. */
export type Runtimes = ReadonlyMap<string, string>;

/** A screen that does not come in this time keeps nobody waiting: what it would show is unknown then. In milliseconds. */
const screenDeadline = 3000;

/** What is read of agents while systemd and tmux still say which of them run. */
export interface ReadAhead {
  readonly inboxes: Known<Depths>;
  readonly usage: UsageRead;
}

export interface SignReader {
  ahead(): Promise<ReadAhead>;
  read(seen: Observation, runtimes: Runtimes, ahead: ReadAhead): Promise<Seen>;
}

/**
 * Looks at what agents do beyond what an observation says: one look at all screens, the rest is read from `/proc`, the cgroups and the
 * inboxes. Whoever looks again and again reads only what was added to the inboxes.
 */
export function signReader(facts: HostFacts, context: Context): SignReader {
  const { runtimeDir, stateDir } = hostRoots(facts, context.env);
  const now = () => context.date().getTime();
  const screens = rememberingScreens(screenReader(context.env, screenDeadline), now);
  const usages = usageReader();
  let before = nothingSeen();
  const depths = depthReader(stateDir, context);
  return {
    ahead: async () => ({
      inboxes: await depths().then(known, (error) => unknown(messageOf(error))),
      usage: usages.known(),
    }),
    read: async (observation, runtimes, { inboxes, usage: read }) => {
      const problems = new Map<string, string>();
      const sessions = sessionsByRun(observation);
      const subjects = [...runtimes].map(([agent, runtime]) => subjectOf(agent, runtime, observation, sessions));
      const socket = observation.tmux.known ? observation.tmux.value.socket : '';
      const activities = await activitiesOf(subjects, {
        screens: (requests) =>
          screens(socket, requests).catch((error) => {
            problems.set('/agents/*/screen', messageOf(error));
            return new Map();
          }),
        runDirectory: (agent) => `${runtimeDir}/mosaic/agents/${agent}`,
        home: facts.home,
        now,
        seen: before,
      });
      if (Math.max(before.runtimes.size, before.roots.size) > 2 * subjects.length) before = nothingSeen();
      if (!inboxes.known) problems.set('/agents/*/inbox', inboxes.why);
      const signs = new Map<string, Signs>();
      for (const { agent, session, unit } of subjects) {
        const usage = session === null ? null : usages.of(session.pid, agentUnit(agent), read);
        if (usage !== null) noteUsage(usage, problems);
        const depth = inboxes.known ? (inboxes.value.get(agent) ?? { waiting: 0, dead: 0 }) : null;
        if (depth instanceof Error) problems.set(`/agents/${agent}/inbox`, depth.message);
        signs.set(agent, {
          activity: activities.get(agent) ?? { state: 'unknown', source: 'unit', at: null, detail: unit.detail },
          inbox: depth instanceof Error ? null : depth,
          memory: usage?.memory ?? null,
          cpu: usage?.cpu ?? null,
        });
      }
      return { signs, unknown: [...problems].sort().map(([place, why]) => ({ path: place, why })) };
    },
  };
}

/** What is not counted is so for all of them: every unit of a user has its cgroup below one that was given to that user. */
function noteUsage({ memory, cpu, why }: Usage, problems: Map<string, string>): void {
  if (why !== '') problems.set('/agents/*/usage', why);
  else if (memory === null)
    problems.set(uncounted.memory, 'the kernel does not count it for units of this user: muster doctor tells more');
  if (why === '' && cpu === null) problems.set(uncounted.cpu, 'the kernel does not count it for units of this user');
}

function subjectOf(agent: string, runtime: string, { units, tmux }: Observation, sessions: SessionsByRun): Subject {
  const nothing = { agent, runtime, invocation: '', session: null };
  if (!units.known) return { ...nothing, unit: { phase: 'unknown', detail: units.why } };
  const unit = units.value[agentUnit(agent)];
  const phase = phaseOf(unit);
  if (unit === undefined || phase !== 'live') return { ...nothing, unit: { phase, detail: wordsOf(unit) } };
  if (!tmux.known) return { ...nothing, unit: { phase: 'unknown', detail: tmux.why } };
  const session = sessions.get(runOf(agent, unit.invocation));
  if (session === undefined) return { ...nothing, unit: { phase: 'unknown', detail: 'its unit runs without a tmux session' } };
  return { agent, runtime, invocation: unit.invocation, session, unit: { phase, detail: wordsOf(unit) } };
}

type SessionsByRun = ReadonlyMap<string, ObservedSession>;

/** Sessions that live. */
function sessionsByRun({ tmux }: Observation): SessionsByRun {
  const living = tmux.known ? tmux.value.sessions.filter(({ alive }) => alive) : [];
  return new Map(living.map((session) => [runOf(session.agent, session.incarnation), session]));
}

const runOf = (agent: string, invocation: string): string => `${agent} ${invocation}`;

function phaseOf(unit: ObservedUnit | undefined): 'live' | 'starting' | 'down' {
  if (unit?.active === 'active' || unit?.active === 'reloading') return 'live';
  return unit?.active === 'activating' ? 'starting' : 'down';
}

const wordsOf = (unit: ObservedUnit | undefined): string =>
  unit === undefined ? 'it has no unit' : `its unit is ${unit.active}${unit.sub === '' ? '' : ` (${unit.sub})`}`;

type Depths = ReadonlyMap<string, InboxDepth | Error>;

/** How many messages wait for whom; agents without an inbox have no key. */
function depthReader(stateDir: string, { date }: Pick<Context, 'date'>): () => Promise<Depths> {
  const journals = new Map<string, InboxJournal>();
  const depthOf = async (agent: string): Promise<InboxDepth | Error> => {
    const journal = journals.get(agent) ?? inboxJournal(stateDir, agent);
    journals.set(agent, journal);
    try {
      const entries = entriesOf(await journal.read());
      const now = date().toISOString();
      const waiting = inPhase(entries, 'waiting', 'typing').filter(({ message }) => (message?.expires ?? now) >= now);
      return { waiting: waiting.length, dead: inPhase(entries, 'dead').length };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return async () => {
    const agents = (await inboxNames(stateDir)).filter(isName);
    return new Map(await Promise.all(agents.map(async (agent) => [agent, await depthOf(agent)] as const)));
  };
}
