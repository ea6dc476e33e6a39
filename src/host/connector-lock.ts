import path from 'node:path';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { type HeldName, holdName } from './bus-name.ts';
import { asFileError } from './errors.ts';
import { lazyBus } from './lazy-bus.ts';
import type { HostRoots } from './roots.ts';

/** One bridge for each fleet. Gives the holder where that is somebody else. Rejects with a PortError where there is no bus. */
export const acquireBridgeLock: (
  fleet: string,
  roots: Pick<HostRoots, 'runtimeDir'>,
) => Promise<HeldName | { readonly heldBy: string }> = asFileError(
  (fleet: string, _roots: Pick<HostRoots, 'runtimeDir'>) => `get the lock of the connector of ${fleet}`,
  async (fleet, { runtimeDir }) => {
    if (!isName(fleet)) throw new PortError('refused', `${JSON.stringify(fleet)} cannot be the name of a fleet`);
    const { bus, close } = lazyBus(path.join(runtimeDir, 'bus'));
    const held = await holdName(await bus(), `org.mosaic.Muster1.Connector.fleet_${fleet}`, 'the lock of the connector');
    if ('heldBy' in held) {
      await close();
      return held;
    }
    return { lost: held.lost, release: () => held.release().then(close) };
  },
);
