import type { Binding, ControllerStatus, HistoryEntry } from '../model/controller.ts';
import type { ControllerStore, HistoryReader } from '../model/controller-ports.ts';
import { PortError } from '../model/ports.ts';
import { isOutcome } from './last-run.ts';
import { emptyRecord, freshMemory, type Memory } from './memory.ts';
import type { Outcome, Recorder } from './recorder.ts';

export interface Remembrance {
  readonly store: ControllerStore;
  readonly recorder: Recorder;
  readonly history: Pick<HistoryReader, 'newest'>;
  readonly binding: Binding;
  readonly lastStatus: () => Promise<ControllerStatus | null>;
  /** Told why a record could not be read. */
  readonly onLost: (why: unknown) => Promise<void>;
}

/** What a controller begins with: all that outlived the last one. Rejects with a `PortError` where a newer version wrote it. */
export async function remembered(from: Remembrance): Promise<Memory> {
  const memory = await bound(await recorded(from), from);
  return { ...memory, isNew: await isUntold(memory, from), conditions: await lastConditions(from) };
}

/** That the host is like what is in force is still to be told: the run that brought it in came to its end before. */
async function isUntold({ record: { admitted } }: Memory, { history }: Remembrance): Promise<boolean> {
  if (admitted === null) return false;
  const isOfThat = (entry: HistoryEntry): entry is Outcome =>
    isOutcome(entry) && entry.subject === admitted && entry.outcome !== 'good';
  const [last] = await history.newest(isOfThat, 1).catch(() => []);
  return last?.outcome === 'admitted';
}

/** A record that is damaged loses nothing that the refs and the host do not tell. */
async function recorded({ store, onLost }: Remembrance): Promise<Memory> {
  try {
    return freshMemory(await store.load());
  } catch (error) {
    if (error instanceof PortError && error.kind === 'refused') throw error;
    await onLost(error);
    return freshMemory(null);
  }
}

/** Whoever binds it to another branch means that branch, whatever was in force before. */
async function bound(memory: Memory, { binding, recorder }: Remembrance): Promise<Memory> {
  const before = memory.record.binding;
  if (JSON.stringify(before) === JSON.stringify(binding)) return memory;
  const isOther = before !== null && (before.repository !== binding.repository || before.ref !== binding.ref);
  const record = { ...(isOther ? emptyRecord : memory.record), binding };
  // A record that was lost is found again by the first pass; an empty one in its place would be believed.
  if (!memory.recordLost) await recorder.save(record);
  return { ...memory, record };
}

/** Since when each condition holds is told by what the last controller told. */
async function lastConditions({ lastStatus }: Remembrance): Promise<Memory['conditions']> {
  const last = await lastStatus().catch(() => null);
  return new Map(last?.fleets.map(({ name, conditions }) => [name, conditions]));
}
