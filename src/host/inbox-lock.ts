import type { DeliveryLock } from '../model/inbox.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import type { BusSource } from '../systemd/manager.ts';
import { type HeldName, holdName } from './bus-name.ts';
import { asFileError } from './errors.ts';

/** One deliverer for each agent. */
export function deliveryLock(bus: BusSource): DeliveryLock {
  const heldHere = new Set<string>();
  const hold = async (agent: string): Promise<HeldName | null> => {
    const held = await holdName(await bus(), `org.mosaic.Muster1.Inbox.agent_${agent}`, 'the delivery lock');
    return 'heldBy' in held ? null : held;
  };
  return {
    acquire: asFileError(
      (agent: string) => `get the delivery lock of ${agent}`,
      async (agent) => {
        if (!isName(agent)) throw new PortError('refused', `${JSON.stringify(agent)} cannot be the name of an agent`);
        if (heldHere.has(agent)) return null;
        heldHere.add(agent);
        let held: HeldName | null = null;
        try {
          held = await hold(agent);
        } finally {
          if (held === null) heldHere.delete(agent);
        }
        if (held === null) return null;
        const { lost, release } = held;
        return { lost, release: () => release().finally(() => heldHere.delete(agent)) };
      },
    ),
  };
}
