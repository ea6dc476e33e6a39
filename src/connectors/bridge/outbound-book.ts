import type { OutboundMessage, OutboundPart, RemoteId } from '../../model/chat-messages.ts';
import type { ConnectorTraits } from '../../model/connectors.ts';
import { laneOf } from './inbound-book.ts';
import { forgetOld } from './keep.ts';
import { type Lanes, put, take } from './lanes.ts';
import type { OutboundRecord, SayReceipt } from './records.ts';

/** A message that is to be said, and how far that has come. */
export interface Row {
  readonly message: OutboundMessage;
  /** `null` until it is begun. */
  parts: readonly string[] | null;
  /** Ids of each part that the server has. */
  readonly sent: (readonly RemoteId[])[];
  threadId: RemoteId | null;
  /** RFC 3339, UTC: since when the outcome of the next part is open; `null`: it was never sent. */
  tried: string | null;
}

/** What the outbound journal says, folded. Changed by `enterOutbound` alone. */
export interface OutboundBook {
  /** What is not settled, in the order in which it was queued. */
  readonly rows: Map<string, Row>;
  /** The same by what order is kept within. */
  readonly lanes: Lanes<Row>;
  readonly order: Order;
  readonly receipts: Map<string, SayReceipt>;
  /** Ids that the server has given to what we said. */
  readonly said: Set<RemoteId>;
  lastSent: string | null;
}

type Order = ConnectorTraits['order'];

export function outboundBook(records: readonly OutboundRecord[], order: Order): OutboundBook {
  const book: OutboundBook = { rows: new Map(), lanes: new Map(), order, receipts: new Map(), said: new Set(), lastSent: null };
  enterOutbound(book, records);
  return book;
}

/** Records may be entered again: what is known changes nothing. */
export function enterOutbound(book: OutboundBook, records: readonly OutboundRecord[]): void {
  for (const record of records) enterOne(book, record);
}

function enterOne(book: OutboundBook, record: OutboundRecord): void {
  switch (record.kind) {
    case 'queued': {
      const { id, threadId } = record.message;
      if (book.rows.has(id) || book.receipts.has(id)) return;
      const row: Row = { message: record.message, parts: null, sent: [], threadId, tried: null };
      book.rows.set(id, row);
      put(book.lanes, laneOfRow(row, book.order), id, row);
      return;
    }
    case 'settled': {
      const { receipt } = record;
      const row = book.rows.get(receipt.id);
      book.rows.delete(receipt.id);
      if (row !== undefined) take(book.lanes, laneOfRow(row, book.order), receipt.id);
      book.receipts.set(receipt.id, receipt);
      for (const id of receipt.ids.flat()) book.said.add(id);
      if (receipt.state === 'sent') book.lastSent = receipt.at;
      return;
    }
    default: {
      const row = book.rows.get(record.id);
      if (row !== undefined) advance(book, row, record);
    }
  }
}

/** Certainly nothing of it has arrived. */
export const isUntouched = ({ sent, tried }: Row): boolean => sent.length === 0 && tried === null;

type Step = OutboundRecord & { readonly kind: 'begun' | 'tried' | 'untried' | 'sent' };

function advance(book: OutboundBook, row: Row, record: Step): void {
  switch (record.kind) {
    case 'begun':
      // While none of it can have arrived it may be divided anew.
      if (row.parts === null || isUntouched(row)) row.parts = record.parts;
      return;
    case 'tried':
      if (record.part === row.sent.length) row.tried ??= record.at;
      return;
    case 'untried':
      if (record.part === row.sent.length) row.tried = null;
      return;
    case 'sent':
      if (record.part !== row.sent.length) return;
      row.sent.push(record.ids);
      row.threadId = record.threadId ?? row.threadId;
      row.tried = null;
      for (const id of record.ids) book.said.add(id);
      book.lastSent = record.at;
  }
}

/** By what it was queued with: a thread that is opened on the way changes no order. */
const laneOfRow = ({ message }: Row, order: Order): string =>
  laneOf({ conversationId: message.conversationId, threadId: order === 'thread' ? message.threadId : null });

/** The next part of a message that is begun. Ids that belong to another kind of connector are left out. */
export function nextPart(row: Row, kind: string): OutboundPart {
  const { message, parts, sent } = row;
  const first = sent.length === 0;
  const ours = message.via === null || message.via === kind;
  return {
    transaction: `${message.id}.${sent.length}`,
    sender: message.sender,
    conversationId: ours ? message.conversationId : null,
    threadId: ours || row.threadId !== message.threadId ? row.threadId : null,
    newThread: first ? message.newThread : null,
    replyToId: first && ours ? message.replyToId : null,
    text: parts?.[sent.length] ?? '',
    attachments: sent.length + 1 === parts?.length ? message.attachments : [],
    triedAt: row.tried,
  };
}

/** What is over for too long is not known any more. `now` in milliseconds of the wall clock. */
export function forgetSaid(book: OutboundBook, now: number): void {
  for (const receipt of forgetOld(book.receipts, ({ at }) => at, now)) for (const id of receipt.ids.flat()) book.said.delete(id);
}

/** Messages of a whole journal that are not settled in it. */
export function openMessages(records: readonly OutboundRecord[]): OutboundRecord[] {
  const { rows } = outboundBook(records, 'thread');
  return records.filter((record) => record.kind === 'queued' && rows.has(record.message.id));
}

/** The same book in fewer words, without what is known for too long. `now` in milliseconds of the wall clock. */
export function shortOutbound(records: readonly OutboundRecord[], now: number): OutboundRecord[] {
  const { rows, receipts } = outboundBook(records, 'thread');
  forgetOld(receipts, ({ at }) => at, now);
  const open = records.filter((record) => record.kind !== 'settled' && rows.has(idOf(record)));
  return [
    ...[...receipts.values()].map((receipt) => ({ format_version: '1.0' as const, kind: 'settled' as const, receipt })),
    ...open,
  ];
}

const idOf = (record: Exclude<OutboundRecord, { kind: 'settled' }>): string =>
  record.kind === 'queued' ? record.message.id : record.id;
