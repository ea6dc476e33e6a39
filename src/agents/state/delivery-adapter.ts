import type { DeliveryAdapter, TraceMark, Traces } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter } from '../runtimes/adapter.ts';
import { adapterOf } from '../runtimes/adapters.ts';
import { readScreen } from '../runtimes/read-screen.ts';
import { transcriptHas } from '../runtimes/transcript.ts';
import { beatsOf } from './beats.ts';
import { incarnationAt, processesOfRun, processTree, startedAt } from './process.ts';
import { contentFrom, sizeOf, tracesOf } from './traces.ts';

/** A runtime as delivery knows it, by its name. */
export function adapterFor(runtime: string): DeliveryAdapter {
  const adapter = adapterOf(runtime);
  const { submit, sigils, ending } = adapter;
  return {
    runtime,
    submit: submit.key,
    submitWhileBusy: submit.keyWhileBusy,
    ending,
    settleMs: submit.settleMs,
    queuesWhileBusy: submit.queuesWhileBusy,
    sigils,
    readScreen: (screen) => readScreen(adapter, screen),
    startedAt: (pid) => {
      const process = incarnationAt(pid);
      return process === null ? null : startedAt(process);
    },
    traces: (environment, pid) => (adapter.transcript === null ? null : transcriptOf(adapter, environment, pid)),
    beats: (environment, pid, date) => beatsOf(adapter, environment, pid, date),
  };
}

interface Mark {
  readonly file: string | null;
  readonly bytes: number;
}

/**
 * The transcript of the run that an environment belongs to, or of the process `pid` and those below it. A conversation that begins with a
 * message has none before; what was found once is read after its program has ended, too.
 */
function transcriptOf(adapter: RuntimeAdapter, environment: Readonly<Record<string, string | undefined>>, pid?: number): Traces {
  let pids: readonly number[] = [];
  let known: string | null = null;
  const find = (): string | null => tracesOf(adapter, pids, environment.HOME ?? '').transcript;
  const file = (): string | null => {
    known = find() ?? known;
    if (known !== null) return known;
    pids =
      pid === undefined ? processesOfRun(environment.MOSAIC_INVOCATION ?? '') : processTree(pid).map((process) => process.pid);
    known = find();
    return known;
  };
  return {
    mark: async (): Promise<Mark> => {
      const at = file();
      return { file: at, bytes: at === null ? 0 : sizeOf(at) };
    },
    since: async (mark: TraceMark, text: string) => {
      const now = file();
      if (now === null) return null;
      const before = isMark(mark) && mark.file === now ? mark.bytes : 0;
      return transcriptHas(adapter, contentFrom(now, before), text);
    },
  };
}

const isMark = (mark: TraceMark): mark is Mark => typeof mark === 'object' && mark !== null && 'file' in mark && 'bytes' in mark;
