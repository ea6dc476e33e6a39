import type { Message, Receipt, ReceiptState } from '../../model/agents.ts';
import type { InboxRecord } from '../../model/inbox.ts';

/**
 * `waiting`: to be delivered. `typing`: being typed, or its deliverer is gone. `settled`: with the agent. `dead`: it will not be typed any
 * more by itself. `forgotten`: by somebody who looked at it.
 */
export type EntryPhase = 'waiting' | 'typing' | 'settled' | 'dead' | 'forgotten';

export interface Entry {
  readonly id: string;
  readonly phase: EntryPhase;
  /** `null` where only its receipt is kept. */
  readonly message: Message | null;
  readonly receipt: Receipt;
  /** Where it was last typed. */
  readonly typed: { readonly invocation: string; readonly buffer: string } | null;
}

/** Entries by id, in the order in which their messages came. */
export type Entries = ReadonlyMap<string, Entry>;

export function entriesOf(records: readonly InboxRecord[]): Entries {
  const entries = new Map<string, Entry>();
  for (const record of records) {
    const id = idOf(record);
    const entry = next(entries.get(id), record);
    if (entry !== null) entries.set(id, entry);
  }
  return entries;
}

export function idOf(record: InboxRecord): string {
  if (record.kind === 'message') return record.message.id;
  return record.kind === 'receipt' ? record.receipt.id : record.id;
}

function next(entry: Entry | undefined, record: InboxRecord): Entry | null {
  switch (record.kind) {
    case 'message':
      return entry === undefined
        ? waiting(record.message)
        : entry.message === null
          ? { ...entry, message: record.message }
          : null;
    case 'typing':
      return entry?.phase === 'waiting'
        ? { ...entry, phase: 'typing', typed: { invocation: record.invocation, buffer: record.buffer } }
        : null;
    case 'untyped':
      return entry?.phase === 'typing' ? { ...entry, phase: 'waiting', typed: null } : null;
    case 'receipt':
      return {
        ...(entry ?? { id: record.receipt.id, message: null, typed: null }),
        phase: phaseAfter(record.receipt.state),
        receipt: record.receipt,
      };
    case 'forgotten':
      return entry === undefined ? null : { ...entry, phase: 'forgotten' };
  }
}

const waiting = (message: Message): Entry => ({
  id: message.id,
  phase: 'waiting',
  message,
  typed: null,
  receipt: receiptFor(message, 'queued', ['stored'], null, message.at),
});

export const receiptFor = (
  { id, agent }: Pick<Message, 'id' | 'agent'>,
  state: ReceiptState,
  evidence: readonly string[],
  reason: string | null,
  at: string,
): Receipt => ({ format_version: '1.0', id, agent, state, evidence, reason, at });

const phases: Readonly<Record<ReceiptState, EntryPhase>> = {
  queued: 'settled',
  submitted: 'settled',
  'turn-started': 'settled',
  typed: 'dead',
  refused: 'dead',
  unknown: 'dead',
  expired: 'dead',
};

const phaseAfter = (state: ReceiptState): EntryPhase => phases[state];

export const inPhase = (entries: Entries, ...wanted: readonly EntryPhase[]): Entry[] =>
  [...entries.values()].filter(({ phase }) => wanted.includes(phase));

/** Receipts that are kept, so that a message that is sent once more is known. */
const keptReceipts = 5000;

/** The same inbox in fewer words: of what is over only the receipt, of what is dead also the message. */
export function shortened(records: readonly InboxRecord[]): readonly InboxRecord[] {
  const entries = [...entriesOf(records).values()];
  const over = entries.filter(({ phase }) => phase === 'settled' || phase === 'forgotten');
  const dropped = new Set(over.slice(0, Math.max(0, over.length - keptReceipts)).map(({ id }) => id));
  return entries.filter(({ id }) => !dropped.has(id)).flatMap(recordsOf);
}

function recordsOf({ id, phase, message, receipt, typed }: Entry): InboxRecord[] {
  const format_version = '1.0' as const;
  const text: InboxRecord[] = message === null ? [] : [{ format_version, kind: 'message', message }];
  const last: InboxRecord = { format_version, kind: 'receipt', receipt };
  const begun: InboxRecord[] = typed === null ? [] : [{ format_version, kind: 'typing', id, at: receipt.at, ...typed }];
  switch (phase) {
    case 'waiting':
    case 'typing':
      return [...text, ...begun];
    case 'dead':
      return [...text, ...begun, last];
    case 'settled':
      return [last];
    case 'forgotten':
      return [last, { format_version, kind: 'forgotten', id, at: receipt.at }];
  }
}
