import type { OutboundPart } from '../../model/chat-messages.ts';
import type { ChatConnector, ConnectorClock, FindResult, SendResult } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { bell } from './bell.ts';
import { type Held, openHolds } from './holds.ts';
import { type KeeperState, openKeeper } from './keeper.ts';
import { head } from './lanes.ts';
import {
  enterOutbound,
  forgetSaid,
  isUntouched,
  nextPart,
  openMessages,
  outboundBook,
  type Row,
  shortOutbound,
} from './outbound-book.ts';
import { isQueued, type OutboundRecord, type SayReceipt } from './records.ts';
import type { Redact } from './redact.ts';
import { sizeOf, split } from './split.ts';

export interface OutboundDeps {
  readonly log: RecordLog<OutboundRecord>;
  readonly connector: Pick<ChatConnector, 'kind' | 'traits' | 'send' | 'find'>;
  readonly redact: Redact;
  readonly clock: ConnectorClock;
  /** Told of each receipt once it is on the disk. */
  readonly onReceipt?: (receipt: SayReceipt) => void;
}

export interface Outbound {
  /** Says what is queued, each lane in order, until it is stopped; then what is being sent is waited for. */
  run(stop: AbortSignal): Promise<void>;
  isSaid(id: string): boolean;
  state(): OutboundState;
}

export interface OutboundState extends KeeperState {
  readonly waiting: number;
  readonly oldestWaiting: string | null;
  readonly lastSent: string | null;
  /** Queues that wait. */
  readonly held: readonly Held[];
  /** Of all receipts that are kept. */
  readonly rejected: number;
  readonly unknown: number;
}

/** Lanes that are served at once. */
const lanesAtOnce = 8;
/** Between two looks for what nobody has told of, in milliseconds. */
const lookEveryMs = 5000;

export async function openOutbound(deps: OutboundDeps): Promise<Outbound> {
  const { log, connector, redact, clock, onReceipt = () => {} } = deps;
  const { keeper, records } = await openKeeper(log, shortOutbound, clock);
  const book = outboundBook(records, connector.traits.order);
  const news = bell(clock);
  const holds = openHolds(clock);
  const served = new Map<string, Promise<void>>();
  let changed = false;
  let seen = { generation: -1, count: 0 };

  const date = (): string => clock.date().toISOString();
  const format_version = '1.0' as const;

  const write = async (added: readonly OutboundRecord[], stop: AbortSignal): Promise<void> => {
    await keeper.persist(added, stop);
    enterOutbound(book, added);
    for (const record of added) if (record.kind === 'settled') onReceipt(record.receipt);
  };

  /** One step with the message that is next in its lane. */
  const step = async (lane: string, row: Row, stop: AbortSignal): Promise<void> => {
    const { id } = row.message;
    const part = row.sent.length;
    const begun: OutboundRecord[] =
      row.parts === null || (isUntouched(row) && !fits(row.parts, connector.traits))
        ? [{ format_version, kind: 'begun', id, parts: partsOf(row, redact, connector.traits), at: date() }]
        : [];
    if (begun.length === 0 && row.parts !== null && part >= row.parts.length) {
      // The note of its last part was written, and the disk was full for the one that followed.
      await write([settled(row, { state: 'sent', reason: null, detail: '', at: date() })], stop);
      return;
    }
    if (row.tried !== null && isOver(row.tried, connector.traits.transactionMs, clock.date())) {
      await settleOpen(lane, row, stop);
      return;
    }
    const first = row.tried === null;
    if (first) await write([...begun, { format_version, kind: 'tried', id, part, at: date() }], stop);
    const result = await outcomeOf(() => connector.send(nextPart(row, connector.kind)));
    await conclude(lane, row, { result, first }, stop);
  };

  const conclude = async (
    lane: string,
    row: Row,
    { result, first }: { readonly result: SendResult; readonly first: boolean },
    stop: AbortSignal,
  ): Promise<void> => {
    const { id } = row.message;
    const part = row.sent.length;
    switch (result.outcome) {
      case 'accepted':
      case 'duplicate': {
        holds.gotOn(lane);
        await write(sentRecords(row, result, date()), stop);
        return;
      }
      case 'rejected':
        holds.gotOn(lane);
        await write(
          [settled(row, { state: 'rejected', reason: result.reason, detail: redact(result.detail), at: date() })],
          stop,
        );
        return;
      case 'rate-limited':
      case 'unavailable': {
        const limited = result.outcome === 'rate-limited';
        holds.hold(lane, limited ? 'the server limits the rate' : redact(result.detail), result.retryAfterMs);
        // What was open before stays so: that try may have arrived.
        if (first) await write([{ format_version, kind: 'untried', id, part, at: date() }], stop);
        return;
      }
      case 'unknown':
        holds.hold(lane, redact(result.detail), result.retryAfterMs);
    }
  };

  /** Its transaction is too old: sent again, it could be there twice. */
  const settleOpen = async (lane: string, row: Row, stop: AbortSignal): Promise<void> => {
    const { id } = row.message;
    const part = row.sent.length;
    const answer = await found(connector, nextPart(row, connector.kind));
    if (answer === null) {
      const detail = 'it was sent, and whether it arrived cannot be found out';
      await write([settled(row, { state: 'unknown', reason: 'outcome-unknown', detail, at: date() })], stop);
    } else if (answer.found === 'yes') await write(sentRecords(row, answer, date()), stop);
    else if (answer.found === 'no') await write([{ format_version, kind: 'untried', id, part, at: date() }], stop);
    else holds.hold(lane, redact(answer.detail));
  };

  const serve = async (lane: string, stop: AbortSignal): Promise<void> => {
    const next = (): Row | undefined => (holds.waitOf(lane) > 0 ? undefined : head(book.lanes, lane));
    for (let row = next(); row !== undefined && !stop.aborted; row = next()) {
      try {
        await step(lane, row, stop);
      } catch (error) {
        holds.hold(lane, messageOf(error));
      }
    }
  };

  const refresh = async (): Promise<void> => {
    changed = false;
    try {
      const content = await log.read();
      // All but the messages was written here, and is known. What is over may be forgotten here, and still be in a journal that is read anew.
      const isLonger = content.generation === seen.generation;
      enterOutbound(book, isLonger ? content.records.slice(seen.count).filter(isQueued) : openMessages(content.records));
      seen = { generation: content.generation, count: content.records.length };
    } catch {
      // It is looked again soon, and a journal that cannot be written is told.
    }
  };

  const serveDue = (stop: AbortSignal): number => {
    let next = lookEveryMs;
    for (const lane of book.lanes.keys()) {
      const wait = holds.waitOf(lane);
      if (served.has(lane)) continue;
      if (wait > 0) next = Math.min(next, wait);
      else if (served.size < lanesAtOnce) {
        const work = serve(lane, stop).finally(() => {
          served.delete(lane);
          news.ring();
        });
        served.set(lane, work);
      }
    }
    return next;
  };

  return {
    run: async (stop) => {
      const unwatch = log.watch(() => {
        changed = true;
        news.ring();
      });
      changed = true;
      for (let looked = clock.now(); !stop.aborted; ) {
        if (changed || clock.now() - looked >= lookEveryMs) {
          looked = clock.now();
          await refresh();
        }
        await keeper.tidy();
        holds.keepOnly((lane) => book.lanes.has(lane));
        forgetSaid(book, clock.date().getTime());
        await news.wait(serveDue(stop), stop);
      }
      unwatch();
      await Promise.all(served.values());
    },
    isSaid: (id) => book.said.has(id),
    state: () => {
      const [oldest] = book.rows.values();
      const states = [...book.receipts.values()].map(({ state }) => state);
      return {
        ...keeper.state(),
        waiting: book.rows.size,
        oldestWaiting: oldest?.message.at ?? null,
        lastSent: book.lastSent,
        held: holds.state(),
        rejected: states.filter((state) => state === 'rejected').length,
        unknown: states.filter((state) => state === 'unknown').length,
      };
    },
  };
}

/** Another kind of connector may have divided it. */
const fits = (parts: readonly string[], { limit }: ChatConnector['traits']): boolean =>
  parts.every((part) => sizeOf(part, limit) <= limit.most);

const partsOf = ({ message }: Row, redact: Redact, { limit }: ChatConnector['traits']): readonly string[] =>
  split(redact(message.text), limit);

/** Whether a server may have forgotten what was first sent then. A clock that was set back cannot tell, and counts as one that can not. */
const isOver = (tried: string, lastsMs: number, now: Date): boolean => Math.abs(now.getTime() - Date.parse(tried)) >= lastsMs;

async function outcomeOf(send: () => Promise<SendResult>): Promise<SendResult> {
  try {
    return await send();
  } catch (error) {
    return { outcome: 'unknown', detail: messageOf(error) };
  }
}

/** `null`: the server can never be asked. */
async function found(connector: Pick<ChatConnector, 'find'>, part: OutboundPart): Promise<FindResult | null> {
  try {
    return (await connector.find?.(part)) ?? null;
  } catch (error) {
    return { found: 'unknown', detail: messageOf(error) };
  }
}

type Arrived = { readonly ids: readonly string[]; readonly threadId?: string };

/** The part that is next has arrived; with the last one, the message has. */
function sentRecords(row: Row, { ids, threadId }: Arrived, at: string): OutboundRecord[] {
  const { message, parts, sent } = row;
  const thread = threadId ?? null;
  const record: OutboundRecord = {
    format_version: '1.0',
    kind: 'sent',
    id: message.id,
    part: sent.length,
    ids,
    threadId: thread,
    at,
  };
  if (sent.length + 1 < (parts?.length ?? 1)) return [record];
  const after = { ...row, sent: [...sent, ids], threadId: thread ?? row.threadId };
  return [record, settled(after, { state: 'sent', reason: null, detail: '', at })];
}

const settled = (
  { message, sent, threadId }: Pick<Row, 'message' | 'sent' | 'threadId'>,
  end: Pick<SayReceipt, 'state' | 'reason' | 'detail' | 'at'>,
): OutboundRecord => ({
  format_version: '1.0',
  kind: 'settled',
  receipt: { format_version: '1.0', id: message.id, ids: sent, threadId, ...end },
});
