import { type Connected, Courier } from '../agents/delivery/courier.ts';
import { inboxIndex } from '../host/inbox-index.ts';
import { stateReader } from '../host/state.ts';
import { watchInboxes } from '../host/watch-inboxes.ts';
import type { Receipt } from '../model/agents.ts';
import type { HostFacts } from '../model/observation.ts';
import { visible } from '../model/visible.ts';
import { receiptLine } from '../views/inbox.ts';
import type { Context } from './context.ts';
import { deliveryWorld } from './delivery.ts';
import type { Log } from './log.ts';
import { isSuspended } from './suspended.ts';

export interface Delivering {
  /** Agents, or what keeps them from being delivered to, may have changed. */
  changed(): void;
  /** Brings what is being typed to its end. */
  end(): Promise<void>;
}

/** Delivers what waits in the inboxes of this host, beside whatever else the process does, until it is ended. */
export async function deliverInboxes(facts: HostFacts, context: Context, log: Log): Promise<Delivering> {
  const state = stateReader(facts.stateDir, context.date);
  const courier = new Courier({
    connect: (): Connected => deliveryWorld(facts, context),
    inboxes: inboxIndex(facts.stateDir),
    isSuspended: (agent) => isSuspended(agent, state),
    onReceipt: (receipt) => log(priorityOf(receipt), `${receipt.agent}: message ${receiptLine(receipt)}`),
    onFailure: (agent, why) => log(4, `messages${agent === '' ? '' : ` for ${visible(agent)}`} cannot be delivered now: ${why}`),
  });
  const ending = new AbortController();
  const run = courier.run(ending.signal);
  const unwatch = await watchInboxes(facts.stateDir, (agent) => courier.wrote(agent));
  return {
    changed: () => courier.changed(),
    end: async () => {
      ending.abort();
      unwatch();
      await run;
    },
  };
}

/** What somebody has to look at is a warning. */
const priorityOf = ({ state }: Receipt): number => (['typed', 'unknown', 'expired'].includes(state) ? 4 : 6);
