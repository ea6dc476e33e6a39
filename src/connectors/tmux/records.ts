import { isFormat, isText, isTime, listOf, nullOr, oneOf, optional, shapeOf } from '../../model/shape.ts';

/** One line of the chat of a fleet whose connector is tmux. */
export type ChatRecord =
  /** By a person, in `muster chat`. Of several with one id the first one counts. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'said';
      readonly id: string;
      readonly threadId: string | null;
      /** Of a thread that begins here. */
      readonly title?: string;
      readonly replyToId: string | null;
      /** The user who typed it. */
      readonly sender: string;
      readonly text: string;
      /** Absolute paths. */
      readonly attachments: readonly string[];
      readonly at: string;
    }
  /** By the fleet. `id`: the transaction that it was sent under. */
  | {
      readonly format_version: '1.0';
      readonly kind: 'answered';
      readonly id: string;
      readonly threadId: string | null;
      /** Of a thread that begins here. */
      readonly title: string | null;
      readonly replyToId: string | null;
      readonly sender: string;
      readonly text: string;
      readonly attachments: readonly string[];
      readonly at: string;
    };

export type Said = ChatRecord & { readonly kind: 'said' };

export const isSaid = (record: ChatRecord): record is Said => record.kind === 'said';

const common = {
  format_version: isFormat,
  id: isText,
  threadId: nullOr(isText),
  replyToId: nullOr(isText),
  sender: isText,
  text: isText,
  attachments: listOf(isText),
  at: isTime,
};

const isSaidRecord = shapeOf<Said>({ ...common, kind: oneOf(['said']), title: optional(isText) });
const isAnswered = shapeOf<ChatRecord & { readonly kind: 'answered' }>({
  ...common,
  kind: oneOf(['answered']),
  title: nullOr(isText),
});

export const isChatRecord = (value: unknown): value is ChatRecord => isSaidRecord(value) || isAnswered(value);
