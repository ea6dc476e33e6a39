import { type Fields, isCount, isFields, isText } from '../../model/shape.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';

/** What of Discord's answers and events is used. Whatever does not fit is `null`: never half of it. */

export interface ApiMessage {
  readonly id: Snowflake;
  readonly channelId: Snowflake;
  /** Only in events, and only in guilds. */
  readonly guildId: Snowflake | null;
  readonly type: number;
  readonly authorId: Snowflake;
  readonly isBot: boolean;
  readonly content: string;
  readonly timestamp: string;
  readonly editedAt: string | null;
  readonly replyToId: Snowflake | null;
  readonly mentions: readonly Snowflake[];
  readonly attachments: readonly ApiAttachment[];
  readonly stickers: readonly string[];
  readonly nonce: string | null;
  /** Whether there is anything in it that is shown: what is empty without the intent for content. */
  readonly isEmpty: boolean;
}

export interface ApiAttachment {
  readonly name: string;
  readonly mediaType: string | null;
  readonly bytes: number | null;
  readonly url: string;
}

export interface ApiChannel {
  readonly id: Snowflake;
  readonly type: number;
  readonly guildId: Snowflake | null;
  readonly parentId: Snowflake | null;
  readonly name: string;
  readonly lastMessageId: Snowflake | null;
  readonly ownerId: Snowflake | null;
  /** Of threads. RFC 3339. */
  readonly archivedAt: string | null;
  readonly overwrites: readonly ApiOverwrite[];
}

export interface ApiOverwrite {
  readonly id: Snowflake;
  readonly allow: bigint;
  readonly deny: bigint;
}

export function readMessage(value: unknown): ApiMessage | null {
  if (!isFields(value)) return null;
  const { id, channel_id, type, author, content, timestamp } = value;
  if (!isSnowflake(id) || !isSnowflake(channel_id) || !isCount(type) || !isFields(author) || !isSnowflake(author.id)) return null;
  if (!isText(content) || !isText(timestamp)) return null;
  const attachments = list(value.attachments).flatMap((each) => readAttachment(each) ?? []);
  const stickers = list(value.sticker_items).flatMap((each) => (isFields(each) && isText(each.name) ? each.name : []));
  const forwarded = list(value.message_snapshots).flatMap(forwardedText).join('\n');
  const reference = isFields(value.message_reference) ? value.message_reference : {};
  const rest = [value.embeds, value.components, value.message_snapshots].flatMap(list);
  return {
    id,
    channelId: channel_id,
    guildId: isSnowflake(value.guild_id) ? value.guild_id : null,
    type,
    authorId: author.id,
    isBot: author.bot === true || author.system === true || (value.webhook_id !== undefined && value.webhook_id !== null),
    content: content === '' ? forwarded : content,
    timestamp,
    editedAt: isText(value.edited_timestamp) ? value.edited_timestamp : null,
    replyToId: type === 19 && isSnowflake(reference.message_id) ? reference.message_id : null,
    mentions: list(value.mentions).flatMap((each) => (isFields(each) && isSnowflake(each.id) ? each.id : [])),
    attachments,
    stickers,
    nonce: isText(value.nonce) || isCount(value.nonce) ? String(value.nonce) : null,
    isEmpty: content === '' && [attachments, stickers, rest].every(({ length }) => length === 0) && !isFields(value.poll),
  };
}

const forwardedText = (value: unknown): string[] =>
  isFields(value) && isFields(value.message) && isText(value.message.content) ? [value.message.content] : [];

function readAttachment(value: unknown): ApiAttachment | null {
  if (!isFields(value) || !isText(value.url)) return null;
  return {
    name: isText(value.filename) ? value.filename : 'file',
    mediaType: isText(value.content_type) ? value.content_type : null,
    bytes: isCount(value.size) ? value.size : null,
    url: value.url,
  };
}

export function readChannel(value: unknown): ApiChannel | null {
  if (!isFields(value) || !isSnowflake(value.id) || !isCount(value.type)) return null;
  const thread = isFields(value.thread_metadata) ? value.thread_metadata : {};
  return {
    id: value.id,
    type: value.type,
    guildId: isSnowflake(value.guild_id) ? value.guild_id : null,
    parentId: isSnowflake(value.parent_id) ? value.parent_id : null,
    name: isText(value.name) ? value.name : '',
    lastMessageId: isSnowflake(value.last_message_id) ? value.last_message_id : null,
    ownerId: isSnowflake(value.owner_id) ? value.owner_id : null,
    archivedAt: thread.archived === true && isText(thread.archive_timestamp) ? thread.archive_timestamp : null,
    overwrites: list(value.permission_overwrites).flatMap((each) => readOverwrite(each) ?? []),
  };
}

function readOverwrite(value: unknown): ApiOverwrite | null {
  if (!isFields(value) || !isSnowflake(value.id)) return null;
  return { id: value.id, allow: bitsOf(value.allow), deny: bitsOf(value.deny) };
}

/** Permissions are numbers too long for one, and come as text. */
export const bitsOf = (value: unknown): bigint => (isText(value) && /^\d{1,40}$/.test(value) ? BigInt(value) : 0n);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const fieldsIn = (text: string): Fields | null => {
  const value = jsonIn(text);
  return isFields(value) ? value : null;
};

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const threadTypes = [10, 11, 12];
export const isThread = ({ type }: Pick<ApiChannel, 'type'>): boolean => threadTypes.includes(type);
