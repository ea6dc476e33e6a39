import type { Binding, ControllerStatus } from '../model/controller.ts';
import type { ControllerStore } from '../model/controller-ports.ts';
import { PortError } from '../model/ports.ts';
import { emptyRecord, freshMemory, type Memory } from './memory.ts';
import type { Recorder } from './recorder.ts';

export interface Remembrance {
  readonly store: ControllerStore;
  readonly recorder: Recorder;
  readonly binding: Binding;
  readonly lastStatus: () => Promise<ControllerStatus | null>;
  /** Told why a record could not be read. */
  readonly onLost: (why: unknown) => Promise<void>;
}

/** What a controller begins with: all that outlived the last one. Rejects with a `PortError` where a newer version wrote it. */
export async function remembered(from: Remembrance): Promise<Memory> {
  const memory = await bound(await recorded(from), from);
  return { ...memory, conditions: await lastConditions(from) };
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
