import { isFields, isText } from '../../model/shape.ts';
import { advance, type Place, placeIn, settle } from './place.ts';
import type { Answer, Rest } from './rest.ts';
import { type ApiChannel, type ApiMessage, isThread, list, readChannel, readMessage } from './shapes.ts';
import { compareIds, idAt, isAfter, isSnowflake, latest, type Snowflake, timeOfId } from './snowflake.ts';
import type { Threads } from './threads.ts';

export interface CatchUpDeps {
  readonly rest: Rest;
  readonly threads: Threads;
  readonly channelId: Snowflake;
  readonly guildId: Snowflake;
  /** Resolves once all of it is safe, with the place behind it. `null`: the place may not be kept yet. */
  readonly deliver: (messages: readonly ApiMessage[], place: Place) => Promise<void>;
}

/** It could not be read to the end; what was delivered stays so. */
export class CatchUpError extends Error {}

const perPage = 100;
/** Ids are given by many machines, whose clocks are not quite the same. */
const marginMs = 60_000;

/** Reads all that came after `place`, in the channel and in each of its threads, and moves it there. Rejects with a `CatchUpError`. */
export async function catchUp(deps: CatchUpDeps, place: Place, stop: AbortSignal): Promise<void> {
  const channels = await channelsOf(deps, place, stop);
  const newest = latest(channels.flatMap(({ lastMessageId }) => lastMessageId ?? []));
  for (const channel of channels) {
    if (channel.id === deps.channelId || isAfter(channel.lastMessageId ?? '0', placeIn(place, channel.id)))
      await readOn(deps, channel, place, stop);
  }
  if (newest === '0') return;
  settle(place, idAt(timeOfId(newest) - marginMs));
  await deps.deliver([], place);
}

/** The channel, and its threads that may have anything new. */
export async function channelsOf(
  { rest, threads, channelId, guildId }: Pick<CatchUpDeps, 'rest' | 'threads' | 'channelId' | 'guildId'>,
  place: Place,
  stop: AbortSignal,
): Promise<readonly ApiChannel[]> {
  const own = readChannel(bodyOf(await rest.ask(`/channels/${channelId}`, stop)));
  if (own === null) throw new CatchUpError('what it says of the channel makes no sense');
  const active = threadsIn(bodyOf(await rest.ask(`/guilds/${guildId}/threads/active`, stop)));
  const archived = await archivedSince(rest, channelId, timeOfId(place.floor) - marginMs, stop);
  const hidden = await rest.ask(`/channels/${channelId}/users/@me/threads/archived/private?limit=100`, stop);
  const found = [...active, ...archived, ...(hidden.kind === 'ok' ? threadsIn(hidden.body) : [])];
  const ours = new Map(found.filter(({ parentId }) => parentId === channelId).map((thread) => [thread.id, thread]));
  for (const thread of ours.values()) threads.note(thread);
  return [own, ...ours.values()];
}

/** Those that were archived since, newest first, page by page. */
async function archivedSince(rest: Rest, channelId: Snowflake, since: number, stop: AbortSignal): Promise<readonly ApiChannel[]> {
  const found: ApiChannel[] = [];
  for (let before: string | null = null; ; ) {
    const query = before === null ? '' : `&before=${encodeURIComponent(before)}`;
    const body = bodyOf(await rest.ask(`/channels/${channelId}/threads/archived/public?limit=${perPage}${query}`, stop));
    const page = threadsIn(body);
    found.push(...page);
    const last = page.at(-1)?.archivedAt ?? null;
    if (last === null || last === before || Date.parse(last) < since || !(isFields(body) && body.has_more === true)) return found;
    before = last;
  }
}

const threadsIn = (body: unknown): readonly ApiChannel[] =>
  isFields(body)
    ? list(body.threads)
        .flatMap((each) => readChannel(each) ?? [])
        .filter(isThread)
    : [];

/** Pages come newest first, and the first page holds what is next after the place. */
async function readOn(
  { rest, threads, deliver }: CatchUpDeps,
  channel: ApiChannel,
  place: Place,
  stop: AbortSignal,
): Promise<void> {
  for (;;) {
    const after = placeIn(place, channel.id);
    const answer = await rest.ask(`/channels/${channel.id}/messages?after=${after}&limit=${perPage}`, stop);
    if (answer.kind === 'denied' && answer.status === 404 && isThread(channel)) return threads.forget(channel.id);
    if (answer.kind === 'denied' && isThread(channel)) return;
    const page = list(bodyOf(answer));
    const ids = page.flatMap((each) => (isFields(each) && isSnowflake(each.id) ? each.id : []));
    const end = latest(ids);
    // What was deleted again is not among them.
    advance(place, channel.id, page.length < perPage ? latest([end, channel.lastMessageId ?? '0']) : end);
    const messages = page.flatMap((each) => readMessage(each) ?? []).sort((a, b) => compareIds(a.id, b.id));
    if (page.length > 0) await deliver(messages, place);
    if (page.length < perPage) return;
    if (!isAfter(placeIn(place, channel.id), after)) throw new CatchUpError('it gives the same page again and again');
  }
}

function bodyOf(answer: Answer): unknown {
  switch (answer.kind) {
    case 'ok':
      return answer.body;
    case 'denied':
      throw new CatchUpError(isText(answer.message) ? `Discord says: ${answer.message} (${answer.code})` : 'refused');
    case 'limited':
      throw new CatchUpError('the server limits the rate');
    case 'unauthorized':
      throw new CatchUpError('Discord does not accept the token');
    default:
      throw new CatchUpError(answer.detail);
  }
}
