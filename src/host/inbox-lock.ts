import type { DeliveryLock } from '../model/inbox.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { type Bus, daemon } from '../systemd/bus.ts';
import type { BusSource } from '../systemd/manager.ts';
import { asFileError } from './errors.ts';

const doNotQueue = 4;
const primaryOwner = 1;

/** A name on the tenant's bus for each agent, as for the writer lock: the bus takes it back when the connection ends. */
export function deliveryLock(bus: BusSource): DeliveryLock {
  const heldHere = new Set<string>();
  return {
    acquire: asFileError(
      (agent: string) => `get the delivery lock of ${agent}`,
      async (agent) => {
        if (!isName(agent)) throw new PortError('refused', `${JSON.stringify(agent)} cannot be the name of an agent`);
        if (heldHere.has(agent)) return null;
        heldHere.add(agent);
        try {
          const connection = await bus();
          const name = `org.mosaic.Muster1.Inbox.agent_${agent}`;
          if (!(await request(connection, name))) {
            heldHere.delete(agent);
            return null;
          }
          const loss = new AbortController();
          let released = false;
          void connection.closed.then(() => {
            if (!released) loss.abort('the connection to the message bus is gone, and the delivery lock with it');
          });
          return {
            lost: loss.signal,
            release: async () => {
              released = true;
              // A connection that has dropped holds nothing.
              await connection.call({ ...daemon, member: 'ReleaseName', signature: 's', body: [name] }).catch(() => {});
              heldHere.delete(agent);
            },
          };
        } catch (error) {
          heldHere.delete(agent);
          throw error;
        }
      },
    ),
  };
}

async function request(bus: Bus, name: string): Promise<boolean> {
  const [reply] = await bus.call({ ...daemon, member: 'RequestName', signature: 'su', body: [name, doNotQueue] });
  return reply === primaryOwner;
}
