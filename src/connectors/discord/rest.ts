import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { isCount, isFields, isText } from '../../model/shape.ts';
import { type Limits, limits, type Route } from './limits.ts';
import { fieldsIn, jsonIn } from './shapes.ts';
import { type Wire, type WireAnswer, WireError, type WireRequest } from './wire.ts';

/** What became of a request. */
export type Answer =
  | { readonly kind: 'ok'; readonly body: unknown }
  /** Not made, or turned away: come back later. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** Nothing was done: nobody there, or something in front of Discord does not let it pass. */
  | { readonly kind: 'unsent'; readonly detail: string; readonly retryAfterMs?: number }
  /** It may have been done. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** The token is not accepted; it is not used again. */
  | { readonly kind: 'unauthorized' }
  /** Discord's own no. `code` is its number for it, 0 where it has none; `at`: the fields that are wrong. */
  | {
      readonly kind: 'denied';
      readonly status: number;
      readonly code: number;
      readonly message: string;
      readonly at: readonly string[];
    };

export interface RestRequest {
  readonly method: WireRequest['method'];
  /** Below the base URL, such as `/channels/1/messages?limit=1`. */
  readonly path: string;
  /** JSON; the body `null` sends none. */
  readonly json?: unknown;
  readonly files?: readonly UploadFile[];
}

export interface UploadFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Rest {
  /** One request, once. Never rejects. */
  call(request: RestRequest, stop?: AbortSignal): Promise<Answer>;
  /** The same for what changes nothing: waits where it is limited. */
  ask(path: string, stop: AbortSignal): Promise<Answer>;
  /** By how much the server's clock is ahead, in milliseconds, to the second; `null`: it has not told its time. */
  skewMs(): number | null;
}

export interface RestDeps {
  readonly wire: Wire;
  readonly clock: ConnectorClock;
  readonly base: string;
  readonly token: string;
  /** Told of each answer: whether the server could be reached, and whether it knows us. */
  readonly heard: (news: { readonly reachable: boolean; readonly authenticated?: boolean; readonly detail?: string }) => void;
}

const answerMs = 10_000;
const uploadMs = 120_000;
/** Times that a question is put again because of a limit. */
const mostWaits = 20;
/** Discord asks for a name and a place; without, it does not answer. */
const userAgent = 'DiscordBot (https://www.npmjs.com/package/musterd, 1)';

export function restClient({ wire, clock, base, token, heard }: RestDeps): Rest {
  const bounds: Limits = limits(clock.now);
  let refused = false;
  let skew: number | null = null;

  const made = async (request: RestRequest, route: Route, stop: AbortSignal): Promise<Answer> => {
    bounds.spend(route);
    try {
      const answer = await wire.request(wireRequest(request, base, token), stop);
      skew = skewOf(answer, clock.date()) ?? skew;
      const result = judged(answer, bounds.learn(route, answer));
      refused ||= result.kind === 'unauthorized';
      if (result.kind === 'unsent') heard({ reachable: false, detail: result.detail });
      else heard({ reachable: true, authenticated: !refused });
      return result;
    } catch (error) {
      const detail = messageOf(error).replaceAll(token, '[token]');
      heard({ reachable: false, detail });
      return error instanceof WireError && !error.sent ? { kind: 'unsent', detail } : { kind: 'lost', detail };
    }
  };

  const call = async (request: RestRequest, stop?: AbortSignal): Promise<Answer> => {
    if (refused) return { kind: 'unauthorized' };
    const route = routeOf(request);
    const wait = bounds.waitFor(route);
    if (wait > 0) return { kind: 'limited', retryAfterMs: wait };
    return within(clock, request.files === undefined ? answerMs : uploadMs, stop, (signal) => made(request, route, signal));
  };

  return {
    call,
    ask: async (path, stop) => {
      for (let waits = 0; ; waits += 1) {
        const answer = await call({ method: 'GET', path }, stop);
        if (answer.kind !== 'limited' || waits >= mostWaits || stop.aborted) return answer;
        await clock.sleep(answer.retryAfterMs, stop);
      }
    },
    skewMs: () => skew,
  };
}

/** Calls with a signal that is aborted after so long, or with `stop`. */
async function within<T>(
  clock: ConnectorClock,
  milliseconds: number,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const done = new AbortController();
  const onStop = (): void => limit.abort();
  if (stop?.aborted) limit.abort();
  stop?.addEventListener('abort', onStop, { once: true });
  void clock.sleep(milliseconds, done.signal).then(() => limit.abort());
  try {
    return await work(limit.signal);
  } finally {
    stop?.removeEventListener('abort', onStop);
    done.abort();
  }
}

function wireRequest({ method, path, json, files }: RestRequest, base: string, token: string): WireRequest {
  const headers = { authorization: `Bot ${token}`, 'user-agent': userAgent, accept: 'application/json' };
  const url = base + path;
  if (files !== undefined) return { method, url, headers, body: form(json, files) };
  if (json === undefined) return { method, url, headers, body: null };
  return { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) };
}

function form(json: unknown, files: readonly UploadFile[]): FormData {
  const data = new FormData();
  data.set('payload_json', JSON.stringify(json));
  for (const [index, { name, bytes }] of files.entries()) data.set(`files[${index}]`, new Blob([bytes]), name);
  return data;
}

/** Limits are by method and path; of the ids in it only that of a channel or guild counts. */
function routeOf({ method, path }: RestRequest): Route {
  const [plain = ''] = path.split('?');
  const major = /^\/(?:channels|guilds)\/(\d+)/.exec(plain)?.[1] ?? '';
  return { name: `${method} ${plain.replace(/\d{15,20}/g, '#')}`, of: major };
}

function judged(answer: WireAnswer, delay: number | null): Answer {
  const { status, text } = answer;
  if (delay !== null) return { kind: 'limited', retryAfterMs: delay };
  if (status === 204) return { kind: 'ok', body: null };
  if (status >= 200 && status < 300) {
    const body = jsonIn(text);
    return body === undefined ? { kind: 'lost', detail: `no JSON came with status ${status}` } : { kind: 'ok', body };
  }
  const fields = fieldsIn(text);
  const isDiscord = fields !== null && isCount(fields.code) && isText(fields.message);
  if (isDiscord && fields.code === 130_000) return { kind: 'unsent', detail: 'Discord is overloaded', retryAfterMs: 5000 };
  if (status >= 500 || status === 408 || status < 400) return { kind: 'lost', detail: `it answers with status ${status}` };
  if (isDiscord && (status === 401 || [40_001, 40_002].includes(Number(fields.code)))) return { kind: 'unauthorized' };
  if (isDiscord)
    return { kind: 'denied', status, code: Number(fields.code), message: String(fields.message), at: wrongFields(fields.errors) };
  if (status === 413) return { kind: 'denied', status, code: 40_005, message: 'too large', at: [] };
  const detail = `something in front of Discord answers with status ${status} and no word of Discord's`;
  return { kind: 'unsent', detail, retryAfterMs: 60_000 };
}

/** Paths of what is wrong in a form: `errors` is nested by field, with `_errors` at the end. */
function wrongFields(errors: unknown, path = ''): string[] {
  if (!isFields(errors)) return [];
  return Object.entries(errors).flatMap(([key, value]) =>
    key === '_errors' ? [path] : wrongFields(value, path === '' ? key : `${path}.${key}`),
  );
}

function skewOf(answer: WireAnswer, now: Date): number | null {
  const date = Date.parse(answer.header('date') ?? '');
  return Number.isNaN(date) ? null : date - now.getTime();
}
