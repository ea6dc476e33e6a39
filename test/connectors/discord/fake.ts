import type { ConnectorClock } from '../../../src/model/connectors.ts';
import { FakeGateway } from './fake-gateway.ts';

/** Sentences in quotation marks are of Discord's documentation for developers. */

export interface FakeUser {
  readonly id: string;
  readonly username: string;
  readonly bot: boolean;
}

export interface FakeMessage {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id: string | undefined;
  readonly type: number;
  readonly author: FakeUser;
  readonly webhook_id?: string;
  content: string;
  readonly timestamp: string;
  edited_timestamp: string | null;
  readonly attachments: readonly Record<string, unknown>[];
  readonly mentions: readonly FakeUser[];
  readonly mention_everyone: boolean;
  readonly nonce?: string;
  readonly message_reference?: { readonly message_id: string };
}

export interface FakeChannel {
  readonly id: string;
  type: number;
  readonly guild_id: string;
  readonly parent_id: string | null;
  readonly name: string;
  readonly owner_id: string;
  archived: boolean;
  locked: boolean;
  archivedAt: string;
  readonly messages: FakeMessage[];
  overwrites: { id: string; type: number; allow: string; deny: string }[];
}

export const bits = {
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;
export type Bit = keyof typeof bits;
const all = Object.values(bits).reduce((sum, bit) => sum | bit, 0n);

const epoch = 1_420_070_400_000;
export const longAgo = '100000000000000';

export interface Said {
  readonly channelId?: string;
  readonly by?: FakeUser;
  readonly webhook?: boolean;
  readonly type?: number;
  readonly guildId?: string | null;
  readonly nonce?: string;
  readonly replyTo?: string;
  readonly mentions?: readonly FakeUser[];
  readonly attachments?: readonly Record<string, unknown>[];
  readonly mentionsEveryone?: boolean;
}

/** A server of Discord's: one guild with a channel and its threads, one bot, and what people say there. What goes wrong is scripted. */
export class FakeDiscord {
  readonly clock: ConnectorClock;
  token = `M${'T'.repeat(23)}.GabcdE.${'x'.repeat(38)}`;
  readonly bot: FakeUser = { id: '200000000000000001', username: 'mos', bot: true };
  readonly operator: FakeUser = { id: '300000000000000001', username: 'jason', bot: false };
  readonly stranger: FakeUser = { id: '300000000000000666', username: 'mallory', bot: false };
  readonly guildId = '400000000000000001';
  readonly channelId = '500000000000000001';
  readonly elsewhereId = '500000000000000002';
  readonly channels = new Map<string, FakeChannel>();
  readonly gateway: FakeGateway;
  /** Flags of the application: the intent for content is granted. */
  flags = 1 << 19;
  isTokenValid = true;
  permissions = all;
  #ids = 0;
  #lastMs = 0;

  constructor(clock: ConnectorClock) {
    this.clock = clock;
    this.gateway = new FakeGateway(this);
    for (const [id, name] of [
      [this.channelId, 'fleet'],
      [this.elsewhereId, 'elsewhere'],
    ] as const)
      this.#addChannel({ id, type: 0, parent_id: null, name, owner_id: this.operator.id });
  }

  get channel(): FakeChannel {
    return this.channelOf(this.channelId);
  }

  channelOf(id: string): FakeChannel {
    const channel = this.channels.get(id);
    if (channel === undefined) throw new Error(`no channel ${id}`);
    return channel;
  }

  /** "Snowflakes … are … guaranteed to be unique": time since 2015, then a count. */
  newId(): string {
    const now = this.clock.date().getTime();
    this.#ids = now > this.#lastMs ? 0 : this.#ids + 1;
    this.#lastMs = Math.max(this.#lastMs, now);
    return String((BigInt(this.#lastMs - epoch) << 22n) + BigInt(this.#ids));
  }

  can(bit: Bit): boolean {
    return (this.permissions & bits[bit]) !== 0n;
  }

  revoke(bit: Bit): void {
    this.permissions &= ~bits[bit];
  }

  grant(bit: Bit): void {
    this.permissions |= bits[bit];
  }

  /** A message is written, by whomever, and told. */
  say(content: string, said: Said = {}): FakeMessage {
    const { channelId = this.channelId, by = this.operator, type = said.replyTo === undefined ? 0 : 19 } = said;
    const channel = this.channelOf(channelId);
    // "Sending a message will automatically unarchive the thread, unless the thread has been locked by a moderator."
    if (channel.archived && !channel.locked) this.setArchived(channelId, false);
    const message: FakeMessage = {
      id: this.newId(),
      channel_id: channelId,
      guild_id: said.guildId === null ? undefined : (said.guildId ?? this.guildId),
      type,
      author: by,
      ...(said.webhook && { webhook_id: by.id }),
      content,
      timestamp: this.clock.date().toISOString().replace('Z', '000+00:00'),
      edited_timestamp: null,
      attachments: said.attachments ?? [],
      mentions: said.mentions ?? [],
      mention_everyone: said.mentionsEveryone ?? false,
      ...(said.nonce !== undefined && { nonce: said.nonce }),
      ...(said.replyTo !== undefined && { message_reference: { message_id: said.replyTo } }),
    };
    channel.messages.push(message);
    this.gateway.dispatch('MESSAGE_CREATE', message);
    return message;
  }

  edit(message: FakeMessage, content: string): void {
    message.content = content;
    message.edited_timestamp = this.clock.date().toISOString().replace('Z', '000+00:00');
    this.gateway.dispatch('MESSAGE_UPDATE', message);
  }

  /** "The id of the created thread will be the same as the id of the source message, and as such a message can only have a single thread created from it." */
  openThread(id: string, name: string, by: FakeUser = this.operator, type = 11): FakeChannel {
    const thread = this.#addChannel({ id, type, parent_id: this.channelId, name, owner_id: by.id });
    this.gateway.dispatch('THREAD_CREATE', this.channelObject(thread));
    return thread;
  }

  setArchived(id: string, archived: boolean): void {
    const thread = this.channelOf(id);
    thread.archived = archived;
    thread.archivedAt = this.clock.date().toISOString();
    this.gateway.dispatch('THREAD_UPDATE', this.channelObject(thread));
  }

  remove(id: string): void {
    const { type, parent_id, guild_id } = this.channelOf(id);
    this.channels.delete(id);
    this.gateway.dispatch(type === 0 ? 'CHANNEL_DELETE' : 'THREAD_DELETE', { id, type, parent_id, guild_id });
  }

  channelObject(channel: FakeChannel): Record<string, unknown> {
    const { messages, archived, locked, archivedAt, overwrites, ...plain } = channel;
    const isThread = channel.parent_id !== null;
    return {
      ...plain,
      last_message_id: messages.at(-1)?.id ?? null,
      ...(isThread && { thread_metadata: { archived, locked, archive_timestamp: archivedAt, auto_archive_duration: 4320 } }),
      ...(!isThread && { permission_overwrites: overwrites }),
    };
  }

  #addChannel(plain: Pick<FakeChannel, 'id' | 'type' | 'parent_id' | 'name' | 'owner_id'>): FakeChannel {
    const channel: FakeChannel = {
      ...plain,
      guild_id: this.guildId,
      archived: false,
      locked: false,
      archivedAt: this.clock.date().toISOString(),
      messages: [],
      overwrites: [],
    };
    this.channels.set(channel.id, channel);
    return channel;
  }
}
