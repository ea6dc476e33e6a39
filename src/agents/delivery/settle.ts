import type { Receipt } from '../../model/agents.ts';
import type { DeliveryReason, InboxJournal } from '../../model/inbox.ts';
import { type Entry, entriesOf, inPhase, receiptFor } from '../inbox/entries.ts';
import type { DeliveryWorld } from './world.ts';

/** An inbox whose delivery lock is held, and whoever wants to know of new receipts. */
export interface Books {
  readonly journal: InboxJournal;
  readonly world: DeliveryWorld;
  readonly tell: (receipt: Receipt) => void;
}

export const format_version = '1.0' as const;

/** Durable before anybody is told. */
export async function conclude(receipt: Receipt, { journal, tell }: Books): Promise<void> {
  await journal.append([{ format_version, kind: 'receipt', receipt }]);
  tell(receipt);
}

/** Whoever typed these is gone, since we hold the lock: nobody knows how far that came. */
export async function settleInterrupted(agent: string, books: Books): Promise<void> {
  const { journal, world } = books;
  for (const entry of inPhase(entriesOf(await journal.read()), 'typing')) {
    await conclude(receiptOf(entry, 'unknown', 'interrupted', world), books);
    await dropBuffer(agent, entry, world);
  }
}

/** It may still hold the text. */
async function dropBuffer(agent: string, { typed }: Entry, world: DeliveryWorld): Promise<void> {
  const { socket } = await world.runs.find(agent);
  if (socket !== null && typed !== null) await world.panes.dropBuffer(socket, typed.buffer).catch(() => {});
}

export async function settleExpired(books: Books): Promise<void> {
  const { journal, world } = books;
  const now = world.clock.date().getTime();
  for (const entry of inPhase(entriesOf(await journal.read()), 'waiting')) {
    const { expires = null } = entry.message ?? {};
    if (expires !== null && Date.parse(expires) <= now) await conclude(receiptOf(entry, 'expired', 'expired', world), books);
  }
}

const receiptOf = ({ receipt }: Entry, state: Receipt['state'], reason: DeliveryReason, { clock }: DeliveryWorld): Receipt =>
  receiptFor(receipt, state, [], reason, clock.date().toISOString());

/** Sees to what was interrupted or has expired, and delivers nothing. Does nothing where somebody delivers. */
export async function settle(agent: string, world: DeliveryWorld): Promise<void> {
  await withBooks(agent, world, async (books) => {
    await settleInterrupted(agent, books);
    await settleExpired(books);
  });
}

async function withBooks<T>(agent: string, world: DeliveryWorld, work: (books: Books) => Promise<T>): Promise<T | null> {
  const held = await world.lock.acquire(agent);
  if (held === null) return null;
  try {
    return await work({ journal: world.journal(agent), world, tell: () => {} });
  } finally {
    await held.release();
  }
}

/** Takes back what still waits, so that its sender may send it again; `null` where it does not wait any more, or somebody is at it. */
export function withdraw(agent: string, id: string, reason: DeliveryReason, world: DeliveryWorld): Promise<Receipt | null> {
  return withBooks(agent, world, async (books) => {
    const entry = entriesOf(await books.journal.read()).get(id);
    if (entry?.phase !== 'waiting') return null;
    const receipt = receiptOf(entry, 'refused', reason, world);
    await conclude(receipt, books);
    return receipt;
  });
}

/**
 * Strikes a message off the list: a dead one, or one that waits, which is taken back then. Its id stays known. `none`: there is no such
 * message, or it is with the agent already.
 */
export async function forget(agent: string, id: string, world: DeliveryWorld): Promise<'forgotten' | 'none' | 'busy'> {
  const done = await withBooks(agent, world, async (books) => {
    await settleInterrupted(agent, books);
    const entry = entriesOf(await books.journal.read()).get(id);
    if (entry === undefined || !['dead', 'waiting'].includes(entry.phase)) return 'none' as const;
    if (entry.phase === 'waiting') await conclude(receiptOf(entry, 'refused', 'withdrawn', world), books);
    await books.journal.append([{ format_version, kind: 'forgotten', id, at: world.clock.date().toISOString() }]);
    return 'forgotten' as const;
  });
  return done ?? 'busy';
}
