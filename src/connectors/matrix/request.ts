import type { ConnectorClock } from '../../model/connectors.ts';
import { type Fields, isCount, isFields, isText } from '../../model/shape.ts';
import { type Wire, type WireAnswer, WireError, type WireRequest } from './wire.ts';

/** What came of a request. Judged by status and `errcode` alone, never by what a text says. */
export type Reply =
  | { readonly kind: 'ok'; readonly fields: Fields; readonly body: Uint8Array }
  /** The homeserver says no. `soft`: the token is only expired. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly errcode: string;
      readonly soft: boolean;
      readonly detail: string;
    }
  /** `retryAfterMs`: as the server says, `null` where it does not. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number | null; readonly detail: string }
  /** The answer comes from elsewhere, or makes no sense, or there is none. `sent`: the homeserver may have done what was asked. */
  /** `location`: where it redirects to. */
  | { readonly kind: 'failed'; readonly sent: boolean; readonly detail: string; readonly location?: string };

export interface Ask {
  readonly method: WireRequest['method'];
  readonly url: string;
  readonly token: string | null;
  /** JSON, bytes with their media type, or nothing. */
  readonly body?: Fields | { readonly bytes: Uint8Array<ArrayBuffer>; readonly mediaType: string };
  readonly withinMs: number;
  readonly mostBytes?: number;
  /** Whatever is answered with 200 is right, JSON or not. */
  readonly raw?: boolean;
}

const usualMostBytes = 64 * 1024 * 1024;

/** One request, with a time-out that covers its whole answer. Never rejects. */
export async function ask(wire: Wire, clock: ConnectorClock, request: Ask, stop?: AbortSignal): Promise<Reply> {
  const first = await attempt(wire, clock, request, stop);
  // A connection that was kept, and closed by a server that was started anew meanwhile, tells nothing of the server that is there now.
  if (!('stale' in first) || !first.stale || request.method === 'POST' || stop?.aborted === true) return plain(first);
  const second = plain(await attempt(wire, clock, request, stop));
  return second.kind === 'failed' ? { ...second, sent: true } : second;
}

type Failed = Reply & { readonly kind: 'failed' };
type Attempt = Reply | (Failed & { readonly stale: boolean });

const plain = (attempt: Attempt): Reply =>
  'stale' in attempt ? { kind: 'failed', sent: attempt.sent, detail: attempt.detail } : attempt;

async function attempt(wire: Wire, clock: ConnectorClock, request: Ask, stop?: AbortSignal): Promise<Attempt> {
  const over = new AbortController();
  const onStop = (): void => over.abort();
  stop?.addEventListener('abort', onStop, { once: true });
  if (stop?.aborted === true) onStop();
  const done = new AbortController();
  const late = clock.sleep(request.withinMs, done.signal).then(() => over.abort());
  try {
    return judge(await wire(written(request), over.signal), request.raw === true);
  } catch (error) {
    const { sent, stale, message } = error instanceof WireError ? error : { sent: true, stale: false, message: String(error) };
    return { kind: 'failed', sent, detail: message, stale };
  } finally {
    stop?.removeEventListener('abort', onStop);
    done.abort();
    await late;
  }
}

function written({ method, url, token, body, mostBytes = usualMostBytes }: Ask): WireRequest {
  const headers = { accept: 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) };
  if (body === undefined) return { method, url, headers, body: null, mostBytes };
  if (isBytes(body)) return { method, url, headers: { ...headers, 'content-type': body.mediaType }, body: body.bytes, mostBytes };
  return { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body), mostBytes };
}

const isBytes = (body: NonNullable<Ask['body']>): body is { bytes: Uint8Array<ArrayBuffer>; mediaType: string } =>
  body.bytes instanceof Uint8Array;

function judge(answer: WireAnswer, raw: boolean): Reply {
  const { status, body } = answer;
  if (status === 200 && raw) return { kind: 'ok', fields: {}, body };
  const fields = fieldsIn(body);
  if (status === 200)
    return fields === null
      ? { kind: 'failed', sent: true, detail: `the answer is no JSON, but ${looks(answer)}` }
      : { kind: 'ok', fields, body };
  if (status >= 300 && status < 400) return { kind: 'failed', sent: false, ...redirection(answer.header('location')) };
  const errcode = fields === null || !isText(fields.errcode) ? null : fields.errcode;
  if (status === 429) return { kind: 'limited', retryAfterMs: delayOf(answer, fields), detail: 'the server limits the rate' };
  if (errcode === null || status >= 500)
    return { kind: 'failed', sent: true, detail: `status ${status} with ${errcode === null ? looks(answer) : word(errcode)}` };
  const soft = fields?.soft_logout === true;
  return { kind: 'refused', status, errcode: word(errcode), soft, detail: `status ${status}, ${word(errcode)}` };
}

/** Some say whole seconds in the header, and milliseconds in the body: the longer one holds. */
function delayOf(answer: WireAnswer, fields: Fields | null): number | null {
  const header = Number(answer.header('retry-after') ?? Number.NaN);
  const told = [header * 1000, fields?.retry_after_ms].filter((value): value is number => isCount(value));
  return told.length === 0 ? null : Math.ceil(Math.max(...told));
}

/** What people are told of an answer holds none of its text. */
const looks = ({ header, body }: WireAnswer): string => {
  const type = word((header('content-type') ?? '').split(';')[0] ?? '');
  return `${body.length} bytes of ${type === '' ? 'unknown kind' : type}`;
};

const redirection = (location: string | null): { readonly detail: string; readonly location?: string } => {
  const url = location !== null && URL.canParse(location) ? new URL(location) : null;
  const detail = `it redirects to ${url?.origin ?? 'elsewhere'}, which is not followed`;
  return url === null ? { detail } : { detail, location: url.href };
};

const word = (text: string): string => text.replace(/[^\w./+-]/g, '').slice(0, 80);

function fieldsIn(body: Uint8Array): Fields | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}
