import type { InboundAttachment, InboundMessage } from '../../model/chat-messages.ts';
import { type Fields, isCount, isFields, isText } from '../../model/shape.ts';

/** Types of events that a room is listened to for; of its members only the fleet's own user matters. */
export const listenedTypes = [
  'm.room.message',
  'm.reaction',
  'm.room.encrypted',
  'm.room.encryption',
  'm.room.member',
  'm.room.tombstone',
] as const;

/** An event of a room as far as it can be relied on. */
export interface RoomEvent {
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  /** `null`: this is no state event. */
  readonly stateKey: string | null;
  /** Milliseconds since 1970, as the server of its sender says. */
  readonly at: number;
  readonly content: Fields;
}

/** What is no event is left out. */
export const eventsIn = (value: unknown): readonly RoomEvent[] => (Array.isArray(value) ? value.flatMap(eventOf) : []);

function eventOf(value: unknown): RoomEvent[] {
  if (!isFields(value)) return [];
  const { event_id, type, sender, state_key, origin_server_ts, content } = value;
  if (!isText(event_id) || !isText(type) || !isText(sender)) return [];
  return [
    {
      id: event_id,
      type,
      sender,
      stateKey: isText(state_key) ? state_key : null,
      at: isCount(origin_server_ts) ? origin_server_ts : 0,
      content: isFields(content) ? content : {},
    },
  ];
}

export interface Reading {
  readonly userId: string;
  readonly roomId: string;
  readonly origin: InboundMessage['origin'];
  /** Thread of an event that was read before. */
  readonly threadOf: (eventId: string) => string | null;
}

/** A message, an edit or a reaction; `null` for whatever says nothing: state, what was redacted, what is encrypted. */
export function messageIn(event: RoomEvent, reading: Reading): InboundMessage | null {
  const { id, type, sender, stateKey, content } = event;
  if (stateKey !== null) return null;
  const relation = relationOf(content);
  const common = {
    id,
    conversationId: reading.roomId,
    senderId: sender,
    isOwn: sender === reading.userId,
    origin: reading.origin,
    at: timeOf(event.at),
  };
  if (type === 'm.reaction') {
    if (relation.type !== 'm.annotation' || relation.target === null || !isText(relation.key)) return null;
    const threadId = reading.threadOf(relation.target);
    const rest = { isBot: false, mentionsMe: false, replyToId: null, attachments: [] };
    return { ...common, ...rest, kind: 'reaction', targetId: relation.target, threadId, text: relation.key };
  }
  if (type !== 'm.room.message' || !isText(content.msgtype)) return null;
  const isEdit = relation.type === 'm.replace' && relation.target !== null;
  const said = isEdit && isFields(content['m.new_content']) ? content['m.new_content'] : content;
  const threadId = relation.type === 'm.thread' ? relation.target : isEdit ? reading.threadOf(relation.target ?? '') : null;
  return {
    ...common,
    kind: isEdit ? 'edit' : 'message',
    targetId: isEdit ? relation.target : null,
    threadId,
    isBot: said.msgtype === 'm.notice' || content.msgtype === 'm.notice',
    mentionsMe: isMentioned(said, reading.userId),
    replyToId: isEdit || (relation.type === 'm.thread' && relation.isFallback) ? null : relation.replyTo,
    text: textOf(said, relation.replyTo !== null && !isEdit),
    attachments: attachmentsOf(said),
  };
}

interface Relation {
  readonly type: string | null;
  readonly target: string | null;
  readonly replyTo: string | null;
  readonly isFallback: boolean;
  readonly key: unknown;
}

export function relationOf(content: Fields): Relation {
  const relates = isFields(content['m.relates_to']) ? content['m.relates_to'] : {};
  const { rel_type, event_id, is_falling_back, key } = relates;
  const reply = relates['m.in_reply_to'];
  return {
    type: isText(rel_type) ? rel_type : null,
    target: isText(event_id) ? event_id : null,
    replyTo: isFields(reply) && isText(reply.event_id) ? reply.event_id : null,
    isFallback: is_falling_back === true,
    key,
  };
}

const latestTime = 8_640_000_000_000_000;
const timeOf = (ms: number): string => new Date(Math.min(ms, latestTime)).toISOString();

/** Whom a text mentions is said by the event; older programs only write the id. */
function isMentioned(content: Fields, userId: string): boolean {
  const mentions = content['m.mentions'];
  if (isFields(mentions)) return Array.isArray(mentions.user_ids) && mentions.user_ids.includes(userId);
  return isText(content.body) && content.body.includes(userId);
}

const fileTypes: ReadonlySet<unknown> = new Set(['m.image', 'm.file', 'm.audio', 'm.video']);

/** A file has a text of its own only where its name is told beside it. */
function textOf(content: Fields, isReply: boolean): string {
  const body = isText(content.body) ? content.body : '';
  if (fileTypes.has(content.msgtype)) return isText(content.filename) && content.filename !== body ? body : '';
  const text = isReply ? withoutQuote(body) : body;
  return content.msgtype === 'm.emote' ? `* ${text}` : text;
}

/** Programs older than v1.13 of the specification quote what they reply to in the text. */
function withoutQuote(body: string): string {
  const lines = body.split('\n');
  if (!/^> (?:\* )?<@/.test(lines[0] ?? '')) return body;
  const end = lines.findIndex((line) => !line.startsWith('>'));
  if (end === -1) return body;
  return lines.slice(lines[end] === '' ? end + 1 : end).join('\n');
}

function attachmentsOf(content: Fields): readonly InboundAttachment[] {
  if (!fileTypes.has(content.msgtype) || !isText(content.url)) return [];
  const info = isFields(content.info) ? content.info : {};
  const name = [content.filename, content.body].find((value) => isText(value) && value !== '');
  return [
    {
      name: isText(name) ? name : 'file',
      mediaType: isText(info.mimetype) ? info.mimetype : null,
      bytes: isCount(info.size) ? info.size : null,
      reference: content.url,
      path: null,
    },
  ];
}
