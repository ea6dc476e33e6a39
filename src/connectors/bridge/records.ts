import { type InboundMessage, inboundKinds, type OutboundMessage } from '../../model/chat-messages.ts';
import {
  type Guard,
  isCount,
  isFields,
  isFlag,
  isFormat,
  isText,
  isTime,
  listOf,
  nullOr,
  oneOf,
  shapeOf,
} from '../../model/shape.ts';

/** Why a message was not let in. `own`: what we said ourselves. `program`: a bot. `flood`: too many of one sender wait already. */
export const refusals = ['own', 'program', 'stranger', 'flood'] as const;
export type Refusal = (typeof refusals)[number];
export type Refused = Readonly<Record<Refusal, number>>;

/** One line of the inbound journal. Of several with one id the first one counts. */
export type InboundRecord =
  | {
      readonly format_version: '1.0';
      readonly kind: 'received';
      /** Kind of the connector that it came by. */
      readonly via: string;
      readonly message: InboundMessage;
      readonly at: string;
    }
  /** All that stands before it is safe. `refused` is of all time. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'cursor';
      readonly via: string;
      readonly cursor: string | null;
      readonly refused: Refused;
      readonly at: string;
    }
  /** The orchestrator's inbox has it; `received` may be gone by then, and only the id be kept. */
  | { readonly format_version: '1.0'; readonly kind: 'handed'; readonly id: string; readonly at: string };

/** What became of a message that was to be said. `ids`: those of each part that the server has. */
export interface SayReceipt {
  readonly format_version: '1.0';
  readonly id: string;
  readonly state: 'sent' | 'rejected' | 'unknown';
  readonly ids: readonly (readonly string[])[];
  readonly threadId: string | null;
  /** `null` where it was sent. */
  readonly reason: string | null;
  readonly detail: string;
  readonly at: string;
}

/** One line of the outbound journal. Anybody may write `queued`; the rest is the bridge's. */
export type OutboundRecord =
  | { readonly format_version: '1.0'; readonly kind: 'queued'; readonly message: OutboundMessage }
  /** Into these parts it is divided, whatever the limits are later. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'begun';
      readonly id: string;
      readonly parts: readonly string[];
      readonly at: string;
    }
  /** Written before a part is sent: where nothing follows it, nobody knows how far that came. */
  | { readonly format_version: '1.0'; readonly kind: 'tried'; readonly id: string; readonly part: number; readonly at: string }
  /** It certainly did not arrive. */
  | { readonly format_version: '1.0'; readonly kind: 'untried'; readonly id: string; readonly part: number; readonly at: string }
  | {
      readonly format_version: '1.0';
      readonly kind: 'sent';
      readonly id: string;
      readonly part: number;
      readonly ids: readonly string[];
      readonly threadId: string | null;
      readonly at: string;
    }
  | { readonly format_version: '1.0'; readonly kind: 'settled'; readonly receipt: SayReceipt };

export const isQueued = (record: OutboundRecord): boolean => record.kind === 'queued';

/** Ids of parts are made of it, and file names may be. */
export const isMessageId = (text: string): boolean => /^[A-Za-z0-9._:-]{1,200}$/.test(text);

const isInboundMessage = shapeOf<InboundMessage>({
  id: isText,
  kind: oneOf(inboundKinds),
  targetId: nullOr(isText),
  conversationId: isText,
  threadId: nullOr(isText),
  senderId: isText,
  isOwn: isFlag,
  isBot: isFlag,
  mentionsMe: isFlag,
  replyToId: nullOr(isText),
  text: isText,
  attachments: listOf(
    shapeOf<InboundMessage['attachments'][number]>({
      name: isText,
      mediaType: nullOr(isText),
      bytes: nullOr(isCount),
      reference: isText,
      path: nullOr(isText),
    }),
  ),
  at: isText,
  origin: oneOf(['live', 'catchup']),
});

const isOutboundMessage = shapeOf<OutboundMessage>({
  format_version: isFormat,
  id: (value) => isText(value) && isMessageId(value),
  via: nullOr(isText),
  conversationId: nullOr(isText),
  threadId: nullOr(isText),
  newThread: nullOr(isText),
  replyToId: nullOr(isText),
  text: isText,
  attachments: listOf(isText),
  sender: isText,
  at: isTime,
});

const isReceipt = shapeOf<SayReceipt>({
  format_version: isFormat,
  id: isText,
  state: oneOf(['sent', 'rejected', 'unknown']),
  ids: listOf(listOf(isText)),
  threadId: nullOr(isText),
  reason: nullOr(isText),
  detail: isText,
  at: isTime,
});

type Guards<T> = { readonly [Key in keyof T]-?: (value: unknown) => boolean };
type Table<T extends { readonly kind: string }> = { readonly [Which in T['kind']]: Guards<T & { readonly kind: Which }> };

const inboundGuards: Table<InboundRecord> = {
  received: { format_version: isFormat, kind: oneOf(['received']), via: isText, message: isInboundMessage, at: isTime },
  cursor: {
    format_version: isFormat,
    kind: oneOf(['cursor']),
    via: isText,
    cursor: nullOr(isText),
    refused: shapeOf<Refused>({ own: isCount, program: isCount, stranger: isCount, flood: isCount }),
    at: isTime,
  },
  handed: { format_version: isFormat, kind: oneOf(['handed']), id: isText, at: isTime },
};

const outboundGuards: Table<OutboundRecord> = {
  queued: { format_version: isFormat, kind: oneOf(['queued']), message: isOutboundMessage },
  begun: { format_version: isFormat, kind: oneOf(['begun']), id: isText, parts: listOf(isText), at: isTime },
  tried: { format_version: isFormat, kind: oneOf(['tried']), id: isText, part: isCount, at: isTime },
  untried: { format_version: isFormat, kind: oneOf(['untried']), id: isText, part: isCount, at: isTime },
  sent: {
    format_version: isFormat,
    kind: oneOf(['sent']),
    id: isText,
    part: isCount,
    ids: listOf(isText),
    threadId: nullOr(isText),
    at: isTime,
  },
  settled: { format_version: isFormat, kind: oneOf(['settled']), receipt: isReceipt },
};

const isInboundKind: Guard<InboundRecord['kind']> = oneOf(['received', 'cursor', 'handed']);
const isOutboundKind: Guard<OutboundRecord['kind']> = oneOf(['queued', 'begun', 'tried', 'untried', 'sent', 'settled']);

export const isInboundRecord = (value: unknown): value is InboundRecord =>
  isFields(value) && isInboundKind(value.kind) && shapeOf<InboundRecord>(inboundGuards[value.kind])(value);

export const isOutboundRecord = (value: unknown): value is OutboundRecord =>
  isFields(value) && isOutboundKind(value.kind) && shapeOf<OutboundRecord>(outboundGuards[value.kind])(value);
