import path from 'node:path';
import { activitiesOf, type Subject } from '../agents/state/gather.ts';
import { environmentOf } from '../agents/state/process.ts';
import { hostRoots } from '../host/facts.ts';
import { connectInbox } from '../host/inbox.ts';
import { holderSocket } from '../host/inbox-runs.ts';
import type { Activity } from '../model/agents.ts';
import type { RunReader } from '../model/inbox.ts';
import { messageOf } from '../model/message-of.ts';
import { isName } from '../model/names.ts';
import type { HostFacts, ObservedSession } from '../model/observation.ts';
import { PortError } from '../model/ports.ts';
import { frameReader, type PaneFrame, type PaneHistory, readHistory } from '../tmux/frames.ts';
import { screenReader } from '../tmux/screens.ts';
import { sessionReader } from '../tmux/sessions.ts';
import type { Context } from './context.ts';
import { factsOf } from './host.ts';

/** Looks at agents' terminals, and has nothing that could do more than look. Methods reject with a PortError where tmux does not answer. */
export interface Eye {
  readonly runs: RunReader;
  /** Living sessions of agents, by name; empty where no tmux server of Muster's runs. */
  sessions(): Promise<ReadonlyMap<string, ObservedSession>>;
  /** By agent; who is gone by now is left out. */
  frames(sessions: readonly ObservedSession[]): Promise<ReadonlyMap<string, PaneFrame>>;
  /** So many lines of what it has shown; `null` where it is gone by now. */
  history(session: ObservedSession, lines: number): Promise<PaneHistory | null>;
  /** By agent. */
  activities(sessions: readonly ObservedSession[]): Promise<ReadonlyMap<string, Activity>>;
}

/** What tmux does not answer now it may answer next time. */
export function noteOf(error: unknown): string {
  if (error instanceof PortError) return messageOf(error);
  throw error;
}

/** The connection to the bus, where one was needed, is closed again whatever happens. */
export async function withEye<T>(context: Context, work: (eye: Eye, facts: HostFacts) => Promise<T>): Promise<T> {
  const facts = factsOf({}, context);
  const { runs, close } = connectInbox(facts, context.env);
  try {
    return await work(eyeOf(facts, runs, context), facts);
  } finally {
    await close();
  }
}

/** In milliseconds: who watches does not wait for long. */
const deadline = 3000;

function eyeOf(facts: HostFacts, runs: RunReader, { env, date }: Context): Eye {
  const { runtimeDir } = hostRoots(facts, env);
  const sessions = sessionReader(env, deadline);
  const frames = frameReader(env, deadline);
  const screens = screenReader(env, deadline);
  return {
    runs,
    sessions: async () => {
      const socket = holderSocket(runtimeDir);
      if (socket === null) return new Map();
      const { sessions: all } = await sessions.list(socket);
      const own = all.filter(({ agent, alive }) => alive && isName(agent)).sort(inOrder);
      return new Map(own.map((session) => [session.agent, session]));
    },
    frames: async (wanted) => {
      const socket = holderSocket(runtimeDir);
      if (socket === null || wanted.length === 0) return new Map();
      const seen = await frames(socket, wanted);
      const named = wanted.map(({ agent, id }) => [agent, seen.get(id)] as const);
      return new Map(named.flatMap(([agent, frame]) => (frame === undefined ? [] : [[agent, frame] as const])));
    },
    history: async (session, lines) => readHistory(env, holderSocket(runtimeDir) ?? '', session, lines, deadline),
    activities: (wanted) =>
      activitiesOf(wanted.map(subjectOf), {
        screens: (requests) => screens(holderSocket(runtimeDir) ?? '', requests),
        runDirectory: (agent) => path.join(runtimeDir, 'mosaic/agents', agent),
        home: facts.home,
        now: () => date().getTime(),
      }),
  };
}

/** By name as people count, of several runs the newest last. */
const inOrder = (left: ObservedSession, right: ObservedSession): number => {
  const [a, b] = [left, right].map(({ agent }) => agent.replace(/\d+/g, (digits) => digits.padStart(12, '0')));
  return a === b ? left.created - right.created : (a ?? '') < (b ?? '') ? -1 : 1;
};

/** The unit was not asked: whose session lives is taken to run. */
const subjectOf = ({ agent, incarnation, id, pid }: ObservedSession): Subject => ({
  agent,
  runtime: environmentOf(pid).MOSAIC_RUNTIME ?? 'unknown',
  unit: { phase: 'live', detail: 'it has a living session' },
  invocation: incarnation,
  session: { id, pid },
});
