/** What passes over a chat connector, in both directions. */

/** Id of a message, a thread, a conversation or a person as the server gives it. Opaque: compared for equality only, never parsed. */
export type RemoteId = string;

/** `edit` and `reaction` are about the message `targetId`; the text is the new text, or the reaction. */
export const inboundKinds = ['message', 'edit', 'reaction'] as const;

export interface InboundMessage {
  /** The event's own id: an edit has another one than what it changes. The same id is the same message. */
  readonly id: RemoteId;
  readonly kind: (typeof inboundKinds)[number];
  readonly targetId: RemoteId | null;
  readonly conversationId: RemoteId;
  /** The root of the thread; `null` for the conversation itself. */
  readonly threadId: RemoteId | null;
  /** The immutable id, never a name that can be chosen. */
  readonly senderId: RemoteId;
  /** Sent by us: this account, from whichever device. */
  readonly isOwn: boolean;
  /** Sent by a program: a bot, a webhook, a notice. */
  readonly isBot: boolean;
  readonly mentionsMe: boolean;
  readonly replyToId: RemoteId | null;
  readonly text: string;
  readonly attachments: readonly InboundAttachment[];
  /** RFC 3339, UTC: when the server says it was sent. For people; nothing is decided by it. */
  readonly at: string;
  /** `catchup`: it was sent while nobody listened. */
  readonly origin: 'live' | 'catchup';
}

export interface InboundAttachment {
  readonly name: string;
  readonly mediaType: string | null;
  readonly bytes: number | null;
  /** How the connector finds it again. Bears no secret. */
  readonly reference: string;
  /** Absolute path of a copy on this host, where there is one. */
  readonly path: string | null;
}

/** What somebody wants to be said. The same id is the same message, however often it is queued. */
export interface OutboundMessage {
  readonly format_version: '1.0';
  /** Idempotency key: 1 to 200 characters of `A-Za-z0-9._:-`. */
  readonly id: string;
  /** Kind of the connector that the ids below belong to: on any other they are left out. `null`: they are of whichever serves. */
  readonly via: string | null;
  /** `null`: the conversation that the roster names. */
  readonly conversationId: RemoteId | null;
  readonly threadId: RemoteId | null;
  /** Open a thread of this title, and say it there; `threadId` is `null` then. */
  readonly newThread: string | null;
  readonly replyToId: RemoteId | null;
  /** Markdown. */
  readonly text: string;
  /** Absolute paths on this host; they go with the last part. */
  readonly attachments: readonly string[];
  /** Who says it: an agent, or a part of Muster. */
  readonly sender: string;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** One piece of an outbound message, short enough to be sent as it is. */
export interface OutboundPart {
  /** Fixed before the first try and the same for every further one, also after a crash: `<message id>.<part>`, parts counted from 0. */
  readonly transaction: string;
  /** Who says it, for channels that show it. */
  readonly sender: string;
  readonly conversationId: RemoteId | null;
  /** Also that of a thread that an earlier part has opened. */
  readonly threadId: RemoteId | null;
  /** Only for a first part. */
  readonly newThread: string | null;
  /** Only for a first part. */
  readonly replyToId: RemoteId | null;
  readonly text: string;
  /** Only for the last part. Sizes are checked before anything is sent: too large is `rejected`. */
  readonly attachments: readonly string[];
  /** RFC 3339, UTC: when it was first tried; `null` before. For `find`. */
  readonly triedAt: string | null;
}
