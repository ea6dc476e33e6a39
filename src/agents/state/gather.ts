import { join } from 'node:path';
import type { Activity } from '../../model/agents.ts';
import type { PaneScreen, ScreenRequest } from '../../tmux/screens.ts';
import type { RuntimeAdapter } from '../runtimes/adapter.ts';
import { adapterOf, runtimeIn } from '../runtimes/adapters.ts';
import { readScreen } from '../runtimes/read-screen.ts';
import { activityOf, type Evidence } from './activity.ts';
import { readHeartbeat } from './heartbeat.ts';
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
  /** Runtimes of runs that were seen before, for whoever looks again and again: a program is started with one and keeps it. */
  readonly runtimes?: Map<string, string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

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
  const screens = requests.length === 0 ? new Map() : await sources.screens(requests).catch(() => new Map());
  return new Map(
    subjects.map((subject) => {
      const screen = subject.session === null ? null : (screens.get(subject.session.id) ?? null);
      const adapter = adapterOf(runtimeOf(subject, sources.runtimes));
      return [subject.agent, activityOf(adapter, evidenceOf(subject, adapter, screen, sources), sources.now())] as const;
    }),
  );
}

/** As its program was started: what its roster says by now comes with the next start. */
function runtimeOf({ session, runtime, invocation }: Subject, seen: Map<string, string> = new Map()): string {
  if (session === null) return runtime;
  const run = `${invocation} ${session.pid}`;
  const found = seen.get(run) ?? runtimeIn(environmentOf(session.pid));
  if (found !== '' && invocation !== '') seen.set(run, found);
  return found || runtime;
}

function evidenceOf(
  { agent, unit, invocation, session }: Subject,
  adapter: RuntimeAdapter,
  screen: PaneScreen | null,
  { runDirectory, home }: Sources,
): Evidence {
  const beat = contentOf(join(runDirectory(agent), 'heartbeat.json'));
  // Where nothing is written that could be theirs, its processes tell nothing, and finding them costs most of a look.
  const leavesTraces = adapter.stateFile !== null || adapter.transcript !== null || beat !== '';
  const processes = session === null || unit.phase !== 'live' || !leavesTraces ? [] : processTree(session.pid);
  const reading = screen === null ? null : readScreen(adapter, screen.text);
  const isBlank = session !== null && reading?.state === 'starting';
  const root = processes[0] ?? (isBlank ? incarnationAt(session.pid) : null);
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
