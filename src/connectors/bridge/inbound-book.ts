import type { RemoteId } from '../../model/chat-messages.ts';
import { forgetOld } from './keep.ts';
import { type Lanes, put, take } from './lanes.ts';
import type { InboundRecord, Refused } from './records.ts';

export type Received = InboundRecord & { readonly kind: 'received' };

/** What the inbound journal says, folded. Changed by `enter` alone. */
export interface InboundBook {
  /** Every id that came in, oldest first; since when the orchestrator's inbox has it, `null` while it waits. */
  readonly known: Map<RemoteId, string | null>;
  /** In the order in which they came. */
  readonly waiting: Map<RemoteId, Received>;
  /** The same by thread. */
  readonly lanes: Lanes<Received>;
  readonly waitingOf: Map<RemoteId, number>;
  /** By kind of connector: one's cursor means nothing to another. */
  readonly cursors: Map<string, Cursor>;
  refused: Refused;
  /** RFC 3339, UTC. */
  lastReceived: string | null;
  lastHanded: string | null;
}

interface Cursor {
  readonly cursor: string | null;
  readonly at: string;
}

export const noneRefused: Refused = { own: 0, program: 0, stranger: 0, flood: 0 };

export function inboundBook(records: readonly InboundRecord[] = []): InboundBook {
  const book: InboundBook = {
    known: new Map(),
    waiting: new Map(),
    lanes: new Map(),
    waitingOf: new Map(),
    cursors: new Map(),
    refused: noneRefused,
    lastReceived: null,
    lastHanded: null,
  };
  enter(book, records);
  return book;
}

export function enter(book: InboundBook, records: readonly InboundRecord[]): void {
  for (const record of records) enterOne(book, record);
}

function enterOne(book: InboundBook, record: InboundRecord): void {
  switch (record.kind) {
    case 'received': {
      const { id, senderId } = record.message;
      if (book.known.has(id)) return;
      book.known.set(id, null);
      book.waiting.set(id, record);
      put(book.lanes, laneOf(record.message), id, record);
      book.waitingOf.set(senderId, (book.waitingOf.get(senderId) ?? 0) + 1);
      book.lastReceived = record.at;
      return;
    }
    case 'cursor':
      book.cursors.set(record.via, { cursor: record.cursor, at: record.at });
      book.refused = record.refused;
      return;
    case 'handed': {
      const waiting = book.waiting.get(record.id);
      book.known.set(record.id, record.at);
      book.lastHanded = record.at;
      if (waiting === undefined) return;
      book.waiting.delete(record.id);
      take(book.lanes, laneOf(waiting.message), record.id);
      const left = (book.waitingOf.get(waiting.message.senderId) ?? 1) - 1;
      if (left > 0) book.waitingOf.set(waiting.message.senderId, left);
      else book.waitingOf.delete(waiting.message.senderId);
    }
  }
}

export const laneOf = ({
  conversationId,
  threadId,
}: {
  readonly conversationId: RemoteId | null;
  readonly threadId: RemoteId | null;
}): string => JSON.stringify([conversationId, threadId]);

/** The same book in fewer words, without what is known for too long. `now` in milliseconds of the wall clock. */
export function shortInbound(records: readonly InboundRecord[], now: number): InboundRecord[] {
  const book = inboundBook(records);
  forgetOld(book.known, (handed) => handed, now);
  const format_version = '1.0' as const;
  return [
    ...[...book.known].map(([id, at]): InboundRecord => {
      const received = book.waiting.get(id);
      return received ?? { format_version, kind: 'handed', id, at: at ?? new Date(now).toISOString() };
    }),
    ...[...book.cursors].map(
      ([via, { cursor, at }]): InboundRecord => ({ format_version, kind: 'cursor', via, cursor, refused: book.refused, at }),
    ),
  ];
}
