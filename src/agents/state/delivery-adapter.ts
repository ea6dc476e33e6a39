import type { DeliveryAdapter, TraceMark, Traces } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter } from '../runtimes/adapter.ts';
import { adapterOf } from '../runtimes/adapters.ts';
import { readScreen } from '../runtimes/read-screen.ts';
import { transcriptHas } from '../runtimes/transcript.ts';
import { processesOfRun } from './process.ts';
import { contentFrom, contentOf, tracesOf } from './traces.ts';

/** A runtime as delivery knows it, by its name. */
export function adapterFor(runtime: string): DeliveryAdapter {
  const adapter = adapterOf(runtime);
  const { submit, sigils } = adapter;
  return {
    runtime,
    submit: submit.key,
    settleMs: submit.settleMs,
    queuesWhileBusy: submit.queuesWhileBusy,
    sigils,
    readScreen: (screen) => readScreen(adapter, screen),
    traces: (environment) => (adapter.transcript === null ? null : transcriptOf(adapter, environment)),
  };
}

interface Mark {
  readonly file: string | null;
  readonly bytes: number;
}

/** The transcript of the run that an environment belongs to. A conversation that begins with a message has none before. */
function transcriptOf(adapter: RuntimeAdapter, environment: Readonly<Record<string, string | undefined>>): Traces {
  const run = environment.MOSAIC_INVOCATION ?? '';
  let pids: readonly number[] = [];
  const file = (): string | null => {
    const find = (): string | null => tracesOf(adapter, pids, environment.HOME ?? '').transcript;
    const known = find();
    if (known !== null) return known;
    pids = processesOfRun(run);
    return find();
  };
  return {
    mark: async (): Promise<Mark> => {
      const at = file();
      return { file: at, bytes: at === null ? 0 : Buffer.byteLength(contentOf(at)) };
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
