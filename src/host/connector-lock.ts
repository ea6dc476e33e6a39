import path from 'node:path';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { daemon } from '../systemd/bus.ts';
import { asFileError } from './errors.ts';
import { lazyBus } from './lazy-bus.ts';
import { request } from './lock.ts';
import type { HostRoots } from './roots.ts';

export interface BridgeLock {
  /** Aborted when the connection to the bus is gone, and the lock with it. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * One bridge for each fleet, by a name on the tenant's bus that the bus takes back when its holder ends. Gives the holder where that is somebody
 * else. Rejects with a PortError where there is no bus.
 */
export const acquireBridgeLock: (
  fleet: string,
  roots: Pick<HostRoots, 'runtimeDir'>,
) => Promise<BridgeLock | { readonly heldBy: string }> = asFileError(
  (fleet: string, _roots: Pick<HostRoots, 'runtimeDir'>) => `get the lock of the connector of ${fleet}`,
  async (fleet, { runtimeDir }) => {
    if (!isName(fleet)) throw new PortError('refused', `${JSON.stringify(fleet)} cannot be the name of a fleet`);
    const { bus, close } = lazyBus(path.join(runtimeDir, 'bus'));
    const connection = await bus();
    const name = `org.mosaic.Muster1.Connector.fleet_${fleet}`;
    const heldBy = await request(connection, name);
    if (heldBy !== null) {
      await close();
      return { heldBy };
    }
    const loss = new AbortController();
    let released = false;
    void connection.closed.then(() => {
      if (!released) loss.abort('the connection to the message bus is gone, and the lock of the connector with it');
    });
    return {
      lost: loss.signal,
      release: async () => {
        released = true;
        await connection.call({ ...daemon, member: 'ReleaseName', signature: 's', body: [name] }).catch(() => {});
        await close();
      },
    };
  },
);
