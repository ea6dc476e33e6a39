import type { Fields } from '../../model/shape.ts';
import { escapeHtml, htmlOf } from './markdown.ts';

/** Key of an event's content under which it says what we sent it as: the homeserver itself forgets that after a day. */
export const transactionKey = 'org.mosaic.muster.transaction';

/** Where a message stands. */
export interface Relating {
  /** Root of the thread; `null`: none. */
  readonly root: string | null;
  /** The last message of that thread, for programs that know no threads. */
  readonly last: string | null;
  readonly replyTo: string | null;
}

export const nowhere: Relating = { root: null, last: null, replyTo: null };

/** The homeserver allows 65,536 bytes for the whole event: this much is ours. */
const mostBytes = 56 * 1024;

/** A text that notifies nobody by what is written in it. */
export function textContent(markdown: string, transaction: string, relating: Relating): Fields {
  const body = safe(markdown);
  const html = htmlOf(body);
  const plain = { msgtype: 'm.text', body, ...common(transaction, relating) };
  const formatted = { ...plain, format: 'org.matrix.custom.html', formatted_body: html };
  return html === null || sizeOf(formatted) > mostBytes ? plain : formatted;
}

/** The message that a thread begins with. */
export function titleContent(title: string, transaction: string): Fields {
  const body = safe(title)
    .replace(/\s+/g, ' ')
    .slice(0, 400)
    .replace(/\p{Cs}/gu, '');
  const html = `<strong>${escapeHtml(body)}</strong>`;
  return {
    msgtype: 'm.text',
    body,
    format: 'org.matrix.custom.html',
    formatted_body: html,
    ...common(transaction, nowhere),
  };
}

export interface Uploaded {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** `mxc://…` */
  readonly uri: string;
}

export function fileContent({ name, mediaType, bytes, uri }: Uploaded, transaction: string, relating: Relating): Fields {
  const kind = mediaType.startsWith('image/') ? 'm.image' : 'm.file';
  const body = safe(name);
  return {
    msgtype: kind,
    body,
    filename: body,
    url: uri,
    info: { mimetype: mediaType, size: bytes },
    ...common(transaction, relating),
  };
}

const common = (transaction: string, relating: Relating): Fields => ({
  'm.mentions': {},
  [transactionKey]: transaction,
  ...relationOf(relating),
});

/** https://spec.matrix.org/v1.12/client-server-api/#fallback-for-unthreaded-clients */
function relationOf({ root, last, replyTo }: Relating): Fields {
  if (root === null) return replyTo === null ? {} : { 'm.relates_to': { 'm.in_reply_to': { event_id: replyTo } } };
  return {
    'm.relates_to': {
      rel_type: 'm.thread',
      event_id: root,
      is_falling_back: replyTo === null,
      'm.in_reply_to': { event_id: replyTo ?? last ?? root },
    },
  };
}

/** Neither control characters nor such as turn the direction of text; no halves of characters. */
const safe = (text: string): string =>
  text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');

const sizeOf = (content: Fields): number => Buffer.byteLength(JSON.stringify(content));
