import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { isCount, isFields, isText } from '../../model/shape.ts';
import { backOff } from '../bridge/back-off.ts';
import { type ConnectionDeps, type ConnectionEnd, connection, type Session } from './connection.ts';
import { type IdentifyRecord, recentIdentifies, waitForServer, waitToIdentify } from './identify-budget.ts';
import type { Rest } from './rest.ts';
import { isGatewayOf } from './settings.ts';

export interface GatewayDeps extends Omit<ConnectionDeps, 'willIdentify'> {
  readonly rest: Rest;
  readonly base: string;
  readonly identifies: RecordLog<IdentifyRecord>;
  /** It waits for its next try. `failures` in a row, `retryInMs` from now. */
  readonly waiting: (pause: { readonly failures: number; readonly retryInMs: number; readonly detail: string }) => void;
  readonly connecting: () => void;
  /** Resolves when a session is to be given up for a new one. */
  readonly renewal: () => AbortSignal;
}

export type GatewayEnd =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'fatal'; readonly code: number }
  | { readonly kind: 'elsewhere'; readonly url: string };

/** So long has a connection to last before the failures before it are forgotten, in milliseconds. */
const stableMs = 600_000;
/** Resumptions in a row that came to nothing. */
const mostResumes = 5;

/**
 * Keeps a connection to the gateway until it is stopped or the server has said that it makes no sense. It pauses longer from failure to failure, and a new session
 * waits for its turn in the budget of IDENTIFYs.
 */
export async function runGateway(deps: GatewayDeps, stop: AbortSignal): Promise<GatewayEnd> {
  const { clock } = deps;
  let session: Session | null = null;
  let failures = 0;
  let resumes = 0;
  while (!stop.aborted) {
    deps.connecting();
    const turn: Turn = session === null ? await newTurn(deps, stop) : { kind: 'go', url: session.resumeUrl };
    if (turn.kind === 'end') return turn.end;
    const began = clock.now();
    const end: ConnectionEnd | null = turn.kind === 'go' ? await oneConnection(deps, turn.url, session, stop) : null;
    if (stop.aborted) break;
    if (end !== null && end.fatal !== null) return { kind: 'fatal', code: end.fatal };
    failures = clock.now() - began >= stableMs ? 1 : failures + 1;
    resumes = session !== null && clock.now() - began < stableMs ? resumes + 1 : 0;
    session = end === null || resumes >= mostResumes ? null : usable(end.session, deps);
    const retryInMs = turn.kind === 'wait' && turn.waitMs !== null ? turn.waitMs : backOff(failures, clock.random);
    const detail = turn.kind === 'wait' ? turn.detail : (end?.detail ?? '');
    deps.waiting({ failures, retryInMs, detail });
    await clock.sleep(retryInMs, stop);
  }
  return { kind: 'stopped' };
}

type Turn =
  | { readonly kind: 'go'; readonly url: string }
  /** `waitMs` `null`: as long as failures say. */
  | { readonly kind: 'wait'; readonly waitMs: number | null; readonly detail: string }
  | { readonly kind: 'end'; readonly end: GatewayEnd };

/** Whether a new session may be begun now: by our own count, then by the server's. */
async function newTurn({ rest, clock, identifies, base }: GatewayDeps, stop: AbortSignal): Promise<Turn> {
  const now = clock.date().getTime();
  const times = await timesOf(identifies);
  if (typeof times === 'string') return { kind: 'wait', waitMs: null, detail: times };
  const own = waitToIdentify(times, now);
  if (own > 0) return { kind: 'wait', waitMs: own, detail: 'it has begun a session not long ago' };
  const answer = await rest.ask('/gateway/bot', stop);
  if (answer.kind === 'unauthorized') return { kind: 'end', end: { kind: 'unauthorized' } };
  if (answer.kind === 'limited') return { kind: 'wait', waitMs: answer.retryAfterMs, detail: 'the server limits the rate' };
  if (answer.kind === 'denied') return { kind: 'wait', waitMs: null, detail: answer.message };
  if (answer.kind !== 'ok') return { kind: 'wait', waitMs: null, detail: answer.detail };
  const body = isFields(answer.body) ? answer.body : {};
  const limit = isFields(body.session_start_limit) ? body.session_start_limit : {};
  if (isCount(limit.remaining) && isCount(limit.reset_after)) {
    const theirs = waitForServer(limit.remaining, limit.reset_after);
    if (theirs > 0) return { kind: 'wait', waitMs: theirs, detail: 'the sessions that Discord allows in a day are used up' };
  }
  if (!isText(body.url)) return { kind: 'wait', waitMs: null, detail: 'it does not say where its gateway is' };
  if (!isGatewayOf(base, body.url)) return { kind: 'end', end: { kind: 'elsewhere', url: body.url } };
  return { kind: 'go', url: body.url };
}

/** What cannot be counted is not done. */
async function timesOf(identifies: RecordLog<IdentifyRecord>): Promise<readonly number[] | string> {
  try {
    return (await identifies.read()).records.map(({ at }) => Date.parse(at));
  } catch (error) {
    return messageOf(error);
  }
}

/** A session whose URL is not the server's own is not resumed: the token would go there. */
const usable = (session: Session | null, { base }: GatewayDeps): Session | null =>
  session !== null && isGatewayOf(base, session.resumeUrl) ? session : null;

async function oneConnection(deps: GatewayDeps, url: string, session: Session | null, stop: AbortSignal): Promise<ConnectionEnd> {
  const renewal = deps.renewal();
  const either = new AbortController();
  const onEither = (): void => either.abort();
  for (const signal of [stop, renewal]) signal.addEventListener('abort', onEither, { once: true });
  if (stop.aborted) either.abort();
  const willIdentify = async (): Promise<void> => {
    const at = deps.clock.date();
    await deps.identifies.append([{ format_version: '1.0', at: at.toISOString() }]);
    // Only room is lost.
    await deps.identifies.compact((records) => recentIdentifies(records, at.getTime())).catch(() => {});
  };
  const end = await connection({ ...deps, willIdentify }, withQuery(url), session, either.signal);
  for (const signal of [stop, renewal]) signal.removeEventListener('abort', onEither);
  return renewal.aborted ? { ...end, session: null, detail: 'the server told nothing of what was said' } : end;
}

function withQuery(url: string): string {
  const whole = new URL(url);
  whole.searchParams.set('v', '10');
  whole.searchParams.set('encoding', 'json');
  return whole.href;
}
