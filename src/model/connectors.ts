/**
 * The chat channel between an operator and a fleet's orchestrator, whatever carries it. A kind (tmux, matrix, …) is one
 * `ConnectorFactory`; nothing outside its folder knows its name. How to write one: `docs/connectors/writing.md`.
 */

import type { InboundMessage, OutboundPart, RemoteId } from './chat-messages.ts';
import type { RecordLog } from './record-log.ts';
import type { Connector } from './roster.ts';
import type { Guard } from './shape.ts';

/**
 * One channel, open. A connector carries; it judges nothing: who may speak, what was seen before, what is kept and when it is tried again
 * is the bridge's business.
 */
export interface ChatConnector {
  readonly kind: string;
  readonly traits: ConnectorTraits;
  /**
   * Sends one part of a message, once. It does not try again by itself and does not wait for a rate limit to pass: it says what is known,
   * and the bridge comes back with the same part and the same `transaction`. Never rejects for what a server or a network does; what it
   * rejects with counts as `unknown`. It is called for one part at a time in each lane (`traits.order`), and bounds each of its waits.
   */
  send(part: OutboundPart): Promise<SendResult>;
  /**
   * Begins to listen, from `cursor` on; `null` is a first start, which begins with now and brings no history. Connecting, reconnecting and
   * filling gaps are the connector's own business until `close`; what is wrong meanwhile is told by `health`.
   */
  subscribe(cursor: string | null, receive: Receive): Subscription;
  /** What is known now; asks nobody. */
  health(): ConnectorHealth;
  /**
   * Looks whether a part whose outcome is unknown has arrived after all, for when its `transaction` is too old to be sent again safely.
   * Absent: the server cannot be asked.
   */
  find?(part: OutboundPart): Promise<FindResult>;
  /** Read marks and typing: soon, or not at all. */
  courtesy?(sign: Courtesy): void;
}

/**
 * Takes what came, in order. When it resolves all of it is safe, the cursor with it: that is the acknowledgement, and the next delivery may
 * follow. When it rejects nothing counts as taken: the same delivery is offered again later, less and less often. One at a time.
 */
export type Receive = (delivery: Delivery) => Promise<void>;

export interface Delivery {
  /** Each conversation and thread in its own order. May be empty, so that a cursor gets on. May repeat what came before. */
  readonly messages: readonly InboundMessage[];
  /**
   * Where to go on once these messages are safe; `null` leaves it where it is, as within a gap that is still being filled. Opaque to the
   * bridge; at most 64 KiB.
   */
  readonly cursor: string | null;
}

export interface Subscription {
  /** Stops listening. After it has resolved nothing is received any more, and no socket and no timer is left. Never hangs. */
  close(): Promise<void>;
}

export interface ConnectorTraits {
  /** How long a part of a message may be, after everything the connector itself puts around it. */
  readonly limit: TextLimit;
  /**
   * For how many milliseconds after a first try the server takes the same `transaction` for the same message. `Infinity`: for ever;
   * 0: never, so that nothing of unknown outcome is sent again.
   */
  readonly transactionMs: number;
  /** Within what order is kept, and a rate limit holds the queue. */
  readonly order: 'conversation' | 'thread';
  /** Without a word from the server (`ConnectorHealth.lastContact`) for so many milliseconds it counts as deaf. `Infinity`: never. */
  readonly deafAfterMs: number;
}

/** `bytes` of UTF-8, or `characters` as UTF-16 counts them. */
export interface TextLimit {
  readonly unit: 'bytes' | 'characters';
  readonly most: number;
}

/** What became of a part. */
export type SendResult =
  /** The server has it. `ids` of the messages that it became, in order; `threadId` where one was opened for it. */
  | { readonly outcome: 'accepted'; readonly ids: readonly RemoteId[]; readonly threadId?: RemoteId }
  /** The server had it already. */
  | { readonly outcome: 'duplicate'; readonly ids: readonly RemoteId[]; readonly threadId?: RemoteId }
  /** It does not have it and never will: the same again makes no sense. `reason` is a short fixed word, `detail` for people. */
  | { readonly outcome: 'rejected'; readonly reason: string; readonly detail: string }
  /** It does not have it; it says when to come back. */
  | { readonly outcome: 'rate-limited'; readonly retryAfterMs: number }
  /** It certainly does not have it, and may later: nobody answers, not logged in, not in the room. Nothing was sent. */
  | { readonly outcome: 'unavailable'; readonly detail: string; readonly retryAfterMs?: number }
  /** It was sent, and nobody knows how far it came: a time-out, a reset, a 5xx. */
  | { readonly outcome: 'unknown'; readonly detail: string; readonly retryAfterMs?: number };

export type FindResult =
  | { readonly found: 'yes'; readonly ids: readonly RemoteId[]; readonly threadId?: RemoteId }
  /** Certainly not there: it is sent anew. */
  | { readonly found: 'no' }
  /** Cannot be asked now. */
  | { readonly found: 'unknown'; readonly detail: string };

export type Courtesy =
  | { readonly sign: 'read'; readonly message: Pick<InboundMessage, 'id' | 'conversationId' | 'threadId'> }
  | {
      readonly sign: 'typing';
      readonly conversationId: RemoteId | null;
      readonly threadId: RemoteId | null;
      readonly on: boolean;
    };

/**
 * `connecting`: not heard yet. `catching-up`: reads what came meanwhile. `live`. `waiting`: for the next try after a failure. `stopped`: it
 * will not try again before something is done about it, see `missing`.
 */
export const connectorPhases = ['connecting', 'catching-up', 'live', 'waiting', 'stopped'] as const;
export type ConnectorPhase = (typeof connectorPhases)[number];

/** A connector can be reachable, logged in and deaf: `lastContact` tells. Times are RFC 3339, UTC; `null`: never since its start. */
export interface ConnectorHealth {
  readonly phase: ConnectorPhase;
  /** The server answered the last request. */
  readonly reachable: boolean | null;
  readonly authenticated: boolean | null;
  /** Last time that the server proved to be telling us what happens: a sync, a heartbeat that was answered. */
  readonly lastContact: string | null;
  /** Last message of anybody that came, admitted or not. */
  readonly lastInbound: string | null;
  /** Failures in a row, of listening or sending. */
  readonly consecutiveFailures: number;
  readonly retryAt: string | null;
  /** What it would need and has not: a permission, a token, an intent, the room. */
  readonly missing: readonly Missing[];
  /** For people; bears no secret. */
  readonly detail: string;
}

/** Of a connector that has not been heard yet. */
export const notHeardYet = (detail: string): ConnectorHealth => ({
  phase: 'connecting',
  reachable: null,
  authenticated: null,
  lastContact: null,
  lastInbound: null,
  consecutiveFailures: 0,
  retryAt: null,
  missing: [],
  detail,
});

export interface Missing {
  /** A short fixed word, such as `token`, `room`, `SEND_MESSAGES`. */
  readonly what: string;
  readonly detail: string;
  /** What to do about it; `FLEET` stands for the name of the fleet. */
  readonly remedy: string;
}

/** With the name of the fleet in it. */
export const remedyFor = (fleet: string, remedy: string): string => remedy.replace(/\bFLEET\b/g, fleet);

/** One kind of connector. */
export interface ConnectorFactory {
  readonly kind: string;
  /** Names of the secrets that it needs, such as `MATRIX_ACCESS_TOKEN`. */
  readonly secrets: readonly string[];
  /** What is wrong with the block of a roster; empty where all is well. */
  problems(block: Pick<Connector, 'operators' | 'settings'>): readonly SettingProblem[];
  /** The place where it meets its operators; `null` where it has one of its own on every host. Asked only of settings without a problem. */
  channel(settings: ConnectorSetting['settings']): ConnectorChannel | null;
  /** Who may speak: the ids that the roster names, and whom this kind admits besides. Empty: nobody. */
  operators(named: readonly RemoteId[], tenant: string): readonly RemoteId[];
  /** Opens nothing and asks nobody yet. */
  create(setting: ConnectorSetting): ChatConnector;
  /**
   * Obtains secrets from the server, by name, with a person at hand (`secrets` of the setting are those that there are already). Absent:
   * they can only be given. Rejects with an error whose message is for people and bears no secret.
   */
  login?(ask: LoginAsk, setting: ConnectorSetting): Promise<Readonly<Record<string, string>>>;
  /** Asks the server what these secrets and settings lack; empty where all is well. Sends and changes nothing. Rejects as `login` does. */
  check?(setting: ConnectorSetting): Promise<readonly Missing[]>;
}

/** What admission asks of a kind. */
export type ConnectorTerms = Pick<ConnectorFactory, 'kind' | 'problems' | 'channel' | 'operators'>;

/** Two fleets never share one, and it is served from one host alone: each bridge in it would answer everything. */
export interface ConnectorChannel {
  /** Setting that names it. */
  readonly setting: string;
  /** The same for the same channel. */
  readonly id: string;
  /** What such a thing is called: `room`. */
  readonly noun: string;
}

/** The person who logs a connector in. Each question rejects where nobody is there to answer. */
export interface LoginAsk {
  /** One line; an empty answer is `usual`. */
  text(question: string, usual?: string): Promise<string>;
  /** One line that is not shown while it is typed. */
  secret(question: string): Promise<string>;
  /** For the person to read; waits for nothing. */
  tell(line: string): void;
}

export interface SettingProblem {
  /** `['operators', 0]`, or `['settings', 'room_id']`. */
  readonly path: readonly (string | number)[];
  readonly summary: string;
  readonly hint: string;
}

/** All that a connector is made of. */
export interface ConnectorSetting {
  readonly fleet: string;
  /** The user whose agents these are. */
  readonly tenant: string;
  /** The block named after the kind. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** By name. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * Who may speak. The bridge lets nobody else in; a connector needs them for what it does besides handing on messages, such as accepting an
   * invitation or fetching what was attached. Absent: nobody.
   */
  readonly operators?: readonly RemoteId[];
  /** Absolute path of a directory for copies of what was attached, made where it is missing. Absent: no copies are kept. */
  readonly files?: string;
  /** Durable records of the connector's own, below the state of its fleet: a map of threads, a refreshed token. `isRecord` judges each. */
  readonly log: <T>(name: string, isRecord: Guard<T>, isForeign?: (record: T) => boolean) => RecordLog<T>;
  readonly clock: ConnectorClock;
}

export interface ConnectorClock {
  /** Wall clock. It may jump: nothing but what has to last over a restart is measured by it. */
  date(): Date;
  /** Monotonic, milliseconds. */
  now(): number;
  /** Resolves early when it is aborted. */
  sleep(milliseconds: number, stop?: AbortSignal): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
}
