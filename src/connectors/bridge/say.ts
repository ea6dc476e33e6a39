import type { OutboundMessage } from '../../model/chat-messages.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { outboundBook } from './outbound-book.ts';
import { isMessageId, type OutboundRecord, type SayReceipt } from './records.ts';
import { redactor } from './redact.ts';

/** What may wait to be said. */
export const outboxBounds = { messages: 10_000, characters: 64 * 1024 * 1024, text: 1024 * 1024 } as const;

export type SayProblem = 'bad-id' | 'empty' | 'too-long' | 'outbox-full';

export type Queued =
  /** It is on the disk. `known`: a message of this id was there before, and this one was not stored. */
  | { readonly queued: true; readonly known: boolean; readonly receipt: SayReceipt | null }
  /** Nothing of it is kept. */
  | { readonly queued: false; readonly problem: SayProblem };

type Words = Pick<OutboundMessage, 'id' | 'text' | 'sender' | 'at'> & Partial<OutboundMessage>;

/** A message for the conversation that the roster names, unless it is said otherwise. */
export const outboundMessage = (words: Words): OutboundMessage => ({
  format_version: '1.0',
  via: null,
  conversationId: null,
  threadId: null,
  newThread: null,
  replyToId: null,
  attachments: [],
  ...words,
});

/** Queues a message to be said, from whichever process. What has the shape of a secret does not get so far as the journal. */
export async function queue(log: RecordLog<OutboundRecord>, message: OutboundMessage): Promise<Queued> {
  const problem = problemOf(message);
  if (problem !== null) return { queued: false, problem };
  const { rows, receipts } = outboundBook((await log.read()).records, 'thread');
  const known = rows.has(message.id) || receipts.has(message.id);
  if (known) return { queued: true, known, receipt: receipts.get(message.id) ?? null };
  const waiting = [...rows.values()].reduce((sum, row) => sum + row.message.text.length, message.text.length);
  if (rows.size >= outboxBounds.messages || waiting > outboxBounds.characters) return { queued: false, problem: 'outbox-full' };
  const text = redactor([])(message.text);
  await log.append([{ format_version: '1.0', kind: 'queued', message: { ...message, text } }]);
  return { queued: true, known: false, receipt: null };
}

function problemOf({ id, text, attachments }: OutboundMessage): SayProblem | null {
  if (!isMessageId(id)) return 'bad-id';
  if (text.length > outboxBounds.text) return 'too-long';
  return text.trim() === '' && attachments.length === 0 ? 'empty' : null;
}

/** What is known of a message that was queued; `null` while it waits, or where it was never queued. */
export async function receiptOf(log: RecordLog<OutboundRecord>, id: string): Promise<SayReceipt | null> {
  return outboundBook((await log.read()).records, 'thread').receipts.get(id) ?? null;
}
