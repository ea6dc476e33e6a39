import { type Message, type Receipt, receiptStates } from '../model/agents.ts';
import type { InboxRecord } from '../model/inbox.ts';
import { type Guard, isFields, isFormat, isText, isTime, listOf, nullOr, oneOf, shapeOf } from './shape.ts';
import { jsonOf } from './state-file.ts';

/** Records of whole lines of a journal. A line that is damaged, or of a newer format, is left out. */
export const recordsIn = (lines: Buffer): InboxRecord[] =>
  lines
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const record = line === '' ? null : jsonOf(line);
      return isRecord(record) ? [{ ...record, format_version: '1.0' as const }] : [];
    });

const isMessage = shapeOf<Message>({
  format_version: isFormat,
  id: isText,
  agent: isText,
  sender: isText,
  text: isText,
  attachments: listOf(isText),
  at: isTime,
  expires: nullOr(isTime),
});

const isReceipt = shapeOf<Receipt>({
  format_version: isFormat,
  id: isText,
  agent: isText,
  state: oneOf(receiptStates),
  evidence: listOf(isText),
  reason: nullOr(isText),
  at: isTime,
});

type Kind = InboxRecord['kind'];
type RecordOf<Which extends Kind> = InboxRecord & { readonly kind: Which };
type Guards<T> = { readonly [Key in keyof T]-?: (value: unknown) => boolean };

const guards: { readonly [Which in Kind]: Guards<RecordOf<Which>> } = {
  message: { format_version: isFormat, kind: oneOf(['message']), message: isMessage },
  typing: { format_version: isFormat, kind: oneOf(['typing']), id: isText, at: isTime, invocation: isText, buffer: isText },
  untyped: { format_version: isFormat, kind: oneOf(['untyped']), id: isText, at: isTime },
  receipt: { format_version: isFormat, kind: oneOf(['receipt']), receipt: isReceipt },
  forgotten: { format_version: isFormat, kind: oneOf(['forgotten']), id: isText, at: isTime },
};

const isKind: Guard<Kind> = oneOf(['message', 'typing', 'untyped', 'receipt', 'forgotten']);

const isRecord = (value: unknown): value is InboxRecord =>
  isFields(value) && isKind(value.kind) && shapeOf<InboxRecord>(guards[value.kind])(value);
