import type { DeliveryWorld } from '../agents/delivery/world.ts';
import { adapterFor } from '../agents/state/delivery-adapter.ts';
import { connectInbox, type InboxConnection } from '../host/inbox.ts';
import { stateReader } from '../host/state.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Deliverer } from '../views/receipt.ts';
import type { Context } from './context.ts';
import { controlOf } from './control-of.ts';
import { factsOf } from './host.ts';
import { namesHere } from './suspend.ts';
import { isSuspended } from './suspended.ts';
import { unknownName } from './target.ts';

/** The agents of this host to talk to; the connection to the bus is closed again whatever happens. */
export async function withDelivery<T>(
  context: Context,
  work: (world: DeliveryWorld, facts: HostFacts) => Promise<T>,
): Promise<T> {
  const facts = factsOf({}, context);
  const { world, warm, close } = deliveryWorld(facts, context);
  warm();
  try {
    return await work(world, facts);
  } finally {
    await close();
  }
}

/** This host to deliver on; the bus is connected at first use. */
export function deliveryWorld(
  facts: HostFacts,
  context: Pick<Context, 'env' | 'date' | 'now'>,
): { readonly world: DeliveryWorld } & Pick<InboxConnection, 'warm' | 'close'> {
  const { warm, close, ...host } = connectInbox(facts, context.env);
  const clock = {
    date: context.date,
    now: context.now,
    sleep: (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)),
  };
  return { world: { ...host, adapter: adapterFor, clock, operator: facts.tenant }, warm, close };
}

/** Who delivers what waits. */
export async function delivererOf(agent: string, facts: HostFacts, context: Context): Promise<Deliverer> {
  const answers = await controlOf(facts, context)
    .status(answerMs)
    .then(() => true)
    .catch(() => false);
  if (!answers) return 'nobody';
  return (await isSuspended(agent, stateReader(facts.stateDir, context.date))) ? 'suspended' : 'controller';
}

const answerMs = 500;

/** Refuses a name that is no agent's: neither carried out here nor running. */
export async function refuseUnknownAgent(
  name: string,
  { stateDir }: HostFacts,
  { runs }: Pick<DeliveryWorld, 'runs'>,
): Promise<void> {
  const { agents } = await namesHere(stateReader(stateDir));
  if (agents.includes(name)) return;
  if (isName(name) && (await runs.find(name)).phase !== 'down') return;
  throw unknownName(name, 'agent', agents);
}
