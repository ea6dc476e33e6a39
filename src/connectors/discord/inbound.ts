import type { InboundMessage } from '../../model/chat-messages.ts';
import type { ApiMessage } from './shapes.ts';
import type { Snowflake } from './snowflake.ts';

/** What has to be known to understand a message. */
export interface Ears {
  readonly me: Snowflake;
  readonly channelId: Snowflake;
  readonly autoThread: boolean;
}

/** Messages that people write: all other types tell that somebody joined, pinned, renamed. */
const spoken = [0, 19];

export const isSpoken = ({ type }: ApiMessage): boolean => spoken.includes(type);

/** A message of the channel or of one of its threads. */
export function inbound(message: ApiMessage, origin: InboundMessage['origin'], ears: Ears): InboundMessage {
  return {
    id: message.id,
    kind: 'message',
    targetId: null,
    conversationId: ears.channelId,
    threadId: threadOf(message, ears),
    senderId: message.authorId,
    isOwn: message.authorId === ears.me,
    isBot: message.isBot,
    mentionsMe: message.mentions.includes(ears.me),
    replyToId: message.replyToId,
    text: [message.content, ...message.stickers.map((name) => `[sticker: ${name}]`)].filter((line) => line !== '').join('\n'),
    attachments: message.attachments.map(({ name, mediaType, bytes, url }) => ({
      name,
      mediaType,
      bytes,
      reference: url,
      path: null,
    })),
    at: utc(message.timestamp),
    origin,
  };
}

/** An edit has an id of its own, the same whenever it is told. `null`: nobody has edited; a preview was added, or a pin. */
export function edit(message: ApiMessage, origin: InboundMessage['origin'], ears: Ears): InboundMessage | null {
  if (message.editedAt === null) return null;
  const at = utc(message.editedAt);
  return { ...inbound(message, origin, ears), id: `${message.id}.${Date.parse(at)}`, kind: 'edit', targetId: message.id, at };
}

/** A thread that begins with a message has its id: so it can be named before it is there. */
const threadOf = ({ id, channelId }: ApiMessage, ears: Ears): Snowflake | null => {
  if (channelId !== ears.channelId) return channelId;
  return ears.autoThread ? id : null;
};

const utc = (time: string): string => {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
};
