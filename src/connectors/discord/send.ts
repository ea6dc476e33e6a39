import { createHash } from 'node:crypto';
import type { OutboundPart } from '../../model/chat-messages.ts';
import type { ConnectorClock, FindResult, SendResult } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { Echoes } from './echoes.ts';
import { findPart } from './find.ts';
import { openFrom, titleFrom } from './open-thread.ts';
import { cannotSpeak, type Denial, type Failure, isPermission, noSuchChannel, outcomeOf } from './outcome.ts';
import type { Answer, Rest, UploadFile } from './rest.ts';
import type { DiscordSettings } from './settings.ts';
import { readMessage } from './shapes.ts';
import { isSnowflake, type Snowflake } from './snowflake.ts';
import type { State } from './state.ts';
import type { Threads } from './threads.ts';
import { uploadsOf } from './uploads.ts';

export interface SendDeps {
  readonly rest: Rest;
  readonly clock: ConnectorClock;
  readonly settings: DiscordSettings;
  readonly threads: Threads;
  readonly echoes: Echoes;
  readonly state: State;
  readonly fleet: string;
}

/** One part, once. */
export async function sendPart(deps: SendDeps, part: OutboundPart): Promise<SendResult> {
  const target = targetOf(part, deps);
  if (typeof target !== 'string') return target;
  const begun = deps.threads.openingOf(part.transaction);
  if (part.newThread !== null && begun !== null) return openThread(deps, part.newThread, begun);
  const uploads = await uploadsOf(part.attachments);
  if (uploads.kind === 'refused') return uploads.result;
  const nonce = nonceOf(deps, part);
  const echoed = deps.echoes.of(nonce);
  const posted: Posted =
    echoed === null
      ? await post(deps, { part, target, nonce, files: uploads.files })
      : { kind: 'there', id: echoed, again: true };
  if (posted.kind === 'not') return posted.result;
  if (part.newThread === null) return { outcome: posted.again ? 'duplicate' : 'accepted', ids: [posted.id] };
  return beginThread(deps, part.transaction, part.newThread, posted.id);
}

/** Looks whether a part has arrived, for when Discord no longer knows its nonce. A thread that it was to open is opened. */
export async function findSent(deps: SendDeps, part: OutboundPart): Promise<FindResult> {
  const target = targetOf(part, deps);
  if (typeof target !== 'string') return { found: 'no' };
  const nonce = nonceOf(deps, part);
  const id = deps.threads.openingOf(part.transaction) ?? deps.echoes.of(nonce);
  const found = id === null ? await findPart(deps, { part, target, nonce }) : { found: 'yes' as const, ids: [id] };
  const [message] = found.found === 'yes' ? found.ids : [];
  if (part.newThread === null || message === undefined) return found;
  const opened = await beginThread(deps, part.transaction, part.newThread, message);
  if ('ids' in opened)
    return { found: 'yes', ids: opened.ids, ...(opened.threadId !== undefined && { threadId: opened.threadId }) };
  return { found: 'unknown', detail: 'its thread is not open yet' };
}

/** The channel or thread that a part goes to. */
function targetOf(part: OutboundPart, { settings }: SendDeps): Snowflake | SendResult {
  const rejected = (reason: string, detail: string): SendResult => ({ outcome: 'rejected', reason, detail });
  if (part.conversationId !== null && part.conversationId !== settings.channelId)
    return rejected('elsewhere', `channel ${part.conversationId} is not the one of the roster`);
  if (part.threadId === null || part.newThread !== null) return settings.channelId;
  return isSnowflake(part.threadId) ? part.threadId : rejected('no-thread', `${part.threadId} is no id of a thread`);
}

/** Discord takes 25 characters. The same part has the same one, also after a restart. */
const nonceOf = ({ fleet }: SendDeps, { transaction }: OutboundPart): string =>
  createHash('sha256').update(`${fleet}\n${transaction}`).digest('base64url').slice(0, 24);

type Posted =
  | { readonly kind: 'there'; readonly id: Snowflake; readonly again: boolean }
  | { readonly kind: 'not'; readonly result: SendResult };

interface Posting {
  readonly part: OutboundPart;
  readonly target: Snowflake;
  readonly nonce: string;
  readonly files: readonly UploadFile[];
}

/** Posts it; where what stands in the way can be put aside for certain, does so, and posts it once more. */
async function post(deps: SendDeps, posting: Posting): Promise<Posted> {
  let withReference = posting.part.replyToId !== null && posting.part.replyToId !== posting.target;
  for (let moved = 0; ; moved += 1) {
    const answer = await deps.rest.call(request(posting, withReference));
    if (answer.kind === 'ok') return arrived(answer, deps);
    const denial = answer.kind === 'denied' ? answer : null;
    if (denial === null || moved > 1) return { kind: 'not', result: outcomeOf(answer) };
    if (withReference && isAboutReference(denial)) withReference = false;
    else {
      const obstacle = await clear(deps, posting.target, denial);
      if (obstacle !== null) return { kind: 'not', result: obstacle };
    }
  }
}

function request({ part, target, nonce, files }: Posting, withReference: boolean): Parameters<Rest['call']>[0] {
  const json = {
    content: part.text,
    nonce,
    enforce_nonce: true,
    // Left out, it would mean everybody who is named in the text.
    allowed_mentions: { parse: [], replied_user: false },
    ...(withReference && { message_reference: { message_id: part.replyToId, fail_if_not_exists: false } }),
    ...(files.length > 0 && { attachments: files.map(({ name }, id) => ({ id, filename: name })) }),
  };
  return { method: 'POST', path: `/channels/${target}/messages`, json, ...(files.length > 0 && { files }) };
}

function arrived(answer: Answer & { readonly kind: 'ok' }, { state }: SendDeps): Posted {
  const message = readMessage(answer.body);
  if (message === null) return { kind: 'not', result: { outcome: 'unknown', detail: 'what it answers is no message' } };
  state.lack('send', []);
  return { kind: 'there', id: message.id, again: false };
}

const isAboutReference = ({ code, at }: Denial): boolean =>
  code === 10_008 || (code === 50_035 && at.some((field) => field.startsWith('message_reference')));

/** `null`: it is out of the way. */
async function clear(deps: SendDeps, target: Snowflake, denial: Denial): Promise<SendResult | null> {
  const { rest, settings, state, threads } = deps;
  const isMain = target === settings.channelId;
  if (denial.code === 50_083) {
    const reopened = await rest.call({ method: 'PATCH', path: `/channels/${target}`, json: { archived: false } });
    return reopened.kind === 'ok' ? null : outcomeOf(reopened);
  }
  if (denial.code === 10_003 && isMain) {
    state.lack('send', [noSuchChannel]);
    return { outcome: 'unavailable', detail: noSuchChannel.detail, retryAfterMs: 60_000 };
  }
  if (denial.code === 10_003 && !threads.has(target)) return threadOf(deps, target);
  if (denial.code === 10_003) threads.forget(target);
  if (isPermission(denial)) state.lack('send', [cannotSpeak(isMain ? 'in the channel' : `in thread ${target}`)]);
  return outcomeOf(denial);
}

/** A thread that nobody has opened yet begins with the message whose id it has. */
async function threadOf(deps: SendDeps, messageId: Snowflake): Promise<SendResult | null> {
  const title = await titleFrom(deps, messageId);
  if (title.kind === 'not') return title.answer.kind === 'denied' ? gone : outcomeOf(title.answer);
  const opened = await openFrom(deps, messageId, title.title);
  if (opened.kind === 'open') return null;
  return opened.answer.kind === 'denied' && opened.answer.code === 10_003 ? gone : outcomeOf(opened.answer);
}

const gone: SendResult = { outcome: 'rejected', reason: 'thread-gone', detail: 'the thread was deleted, or never was' };

/** From here on the message is there: whatever becomes of the thread, it is not posted again. */
async function beginThread(deps: SendDeps, transaction: string, title: string, messageId: Snowflake): Promise<SendResult> {
  try {
    await deps.threads.opening(transaction, messageId);
  } catch (error) {
    return { outcome: 'unknown', detail: messageOf(error) };
  }
  return openThread(deps, title, messageId);
}

async function openThread(deps: SendDeps, title: string, messageId: Snowflake): Promise<SendResult> {
  const opened = await openFrom(deps, messageId, title);
  if (opened.kind === 'open') return { outcome: 'accepted', ids: [messageId], threadId: messageId };
  return withoutThread(deps, opened.answer, messageId);
}

/** Where there can be no thread it is said in the channel. */
function withoutThread({ state }: SendDeps, answer: Failure, messageId: Snowflake): SendResult {
  if (answer.kind !== 'denied') {
    const result = outcomeOf(answer);
    // It is there, so it must not count as never tried.
    return result.outcome === 'unavailable' ? { ...result, outcome: 'unknown' } : result;
  }
  if (isPermission(answer))
    state.lack('send', [
      {
        what: 'CREATE_PUBLIC_THREADS',
        detail: 'the bot may not open threads: what was to begin one is said in the channel',
        remedy: 'allow it Create Public Threads, in the permissions of the channel',
      },
    ]);
  return { outcome: 'accepted', ids: [messageId] };
}
