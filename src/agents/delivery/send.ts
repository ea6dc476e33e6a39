import type { Message, Receipt } from '../../model/agents.ts';
import type { InboxJournal, Obstacle } from '../../model/inbox.ts';
import { type Entry, entriesOf } from '../inbox/entries.ts';
import { store } from '../inbox/store.ts';
import { drain } from './drain.ts';
import { passes } from './reasons.ts';
import { withdraw } from './settle.ts';
import type { Patience } from './type-in.ts';
import type { DeliveryWorld } from './world.ts';

export interface SendOptions {
  /** Wait for a receipt, at most so many milliseconds; `null`: leave it to whoever delivers next what cannot be delivered now. */
  readonly verify: number | null;
  readonly stop?: AbortSignal;
  readonly steps?: Patience;
}

export interface Sent {
  readonly receipt: Receipt;
  /** What it waits for, where it still does. */
  readonly obstacle: Obstacle | null;
}

/**
 * Stores a message and delivers it, together with what waits before it, if the agent takes it now. With `verify` what does not pass by
 * itself is waited for that long, then the message is taken back: `refused`. What passes by itself leaves it `queued`.
 */
export async function send(message: Message, world: DeliveryWorld, { verify, stop, steps }: SendOptions): Promise<Sent> {
  const journal = world.journal(message.agent);
  const stored = await store(journal, message);
  if (stored.receipt.state !== 'queued' || stored.receipt.evidence[0] !== 'stored')
    return { receipt: stored.receipt, obstacle: null };
  const deadline = world.clock.now() + (verify ?? 0);
  const passed = { ...(stop === undefined ? {} : { stop }), ...(steps === undefined ? {} : { steps }) };
  let last: Obstacle | null = null;
  for (;;) {
    const left = Math.max(0, deadline - world.clock.now());
    const drained = await drain(message.agent, world, {
      patience: left,
      ...(verify === null ? {} : { limit: Math.max(left, 1) }),
      ...passed,
    });
    const obstacle: Obstacle | null = drained.obstacle ?? last;
    last = obstacle;
    const { receipt } = await entryOf(message, journal);
    if (!isWaiting(receipt)) return { receipt, obstacle: null };
    const over = world.clock.now() >= deadline || stop?.aborted === true || obstacle?.reason === 'agent-down';
    if (over) return verify === null ? { receipt: because(receipt, obstacle), obstacle } : giveUp(message, obstacle, world);
    await world.clock.sleep(drained.elsewhere ? 30 : 100);
  }
}

/** As the journal has it. */
async function entryOf({ id, agent }: Message, journal: InboxJournal): Promise<Entry> {
  const entry = entriesOf(await journal.read()).get(id);
  if (entry === undefined) throw new Error(`message ${id} is not in the inbox of ${agent} any more`);
  return entry;
}

const isWaiting = ({ state, evidence }: Receipt): boolean => state === 'queued' && evidence[0] === 'stored';

/** Milliseconds for whoever else looks at the inbox in that moment. */
const lastTurn = 2000;

async function giveUp(message: Message, obstacle: Obstacle | null, world: DeliveryWorld): Promise<Sent> {
  const journal = world.journal(message.agent);
  const deadline = world.clock.now() + lastTurn;
  for (;;) {
    const { receipt, phase } = await entryOf(message, journal);
    if (!isWaiting(receipt)) return { receipt, obstacle: null };
    const leave = phase === 'waiting' && (obstacle === null || passes(obstacle.reason));
    if (leave || world.clock.now() >= deadline) return { receipt: because(receipt, obstacle), obstacle };
    const taken = obstacle === null ? null : await withdraw(message.agent, message.id, obstacle.reason, world);
    if (taken !== null) return { receipt: taken, obstacle };
    await world.clock.sleep(30);
  }
}

const because = (receipt: Receipt, obstacle: Obstacle | null): Receipt => ({
  ...receipt,
  reason: obstacle?.reason ?? receipt.reason,
});
