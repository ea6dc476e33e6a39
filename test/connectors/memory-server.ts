import type { InboundMessage, OutboundPart } from '../../src/model/chat-messages.ts';
import {
  type ChatConnector,
  type ConnectorClock,
  type ConnectorHealth,
  type ConnectorTraits,
  type Delivery,
  type FindResult,
  notHeardYet,
  type Receive,
  type SendResult,
} from '../../src/model/connectors.ts';

/** What goes wrong with the next request of its kind. */
export type SendFault = 'limited' | 'lost-answer' | 'lost-request' | 'refused' | 'throws' | 'down';
export type ListenFault = 'again' | 'down' | 'cursor-only';

export interface ServerOptions {
  readonly traits?: Partial<ConnectorTraits>;
  /** Whether the server knows a transaction when it comes again. */
  readonly dedupes?: boolean;
  /** Whether it can be asked for what was sent. */
  readonly finds?: boolean;
}

export interface Event extends Omit<InboundMessage, 'origin'> {
  readonly transaction: string | null;
}

const me = '@fleet:memory';

/** A chat server in memory, and connectors to it. It keeps everything; what it answers is scripted. */
export class MemoryServer {
  readonly events: Event[] = [];
  readonly sendFaults: SendFault[] = [];
  readonly listenFaults: ListenFault[] = [];
  isDown = false;
  /** Requests to send, by transaction. */
  readonly requests: string[] = [];
  /** Cursors that were asked for. */
  readonly asked: (string | null)[] = [];
  readonly #clock: ConnectorClock;
  readonly #options: ServerOptions;
  readonly #listeners = new Set<() => void>();

  constructor(clock: ConnectorClock, options: ServerOptions = {}) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Somebody says something. */
  say(said: Partial<Event> & Pick<Event, 'senderId' | 'text'>): string {
    const id = `$${this.events.length + 1}`;
    this.events.push({
      id,
      kind: 'message',
      targetId: null,
      conversationId: '!room',
      threadId: null,
      isOwn: said.senderId === me,
      isBot: false,
      mentionsMe: false,
      replyToId: null,
      attachments: [],
      at: this.#clock.date().toISOString(),
      transaction: null,
      ...said,
    });
    for (const tell of this.#listeners) tell();
    return id;
  }

  get seen(): readonly Event[] {
    return this.events.filter(({ senderId }) => senderId === me);
  }

  connect(): ChatConnector {
    const health: { now: ConnectorHealth } = { now: connecting };
    return {
      kind: 'memory',
      traits: {
        limit: { unit: 'characters', most: 200 },
        transactionMs: 24 * 60 * 60 * 1000,
        order: 'thread',
        deafAfterMs: 120_000,
        ...this.#options.traits,
      },
      send: (part) => this.#send(part),
      subscribe: (cursor, receive) => {
        const stop = new AbortController();
        const listening = this.#listen(cursor, { receive, health, stop: stop.signal });
        return {
          close: async () => {
            stop.abort();
            await listening;
          },
        };
      },
      health: () => health.now,
      ...(this.#options.finds === true && { find: (part: OutboundPart) => this.#find(part) }),
    };
  }

  async #send(part: OutboundPart): Promise<SendResult> {
    await this.#clock.sleep(5);
    const fault = this.isDown ? 'down' : this.sendFaults.shift();
    if (fault === 'down') return { outcome: 'unavailable', detail: 'connection refused' };
    this.requests.push(part.transaction);
    if (fault === 'limited') return { outcome: 'rate-limited', retryAfterMs: 700 };
    if (fault === 'refused') return { outcome: 'rejected', reason: 'forbidden', detail: 'not allowed here' };
    if (fault === 'lost-request') return { outcome: 'unknown', detail: 'no answer' };
    if (fault === 'throws') throw new Error('a bug in the connector');
    const known =
      this.#options.dedupes === false ? undefined : this.events.find(({ transaction }) => transaction === part.transaction);
    const id = known?.id ?? this.#write(part);
    if (fault === 'lost-answer') return { outcome: 'unknown', detail: 'the connection was reset' };
    const opened = part.newThread === null ? {} : { threadId: `t${part.transaction}` };
    return { outcome: known === undefined ? 'accepted' : 'duplicate', ids: [id], ...opened };
  }

  #write({ transaction, text, threadId, newThread, replyToId }: OutboundPart): string {
    const thread = newThread === null ? threadId : `t${transaction}`;
    return this.say({ senderId: me, text, threadId: thread, replyToId, transaction });
  }

  async #find({ transaction }: OutboundPart): Promise<FindResult> {
    if (this.isDown) return { found: 'unknown', detail: 'connection refused' };
    const event = this.events.find((one) => one.transaction === transaction);
    return event === undefined ? { found: 'no' } : { found: 'yes', ids: [event.id] };
  }

  async #listen(
    from: string | null,
    {
      receive,
      health,
      stop,
    }: { readonly receive: Receive; readonly health: { now: ConnectorHealth }; readonly stop: AbortSignal },
  ): Promise<void> {
    const page = 50;
    let cursor = from ?? String(this.events.length);
    let origin: InboundMessage['origin'] = 'catchup';
    let wake = new AbortController();
    const tell = (): void => wake.abort();
    this.#listeners.add(tell);
    stop.addEventListener('abort', tell);
    this.asked.push(from);
    for (let first = true; !stop.aborted; first = false) {
      wake = new AbortController();
      const fault = this.isDown ? 'down' : this.listenFaults.shift();
      if (fault === 'down') {
        health.now = { ...health.now, phase: 'waiting', reachable: false, detail: 'connection refused' };
        await this.#clock.sleep(1000, stop);
        continue;
      }
      health.now = { ...health.now, phase: 'live', reachable: true, lastContact: this.#clock.date().toISOString() };
      const start = fault === 'again' ? Math.max(0, Number(cursor) - 20) : Number(cursor);
      const messages = this.events.slice(start, start + page).map(({ transaction: _, ...event }) => ({ ...event, origin }));
      const next = String(start + messages.length);
      const delivery: Delivery = {
        messages: fault === 'cursor-only' ? [] : messages,
        cursor: fault === 'cursor-only' ? cursor : next,
      };
      try {
        // A first start without a cursor says where it begins.
        if (messages.length > 0 || (first && from === null)) await receive(delivery);
        cursor = delivery.cursor ?? cursor;
      } catch {
        await this.#clock.sleep(1000, stop);
        continue;
      }
      if (messages.length < page) {
        origin = 'live';
        if (Number(cursor) >= this.events.length) await this.#clock.sleep(30_000, wake.signal);
      }
    }
    this.#listeners.delete(tell);
    health.now = { ...health.now, phase: 'stopped' };
  }
}

const connecting: ConnectorHealth = { ...notHeardYet(''), authenticated: true };
