import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { backOff } from './back-off.ts';

/** A journal of the bridge's, and what is wrong with it. */
export interface Keeper<T> {
  /** Rejects where it cannot be written now. */
  append(records: readonly T[]): Promise<void>;
  /** Tries until it is written. Rejects only once `stop` is aborted, after one more try. */
  persist(records: readonly T[], stop: AbortSignal): Promise<void>;
  /** Now and then, as often as is good. */
  tidy(): Promise<void>;
  state(): KeeperState;
}

export interface KeeperState {
  /** Why it cannot be written now. */
  readonly trouble: string | null;
  /** Copies of journals that were damaged. */
  readonly setAside: readonly string[];
}

/** Appends between two looks whether the journal has grown large. */
const tidyEvery = 256;

/** Reads what there is; a damaged journal is set aside, and what can be read of it is kept. */
export async function openKeeper<T>(
  log: RecordLog<T>,
  shorten: (records: readonly T[], now: number) => readonly T[],
  clock: ConnectorClock,
): Promise<{ readonly keeper: Keeper<T>; readonly records: readonly T[] }> {
  const { records, damaged } = await log.read();
  const setAside: string[] = [];
  let trouble: string | null = null;
  let appends = 0;

  const compact = async (): Promise<void> => {
    const copy = await log.compact((all) => shorten(all, clock.date().getTime()));
    if (copy !== null) setAside.push(copy);
  };
  const append = async (added: readonly T[]): Promise<void> => {
    try {
      await log.append(added);
      appends += 1;
      trouble = null;
    } catch (error) {
      trouble = messageOf(error);
      throw error;
    }
  };
  const keeper: Keeper<T> = {
    append,
    persist: async (added, stop) => {
      for (let failures = 1; ; failures += 1) {
        try {
          return await append(added);
        } catch (error) {
          if (stop.aborted) throw error;
          await clock.sleep(backOff(failures, clock.random), stop);
        }
      }
    },
    tidy: async () => {
      if (appends < tidyEvery) return;
      appends = 0;
      // Only room is lost: what is wrong with the disk is told by the next append.
      await compact().catch(() => {});
    },
    state: () => ({ trouble, setAside }),
  };
  if (damaged > 0) await compact().catch((error: unknown) => (trouble = messageOf(error)));
  else appends = tidyEvery;
  return { keeper, records };
}
