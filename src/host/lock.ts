import type { WriterLock } from '../model/ports.ts';
import type { Bus } from '../systemd/bus.ts';
import type { BusSource } from '../systemd/manager.ts';
import { holdName, nameHolder } from './bus-name.ts';
import { asFileError } from './errors.ts';

const lockName = 'org.mosaic.Muster1.Writer';

/**
 * Whoever loses the connection has lost the lock; the connection is never made anew, so nothing is done to units without it. `lost` is
 * for who changes something else.
 */
export function writerLock(bus: BusSource): WriterLock {
  let purposeHere: string | null = null;
  const loss = new AbortController();
  return {
    lost: loss.signal,
    acquire: asFileError(
      (purpose: string) => `get the writer lock to ${purpose}`,
      async (purpose) => {
        if (purposeHere !== null) return { heldBy: `this process (${purposeHere})` };
        const held = await holdName(await bus(), lockName, 'the writer lock');
        if ('heldBy' in held) return held;
        purposeHere = purpose;
        held.lost.addEventListener('abort', () => loss.abort(held.lost.reason), { once: true });
        return {
          release: async () => {
            purposeHere = null;
            await held.release();
          },
        };
      },
    ),
  };
}

/** Who has the lock now, in words. */
export const lockHolder = (bus: Bus): Promise<string | null> => nameHolder(bus, lockName);
