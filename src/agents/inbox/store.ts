import type { Message, Receipt } from '../../model/agents.ts';
import type { InboxJournal } from '../../model/inbox.ts';
import { entriesOf, inPhase, receiptFor } from './entries.ts';

/** What may wait in one inbox; many senders at once may pass it by a few. */
export const inboxBounds = { messages: 1000, bytes: 16 * 1024 * 1024 } as const;

export interface Stored {
  readonly receipt: Receipt;
  /** A message of this id was here before: the receipt is that one's, and nothing was stored. */
  readonly known: boolean;
}

/** Keeps a message, durably, unless it is known or the inbox is full: then its receipt is `refused`, and nothing is kept of it. */
export async function store(journal: InboxJournal, message: Message): Promise<Stored> {
  const before = entriesOf(await journal.read());
  const known = before.get(message.id);
  if (known !== undefined) return { receipt: known.receipt, known: true };
  const waiting = inPhase(before, 'waiting', 'typing');
  const bytes = waiting.reduce((sum, { message: one }) => sum + (one?.text.length ?? 0), message.text.length);
  if (waiting.length >= inboxBounds.messages || bytes > inboxBounds.bytes)
    return { receipt: receiptFor(message, 'refused', [], 'inbox-full', message.at), known: false };
  await journal.append([{ format_version: '1.0', kind: 'message', message }]);
  const entry = entriesOf(await journal.read()).get(message.id);
  if (entry === undefined) throw new Error(`message ${message.id} was written to the inbox of ${message.agent} and is not there`);
  // Two senders of one id at once: the first in the journal is the one that counts.
  const ours = entry.message?.at === message.at && entry.message.sender === message.sender && entry.message.text === message.text;
  return { receipt: entry.receipt, known: !ours };
}
