import type { RecordLog } from '../../model/record-log.ts';
import { type Guard, isFields, isFormat, isText } from '../../model/shape.ts';
import { type ApiChannel, isThread } from './shapes.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';

/** What is kept of threads. */
export type ThreadRecord =
  /** A thread of the channel. */
  | { readonly format_version: '1.0'; readonly kind: 'thread'; readonly id: Snowflake; readonly title: string }
  | { readonly format_version: '1.0'; readonly kind: 'gone'; readonly id: Snowflake }
  /** The message that a thread is to begin with is there; the thread may be. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'opening';
      readonly transaction: string;
      readonly messageId: Snowflake;
    };

export const isThreadRecord: Guard<ThreadRecord> = (value): value is ThreadRecord => {
  if (!isFields(value) || !isFormat(value.format_version)) return false;
  if (value.kind === 'opening') return isText(value.transaction) && isSnowflake(value.messageId);
  return (
    (value.kind === 'gone' && isSnowflake(value.id)) || (value.kind === 'thread' && isSnowflake(value.id) && isText(value.title))
  );
};

/** The threads of a channel, as far as they are known: also those that were archived. */
export interface Threads {
  has(id: Snowflake): boolean;
  ids(): readonly Snowflake[];
  /** Learns of a thread of the channel; of any other nothing. */
  note(channel: ApiChannel): void;
  forget(id: Snowflake): void;
  /** The message that a thread is to begin with; on the disk when it resolves. */
  opening(transaction: string, messageId: Snowflake): Promise<void>;
  openingOf(transaction: string): Snowflake | null;
  /** Waits for what is being written. */
  flush(): Promise<void>;
}

const mostThreads = 5000;
const mostOpenings = 200;

export async function openThreads(log: RecordLog<ThreadRecord>, channelId: Snowflake): Promise<Threads> {
  const { known, openings } = fold((await log.read()).records);
  let writing: Promise<unknown> = log.compact(shortened).catch(() => {});
  const write = (record: ThreadRecord): void => {
    // What is not written is found again by asking.
    writing = writing.then(() => log.append([record])).catch(() => {});
  };
  return {
    has: (id) => known.has(id),
    ids: () => [...known.keys()],
    note: (channel) => {
      if (!isThread(channel) || channel.parentId !== channelId || known.get(channel.id) === channel.name) return;
      known.set(channel.id, channel.name);
      write({ format_version: '1.0', kind: 'thread', id: channel.id, title: channel.name });
    },
    forget: (id) => {
      if (known.delete(id)) write({ format_version: '1.0', kind: 'gone', id });
    },
    opening: async (transaction, messageId) => {
      await log.append([{ format_version: '1.0', kind: 'opening', transaction, messageId }]);
      openings.set(transaction, messageId);
    },
    openingOf: (transaction) => openings.get(transaction) ?? null,
    flush: async () => {
      await writing;
    },
  };
}

function fold(records: readonly ThreadRecord[]): { known: Map<Snowflake, string>; openings: Map<string, Snowflake> } {
  const known = new Map<Snowflake, string>();
  const openings = new Map<string, Snowflake>();
  for (const record of records) {
    if (record.kind === 'thread') known.set(record.id, record.title);
    else if (record.kind === 'gone') known.delete(record.id);
    else openings.set(record.transaction, record.messageId);
  }
  return { known, openings };
}

function shortened(records: readonly ThreadRecord[]): readonly ThreadRecord[] {
  const { known, openings } = fold(records);
  const format_version = '1.0' as const;
  return [
    ...[...known].slice(-mostThreads).map(([id, title]) => ({ format_version, kind: 'thread' as const, id, title })),
    ...[...openings]
      .slice(-mostOpenings)
      .map(([transaction, messageId]) => ({ format_version, kind: 'opening' as const, transaction, messageId })),
  ];
}
