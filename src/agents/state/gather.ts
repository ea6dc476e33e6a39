import type { Activity, Incarnation } from '../../model/agents.ts';
import type { PaneScreen, ScreenRequest } from '../../tmux/screens.ts';
import type { ScreenReading } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter } from '../runtimes/adapter.ts';
import { adapterOf, runtimeIn } from '../runtimes/adapters.ts';
import { readScreen } from '../runtimes/read-screen.ts';
import { activityOf, type Evidence } from './activity.ts';
import { readHeartbeat } from './heartbeat.ts';
import { heartbeatFile } from './heartbeat-file.ts';
import { changedAt, environmentOf, incarnationAt, processTree, startedAt } from './process.ts';
import { contentOf, standingOf, tracesOf } from './traces.ts';

/** An agent as its unit and tmux show it. */
export interface Subject {
  readonly agent: string;
  readonly runtime: string;
  readonly unit: Evidence['unit'];
  /** InvocationID of the unit's run; empty where there is none. */
  readonly invocation: string;
  /** The session of this run and the first process of its pane; `null` where there is none. */
  readonly session: { readonly id: string; readonly pid: number; readonly changed?: number } | null;
}

export interface Sources {
  /** All screens in one look; what is missing in it could not be seen. */
  readonly screens: (requests: readonly ScreenRequest[]) => Promise<ReadonlyMap<string, PaneScreen>>;
  /** Absolute path of the run directory of an agent's unit. */
  readonly runDirectory: (agent: string) => string;
  readonly home: string;
  /** For whoever looks again and again. */
  readonly seen?: Seen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What earlier looks have shown and what stays as it is, by run: a program keeps the runtime that it was started with. */
export interface Seen {
  readonly runtimes: Map<string, string>;
  /** The first process of its pane. */
  readonly roots: Map<string, Incarnation>;
  /** What a screen shows, as long as it is that screen. */
  readonly readings: WeakMap<PaneScreen, ScreenReading>;
}

export const nothingSeen = (): Seen => ({ runtimes: new Map(), roots: new Map(), readings: new WeakMap() });

/**
 * What agents do, by name, each with its evidence: one look at all screens, the rest is read from `/proc` and from files, and no process is
 * started for an agent.
 */
export async function activitiesOf(subjects: readonly Subject[], sources: Sources): Promise<ReadonlyMap<string, Activity>> {
  const requests = subjects.flatMap(({ agent, invocation, session, unit }) =>
    session === null || unit.phase !== 'live'
      ? []
      : [{ id: session.id, agent, incarnation: invocation, changed: session.changed }],
  );
  const { seen = nothingSeen() } = sources;
  const screens = requests.length === 0 ? new Map() : await sources.screens(requests).catch(() => new Map());
  return new Map(
    subjects.map((subject) => {
      const screen = subject.session === null ? null : (screens.get(subject.session.id) ?? null);
      const adapter = adapterOf(runtimeOf(subject, seen));
      return [subject.agent, activityOf(adapter, evidenceOf(subject, adapter, screen, sources, seen), sources.now())] as const;
    }),
  );
}

/** As its program was started: what its roster says by now comes with the next start. */
function runtimeOf(subject: Subject, { runtimes }: Seen): string {
  const { session, runtime } = subject;
  if (session === null) return runtime;
  return recalled(runtimes, runOf(subject, session), () => runtimeIn(environmentOf(session.pid)) || null) ?? runtime;
}

/** Empty where nobody knows which run it is. */
const runOf = ({ invocation }: Subject, { pid }: { readonly pid: number }): string =>
  invocation === '' ? '' : `${invocation} ${pid}`;

/** What is `null` may be there the next time. */
function recalled<Value>(memory: Map<string, Value>, run: string, look: () => Value | null): Value | null {
  const found = memory.get(run) ?? look();
  if (found !== null && run !== '') memory.set(run, found);
  return found;
}

function evidenceOf(
  subject: Subject,
  adapter: RuntimeAdapter,
  screen: PaneScreen | null,
  { runDirectory, home }: Sources,
  seen: Seen,
): Evidence {
  const { agent, unit, invocation, session } = subject;
  const beat = contentOf(heartbeatFile(runDirectory(agent)));
  // Where nothing is written that could be theirs, its processes tell nothing, and finding them costs most of a look.
  const leavesTraces = adapter.stateFile !== null || adapter.transcript !== null || beat !== '';
  const processes = session === null || unit.phase !== 'live' || !leavesTraces ? [] : processTree(session.pid);
  const reading = screen === null ? null : readingOf(screen, adapter, seen);
  const isBlank = session !== null && reading?.state === 'starting';
  const root = processes[0] ?? (isBlank ? recalled(seen.roots, runOf(subject, session), () => incarnationAt(session.pid)) : null);
  const traces = tracesOf(
    adapter,
    processes.map(({ pid }) => pid),
    home,
  );
  return {
    unit,
    invocation,
    processes,
    began: root === null ? null : startedAt(root),
    runtime: traces.runtime,
    transcript: traces.transcript === null ? null : standingOf(adapter, traces.transcript),
    heartbeat: processes.length === 0 ? null : readHeartbeat(beat),
    screen: reading,
    changed: traces.transcript === null ? (screen?.changed ?? null) : changedAt(traces.transcript),
  };
}

function readingOf(screen: PaneScreen, adapter: RuntimeAdapter, { readings }: Seen): ScreenReading {
  const reading = readings.get(screen) ?? readScreen(adapter, screen.text);
  readings.set(screen, reading);
  return reading;
}
