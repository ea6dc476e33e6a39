import { readFileSync } from 'node:fs';
import { PortError } from '../model/ports.ts';
import { type Bus, daemon } from '../systemd/bus.ts';

/** A name on the tenant's bus that is ours. */
export interface HeldName {
  /** Aborted when the connection to the bus is gone, and the name with it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * A lock is a name on the tenant's bus: the bus gives it to one connection at a time, and takes it back when that connection ends. Gives the
 * holder, in words, where that is somebody else. `lock` is what it is called.
 */
export async function holdName(connection: Bus, name: string, lock: string): Promise<HeldName | { readonly heldBy: string }> {
  const heldBy = await request(connection, name);
  if (heldBy !== null) return { heldBy };
  const loss = new AbortController();
  let released = false;
  void connection.closed.then(() => {
    if (!released) loss.abort(`the connection to the message bus is gone, and ${lock} with it`);
  });
  return {
    lost: loss.signal,
    release: async () => {
      released = true;
      // A connection that has dropped holds nothing.
      await onBus(connection, 'ReleaseName', 's', [name]).catch(() => {});
    },
  };
}

const doNotQueue = 4;
const primaryOwner = 1;

/** `null` when the name is ours now, else its holder. The holder may leave while it is looked at: then ask again. */
async function request(bus: Bus, name: string): Promise<string | null> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const [reply] = await onBus(bus, 'RequestName', 'su', [name, doNotQueue]);
    if (reply === primaryOwner) return null;
    const holder = await nameHolder(bus, name);
    if (holder !== null) return holder;
  }
  throw new PortError('failed', 'its holders come and go');
}

/** Who has the name now, in words. */
export async function nameHolder(bus: Bus, name: string): Promise<string | null> {
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
