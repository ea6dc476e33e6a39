import type { ActivityState } from '../../model/agents.ts';
import type { Beats } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter } from '../runtimes/adapter.ts';
import { isOfRun, readHeartbeat, stateOfWord } from './heartbeat.ts';
import { heartbeatFile } from './heartbeat-file.ts';
import { processTree } from './process.ts';
import { contentOf, tracesOf } from './traces.ts';

interface Saying {
  readonly by: 'runtime-state' | 'heartbeat';
  readonly state: ActivityState;
  /** RFC 3339, UTC. */
  readonly at: string | null;
}

interface Mark {
  readonly saying: Saying | null;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/**
 * What an agent says itself of what it does, in its state file or by its hooks: of the run that this environment belongs to, whose first
 * process is `pid`. What was said in another run counts for nothing.
 */
export function beatsOf(
  adapter: RuntimeAdapter,
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
  date: () => Date,
): Beats<Mark> {
  const saying = (): Saying | null => {
    const processes = processTree(pid);
    const pids = processes.map((process) => process.pid);
    const runtime = adapter.stateFile === null ? null : tracesOf(adapter, pids, environment.HOME ?? '').runtime;
    const isAlive = processes.some(
      ({ pid, start_time }) => runtime?.pid === pid && [null, start_time].includes(runtime.startTime),
    );
    if (runtime !== null && isAlive && runtime.state !== 'unknown') return { ...runtime, by: 'runtime-state' };
    const directory = environment.MOSAIC_RUN ?? '';
    const beat = directory === '' ? null : readHeartbeat(contentOf(heartbeatFile(directory)));
    if (beat === null || !isOfRun(beat, environment.MOSAIC_INVOCATION ?? '', processes)) return null;
    return { by: 'heartbeat', state: stateOfWord(beat.state), at: beat.at };
  };
  return {
    mark: () => ({ saying: saying(), at: date().toISOString() }),
    speaks: (mark) => mark.saying !== null,
    begunSince: (mark) => {
      const now = saying();
      // Who was busy before has begun nothing of ours.
      if (now?.state !== 'busy' || mark.saying?.state === 'busy' || (now.at ?? '') < mark.at) return null;
      return now.by;
    },
  };
}
