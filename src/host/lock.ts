import { readFileSync } from 'node:fs';
import { PortError, type WriterLock } from '../model/ports.ts';
import { type Bus, daemon } from '../systemd/bus.ts';
import type { BusSource } from '../systemd/manager.ts';
import { asFileError } from './errors.ts';

const lockName = 'org.mosaic.Muster1.Writer';

/**
 * The lock is a name on the tenant's bus: the bus gives it to one connection at a time and takes it back when that connection ends.
 * Whoever loses the connection has lost the lock; the connection is never made anew, so nothing is done to units without it. `lost` is
 * for who changes something else.
 */
export function writerLock(bus: BusSource): WriterLock {
  let purposeHere: string | null = null;
  const loss = new AbortController();
  let watched = false;
  /** It is the same connection every time. */
  const watch = (connection: Bus): void => {
    if (watched) return;
    watched = true;
    void connection.closed.then(() => {
      if (purposeHere !== null) loss.abort('the connection to the message bus is gone, and the writer lock with it');
    });
  };
  return {
    lost: loss.signal,
    acquire: asFileError(
      (purpose: string) => `get the writer lock to ${purpose}`,
      async (purpose) => {
        if (purposeHere !== null) return { heldBy: `this process (${purposeHere})` };
        const connection = await bus();
        const heldBy = await request(connection, lockName);
        if (heldBy !== null) return { heldBy };
        purposeHere = purpose;
        watch(connection);
        return {
          release: async () => {
            purposeHere = null;
            // A connection that has dropped holds nothing.
            await onBus(connection, 'ReleaseName', 's', [lockName]).catch(() => {});
          },
        };
      },
    ),
  };
}

const doNotQueue = 4;
const primaryOwner = 1;

/** `null` when the name is ours now, else its holder. The holder may leave while it is looked at: then ask again. */
export async function request(bus: Bus, name: string): Promise<string | null> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const [reply] = await onBus(bus, 'RequestName', 'su', [name, doNotQueue]);
    if (reply === primaryOwner) return null;
    const holder = await lockHolder(bus, name);
    if (holder !== null) return holder;
  }
  throw new PortError('failed', 'its holders come and go');
}

/** Who has the lock now, in words. */
export async function lockHolder(bus: Bus, name: string = lockName): Promise<string | null> {
  try {
    const [pid] = await onBus(bus, 'GetConnectionUnixProcessID', 's', [name]);
    return describe(Number(pid));
  } catch (error) {
    if (error instanceof PortError && error.kind === 'unavailable' && !isGone(error)) throw error;
    return null;
  }
}

const isGone = (error: Error): boolean => 'error' in error && error.error === 'org.freedesktop.DBus.Error.NameHasNoOwner';

function describe(pid: number): string {
  const command = commandLine(pid);
  return command === '' ? `process ${pid}` : `process ${pid} (${command})`;
}

function commandLine(pid: number): string {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return argv.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
  } catch {
    return '';
  }
}

const onBus = (bus: Bus, member: string, signature: string, body: readonly unknown[]) =>
  bus.call({ ...daemon, member, signature, body });
