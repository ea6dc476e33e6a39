import type { DeliveryWorld } from '../agents/delivery/world.ts';
import { adapterFor } from '../agents/state/delivery-adapter.ts';
import { connectInbox } from '../host/inbox.ts';
import { stateReader } from '../host/state.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { factsOf } from './host.ts';
import { namesHere } from './suspend.ts';
import { unknownName } from './target.ts';

/** The agents of this host to talk to; the connection to the bus is closed again whatever happens. */
export async function withDelivery<T>(
  context: Context,
  work: (world: DeliveryWorld, facts: HostFacts) => Promise<T>,
): Promise<T> {
  const facts = factsOf({}, context);
  const { warm, close, ...host } = connectInbox(facts, context.env);
  warm();
  const clock = {
    date: context.date,
    now: context.now,
    sleep: (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)),
  };
  try {
    return await work({ ...host, adapter: adapterFor, clock, operator: facts.tenant }, facts);
  } finally {
    await close();
  }
}

/** Refuses a name that is no agent's: neither carried out here nor running. */
export async function refuseUnknownAgent(name: string, { stateDir }: HostFacts, { runs }: DeliveryWorld): Promise<void> {
  const { agents } = await namesHere(stateReader(stateDir));
  if (agents.includes(name)) return;
  if (isName(name) && (await runs.find(name)).phase !== 'down') return;
  throw unknownName(name, 'agent', agents);
}
