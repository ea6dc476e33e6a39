import type { InboundMessage } from '../../model/chat-messages.ts';
import type { ConnectorClock, Delivery, Receive } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { isTime } from '../../model/shape.ts';
import { backOff } from './back-off.ts';
import { bell } from './bell.ts';
import { type GatePolicy, refusalOf } from './gate.ts';
import { enter, type InboundBook, inboundBook, type Received, shortInbound } from './inbound-book.ts';
import { forgetOld } from './keep.ts';
import { type Keeper, type KeeperState, openKeeper } from './keeper.ts';
import { pace, type Rate } from './pace.ts';
import type { InboundRecord, Refusal, Refused } from './records.ts';
import type { Redact } from './redact.ts';

export interface InboundPolicy extends GatePolicy {
  /** How fast messages of one sender are handed over. */
  readonly rate: Rate;
}

/**
 * Gives a message to whom it is for. `taken`: it is safe there. `full`: not now. The same message may be given again after a crash, and is to
 * be known then. `via`: kind of the connector that it came by.
 */
export type HandOver = (message: InboundMessage, via: string) => Promise<'taken' | 'full'>;

export interface InboundDeps {
  readonly log: RecordLog<InboundRecord>;
  readonly kind: string;
  readonly policy: InboundPolicy;
  readonly handOver: HandOver;
  readonly redact: Redact;
  /** Whether the server gave this id to something that we said. */
  readonly isSaid: (id: string) => boolean;
  readonly clock: ConnectorClock;
}

export interface Inbound {
  /** Where the connector goes on listening. */
  readonly cursor: string | null;
  /** Resolves once everything that is let in is in the journal, the cursor behind it. */
  readonly receive: Receive;
  /** Hands over what waits, each thread in order, until it is stopped. */
  run(stop: AbortSignal): Promise<void>;
  state(): InboundState;
}

export interface InboundState extends KeeperState {
  readonly waiting: number;
  readonly oldestWaiting: string | null;
  readonly lastReceived: string | null;
  readonly lastHanded: string | null;
  readonly cursorAt: string | null;
  readonly refused: Refused;
  readonly lastRefused: LastRefused | null;
  /** Senders that come faster than their rate now. */
  readonly slowed: readonly string[];
  /** Why the last message could not be handed over. */
  readonly obstacle: string | null;
}

export interface LastRefused {
  readonly senderId: string;
  readonly reason: Refusal;
  readonly at: string;
}

/** Longest text that is taken in, in UTF-16 units. */
const longestText = 256 * 1024;
/** Messages that are handed over between two notes of it in the journal: whoever gets one twice after a crash knows it. */
const atOnce = 32;

export async function openInbound(deps: InboundDeps): Promise<Inbound> {
  const { log, kind, policy, handOver, clock } = deps;
  const { keeper, records } = await openKeeper(log, shortInbound, clock);
  const book = inboundBook(records);
  const news = bell(clock);
  const paces = pace(policy.rate, clock.now);
  let lastRefused: LastRefused | null = null;
  let slowed: readonly string[] = [];
  let obstacle: string | null = null;
  let last: Promise<void> = Promise.resolve();

  const receive = async (delivery: Delivery): Promise<void> => {
    const at = clock.date().toISOString();
    const judged = judge(delivery, book, deps, at);
    if (judged.records.length === 0) return;
    await keeper.append(judged.records);
    enter(book, judged.records);
    lastRefused = judged.lastRefused ?? lastRefused;
    news.ring();
  };

  const round = async (stop: AbortSignal): Promise<Round> => {
    const taken: InboundRecord[] = [];
    const result = await handOverDue(book, { paces, handOver, stop }, ({ message: { id } }) => {
      taken.push({ format_version: '1.0', kind: 'handed', id, at: clock.date().toISOString() });
    });
    if (taken.length > 0) await keeper.persist(taken, stop);
    enter(book, taken);
    return result;
  };

  return {
    cursor: book.cursors.get(kind)?.cursor ?? null,
    receive: (delivery) => {
      const turn = last.then(() => receive(delivery));
      last = turn.catch(() => {});
      return turn;
    },
    run: async (stop) => {
      for (let failures = 0; !stop.aborted; ) {
        const result = await round(stop);
        slowed = result.slowed;
        obstacle = result.obstacle;
        failures = obstacle === null ? 0 : failures + 1;
        await tidy(keeper, book, clock);
        if (obstacle !== null) await clock.sleep(backOff(failures, clock.random), stop);
        else if (!result.more) await news.wait(result.waitMs, stop);
      }
    },
    state: () => ({
      ...keeper.state(),
      waiting: book.waiting.size,
      oldestWaiting: oldest(book),
      lastReceived: book.lastReceived,
      lastHanded: book.lastHanded,
      cursorAt: book.cursors.get(kind)?.at ?? null,
      refused: book.refused,
      lastRefused,
      slowed,
      obstacle,
    }),
  };
}

interface Judged {
  readonly records: readonly InboundRecord[];
  readonly lastRefused: LastRefused | null;
}

/** What of a delivery goes into the journal: what is new and let in, then the cursor, with what was refused. */
function judge(
  { messages, cursor }: Delivery,
  book: InboundBook,
  { kind, policy, redact, isSaid }: InboundDeps,
  at: string,
): Judged {
  const format_version = '1.0' as const;
  const fresh = new Map<string, InboundRecord>();
  const waiting = new Map<string, number>();
  const waitingOf = (sender: string): number => waiting.get(sender) ?? book.waitingOf.get(sender) ?? 0;
  const refused = { ...book.refused };
  let lastRefused: LastRefused | null = null;
  for (const message of messages) {
    const { id, senderId } = message;
    if (book.known.has(id) || fresh.has(id)) continue;
    const reason = refusalOf(message, policy, { isSaid, waitingOf });
    if (reason === null) {
      fresh.set(id, { format_version, kind: 'received', via: kind, message: contained(message, redact, at), at });
      waiting.set(senderId, waitingOf(senderId) + 1);
    } else {
      refused[reason] += 1;
      if (reason !== 'own') lastRefused = { senderId, reason, at };
    }
  }
  const before = book.cursors.get(kind)?.cursor ?? null;
  const next = cursor ?? before;
  const moved = next !== before || Object.values(refused).join() !== Object.values(book.refused).join();
  const end: InboundRecord[] = moved ? [{ format_version, kind: 'cursor', via: kind, cursor: next, refused, at }] : [];
  return { records: [...fresh.values(), ...end], lastRefused };
}

/** As it is kept: without secrets, at a time that is one, and no longer than is sensible. */
function contained(message: InboundMessage, redact: Redact, received: string): InboundMessage {
  const text = redact(message.text);
  const at = isTime(message.at) ? message.at : received;
  if (text.length <= longestText) return { ...message, text, at };
  const start = text.slice(0, longestText).replace(/[\ud800-\udbff]$/, '');
  return { ...message, text: `${start}\n[cut here: it was ${text.length} characters long]`, at };
}

interface Round {
  readonly slowed: readonly string[];
  readonly obstacle: string | null;
  /** Something could be handed over at once. */
  readonly more: boolean;
  /** Until a sender may go on. */
  readonly waitMs: number;
}

interface Giving {
  readonly paces: ReturnType<typeof pace>;
  readonly handOver: HandOver;
  readonly stop: AbortSignal;
}

/** Goes through the threads in turn; one whose sender has to wait holds nobody else up. */
async function handOverDue(book: InboundBook, giving: Giving, onTaken: (received: Received) => void): Promise<Round> {
  const slowed = new Set<string>();
  let waitMs = Number.POSITIVE_INFINITY;
  let given = 0;
  for (const lane of book.lanes.values()) {
    for (const received of lane.values()) {
      const { senderId } = received.message;
      const wait = giving.paces.waitFor(senderId);
      if (wait > 0) {
        slowed.add(senderId);
        waitMs = Math.min(waitMs, wait);
        break;
      }
      if (given >= atOnce || giving.stop.aborted) return { slowed: [...slowed], obstacle: null, more: true, waitMs };
      const obstacle = await obstacleTo(received, giving.handOver);
      if (obstacle !== null) return { slowed: [...slowed], obstacle, more: false, waitMs };
      giving.paces.spend(senderId);
      onTaken(received);
      given += 1;
    }
  }
  return { slowed: [...slowed], obstacle: null, more: given > 0, waitMs };
}

async function obstacleTo({ message, via }: Received, handOver: HandOver): Promise<string | null> {
  try {
    return (await handOver(message, via)) === 'taken' ? null : 'the inbox of the orchestrator is full';
  } catch (error) {
    return messageOf(error);
  }
}

async function tidy(keeper: Keeper<InboundRecord>, book: InboundBook, clock: ConnectorClock): Promise<void> {
  await keeper.tidy();
  forgetOld(book.known, (handed) => handed, clock.date().getTime());
}

function oldest(book: InboundBook): string | null {
  const [first] = book.waiting.values();
  return first?.at ?? null;
}
