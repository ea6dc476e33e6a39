import type { FakeDiscord, FakeMessage } from './fake.ts';

/** The other side of a connection, however it is carried. */
export interface Peer {
  send(text: string): void;
  close(code: number | null): void;
}

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly events: { readonly seq: number; readonly t: string; readonly d: unknown }[];
  seq: number;
  isOver: boolean;
  connection: FakeConnection | null;
}

const messageContent = 1 << 15;

/** The gateway: "Gateway Lifecycle" and "Gateway Opcodes". */
export class FakeGateway {
  readonly sessions = new Map<string, Session>();
  readonly connections = new Set<FakeConnection>();
  /** When IDENTIFYs came, by the clock of the wall. */
  readonly identifies: number[] = [];
  resumes = 0;
  /** Of each IDENTIFY and RESUME: the token that came with it. */
  readonly tokens: unknown[] = [];
  readonly beats: number[] = [];
  heartbeatMs = 41_250;
  /** "max_concurrency": IDENTIFYs may come so far apart; else the session is invalid. */
  spacingMs = 5000;
  /** "session_start_limit": of 1000. */
  remaining = 1000;
  url: string | null = null;
  resumeUrl: string | null = null;
  // What goes wrong.
  isDown = false;
  acknowledges = true;
  isSilent = false;
  repeats = 0;
  refuseResumes = 0;
  closeBeforeHello = 0;
  closeAfterIdentify: { code: number; times: number } = { code: 4000, times: 0 };
  closeAfterReady: { code: number; times: number } = { code: 4000, times: 0 };
  invalidAfterIdentify = 0;

  readonly discord: FakeDiscord;

  constructor(discord: FakeDiscord) {
    this.discord = discord;
  }

  connect(peer: Peer): FakeConnection {
    const connection = new FakeConnection(this, peer);
    this.connections.add(connection);
    if (this.closeBeforeHello > 0) {
      this.closeBeforeHello -= 1;
      connection.close(4000);
    } else connection.hello();
    return connection;
  }

  /** Ends all connections. "1000 or 1001" end their sessions, no code at all does not. */
  drop(code: number | null = null): void {
    for (const connection of [...this.connections]) connection.close(code);
  }

  invalidateSessions(): void {
    for (const session of this.sessions.values()) session.isOver = true;
  }

  ask(op: number, d: unknown): void {
    for (const connection of this.connections) connection.send({ op, d });
  }

  dispatch(t: string, d: unknown): void {
    for (const session of this.sessions.values()) {
      if (session.isOver || !this.discord.can('VIEW_CHANNEL')) continue;
      const times = t === 'MESSAGE_CREATE' && this.repeats > 0 ? 2 : 1;
      if (times > 1) this.repeats -= 1;
      for (let time = 0; time < times; time += 1) this.#tell(session, t, this.#asSeen(session, t, d));
    }
  }

  /** "Apps without the intent will receive empty values in fields that contain user-inputted content", but for what they sent and what mentions them. */
  #asSeen({ intents }: Session, t: string, d: unknown): unknown {
    if (!t.startsWith('MESSAGE_') || (intents & messageContent) !== 0) return d;
    const message = d as FakeMessage;
    const { bot } = this.discord;
    if (message.author.id === bot.id || message.mentions.some(({ id }) => id === bot.id)) return d;
    return { ...message, content: '', attachments: [] };
  }

  #tell(session: Session, t: string, d: unknown): void {
    session.seq += 1;
    const event = { seq: session.seq, t, d: structuredClone(d) };
    session.events.push(event);
    if (!this.isSilent) session.connection?.send({ op: 0, s: event.seq, t, d: event.d });
  }

  identify(connection: FakeConnection, d: Record<string, unknown>): void {
    const { clock, token, isTokenValid, flags } = this.discord;
    const now = clock.date().getTime();
    const last = this.identifies.at(-1) ?? Number.NEGATIVE_INFINITY;
    this.identifies.push(now);
    this.remaining -= 1;
    this.tokens.push(d.token);
    const intents = Number(d.intents);
    // "4004 Authentication failed", "4014 Disallowed intent(s)"
    if (d.token !== token || !isTokenValid) {
      connection.close(4004);
      return;
    }
    if ((intents & messageContent) !== 0 && (flags & ((1 << 18) | (1 << 19))) === 0) {
      connection.close(4014);
      return;
    }
    if (this.closeAfterIdentify.times > 0) {
      this.closeAfterIdentify.times -= 1;
      connection.close(this.closeAfterIdentify.code);
      return;
    }
    if (now - last < this.spacingMs || this.invalidAfterIdentify > 0) {
      this.invalidAfterIdentify = Math.max(0, this.invalidAfterIdentify - 1);
      connection.send({ op: 9, d: false });
      return;
    }
    const session: Session = { id: `s${this.sessions.size + 1}`, intents, events: [], seq: 0, isOver: false, connection };
    this.sessions.set(session.id, session);
    connection.session = session;
    const { bot, guildId, channels } = this.discord;
    const resume_gateway_url = this.resumeUrl ?? this.url;
    this.#tell(session, 'READY', {
      v: 10,
      user: bot,
      session_id: session.id,
      resume_gateway_url,
      guilds: [{ id: guildId, unavailable: true }],
    });
    const objects = [...channels.values()].map((channel) => ({
      archived: channel.archived,
      object: this.discord.channelObject(channel),
    }));
    this.#tell(session, 'GUILD_CREATE', {
      id: guildId,
      channels: objects.filter(({ object }) => object.parent_id === null).map(({ object }) => object),
      // "All active threads in the guild that current user has permission to view"
      threads: objects.filter(({ object, archived }) => object.parent_id !== null && !archived).map(({ object }) => object),
    });
    if (this.closeAfterReady.times > 0) {
      this.closeAfterReady.times -= 1;
      connection.close(this.closeAfterReady.code);
    }
  }

  /** "Gateway will replay missed events in order, finishing with a Resumed event"; else "Invalid Session". */
  resume(connection: FakeConnection, d: Record<string, unknown>): void {
    this.resumes += 1;
    this.tokens.push(d.token);
    const session = this.sessions.get(String(d.session_id));
    if (session === undefined || session.isOver || this.refuseResumes > 0) {
      this.refuseResumes = Math.max(0, this.refuseResumes - 1);
      if (session !== undefined) session.isOver = true;
      connection.send({ op: 9, d: false });
      return;
    }
    if (d.token !== this.discord.token || !this.discord.isTokenValid) {
      connection.close(4004);
      return;
    }
    session.connection = connection;
    connection.session = session;
    for (const { seq, t, d: data } of session.events.filter(({ seq }) => seq > Number(d.seq)))
      connection.send({ op: 0, s: seq, t, d: data });
    this.#tell(session, 'RESUMED', {});
  }
}

export class FakeConnection {
  session: Session | null = null;
  readonly #gateway: FakeGateway;
  readonly #peer: Peer;
  #isOver = false;

  constructor(gateway: FakeGateway, peer: Peer) {
    this.#gateway = gateway;
    this.#peer = peer;
  }

  hello(): void {
    this.send({ op: 10, d: { heartbeat_interval: this.#gateway.heartbeatMs } });
  }

  send(payload: Record<string, unknown>): void {
    if (!this.#isOver) this.#peer.send(JSON.stringify({ t: null, s: null, ...payload }));
  }

  close(code: number | null): void {
    if (this.#isOver) return;
    this.closed(code);
    this.#peer.close(code);
  }

  /** "Closing with 1000 or 1001 … your session will be invalidated." */
  closed(code: number | null): void {
    this.#isOver = true;
    this.#gateway.connections.delete(this);
    if (this.session === null) return;
    if (this.session.connection === this) this.session.connection = null;
    if (code === 1000 || code === 1001) this.session.isOver = true;
  }

  receive(text: string): void {
    const { op, d } = JSON.parse(text) as { op: number; d: Record<string, unknown> };
    switch (op) {
      case 1:
        this.#gateway.beats.push(this.#gateway.discord.clock.now());
        if (this.#gateway.acknowledges) this.send({ op: 11 });
        return;
      case 2:
        this.#gateway.identify(this, d);
        return;
      case 6:
        this.#gateway.resume(this, d);
        return;
      default:
        // "4001 You sent an invalid Gateway opcode"
        this.close(4001);
    }
  }
}
