import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { backOff } from '../bridge/back-off.ts';
import { isDue, keep, type Listening, type Progress, RoundError } from './delivery.ts';
import type { RoomEvent } from './events.ts';
import { back, missed } from './gap.ts';
import type { Refused } from './history.ts';
import { detailOf, later, type Trouble } from './missing.ts';
import { advanced, type Place, readPlace } from './place.ts';
import { type Room, successorIn } from './room.ts';
import { troubleOf } from './session.ts';
import type { MatrixSettings } from './settings.ts';
import { type Synced, sync, type Timeline } from './sync.ts';

/** How long the homeserver waits for something to tell. */
const pollMs = 30_000;
/** When nothing but a person can help, it is looked again this often. */
const lackingMs = 30_000;
/** Times in a row that a homeserver may refuse the place that it gave itself. */
const mostRecoveries = 3;

/** Listens until it is stopped, or the token is good for nothing any more. */
export async function listen(listening: Listening, cursor: string | null, stop: AbortSignal): Promise<void> {
  const { session, room, clock, note } = listening;
  let progress: Progress | null = null;
  for (let failures = 0; !stop.aborted; ) {
    try {
      await entered(listening, stop);
      progress ??= beginning(cursor, room.id() ?? '');
      await round(listening, progress, stop);
      failures = 0;
    } catch (error) {
      if (stop.aborted) break;
      const trouble = error instanceof RoundError ? error.trouble : later(messageOf(error));
      const lost = session.lost();
      if (lost !== null) {
        note({ phase: 'stopped', retryAt: null, detail: lost.detail });
        break;
      }
      failures += 1;
      if (progress !== null) progress.origin = 'catchup';
      const pause = pauseOf(trouble, failures, clock);
      const retryAt = new Date(clock.date().getTime() + pause).toISOString();
      note({ phase: 'waiting', consecutiveFailures: failures, retryAt, detail: detailOf(trouble) });
      await clock.sleep(pause, stop);
    }
  }
}

const pauseOf = (trouble: Trouble, failures: number, clock: ConnectorClock): number => {
  if (trouble.is === 'lacking') return lackingMs;
  return Math.max(trouble.retryAfterMs ?? 0, backOff(failures, clock.random));
};

const beginning = (cursor: string | null, room: string): Progress => ({
  place: readPlace(cursor, room),
  keptAt: null,
  recoveries: 0,
  origin: 'catchup',
  sought: false,
});

/** That we are not in the room, or that it is encrypted, keeps nobody from listening: it is how an end of that becomes known. */
async function entered({ session, room }: Listening, stop: AbortSignal): Promise<void> {
  const trouble = (await session.begin(stop)) ?? (await room.enter(stop));
  if (trouble !== null && (session.lost() !== null || room.id() === null || trouble.is === 'later'))
    throw new RoundError(trouble);
}

async function round(listening: Listening, progress: Progress, stop: AbortSignal): Promise<void> {
  const { place } = progress;
  if (place === null) await begin(listening, progress, stop);
  else await goOn(listening, progress, place, stop);
}

/** A first start: from now on. The homeserver keeps answers to equal requests for a while: none is equal to this one. */
async function begin(listening: Listening, progress: Progress, stop: AbortSignal): Promise<void> {
  const synced = await initial(listening, stop);
  const { timeline } = synced;
  if (timeline !== null) await hear(listening, timeline, stop);
  const room = listening.room.id() ?? '';
  const start = { room, since: synced.next, joined: timeline?.membership === 'join', last: [], at: 0 };
  const place = advanced(start, timeline?.events ?? []);
  await keep(listening, progress, { place, events: [] }, stop);
  progress.sought = true;
  progress.origin = 'live';
  alive(listening);
  await answerInvitation(listening, progress, synced, stop);
}

async function initial({ session, room, settings, clock }: Listening, stop: AbortSignal): Promise<Synced> {
  const timeoutMs = 1 + (clock.date().getTime() % 9_999_991);
  return unwrapped(await sync(session, { room: room.id() ?? '', since: null, timeoutMs }, settings.userId, stop), settings);
}

async function goOn(listening: Listening, progress: Progress, place: Place, stop: AbortSignal): Promise<void> {
  const { session, room, settings } = listening;
  const timeoutMs = progress.origin === 'live' ? pollMs : 0;
  const answer = await sync(session, { room: place.room, since: place.since, timeoutMs }, settings.userId, stop);
  if ('kind' in answer && answer.kind === 'refused' && answer.status === 400) {
    await recover(listening, progress, place, stop);
    return;
  }
  const synced = unwrapped(answer, settings);
  const { timeline } = synced;
  const next: Place = { ...place, since: synced.next, joined: timeline === null ? place.joined : timeline.membership === 'join' };
  if (timeline !== null) {
    await hear(listening, timeline, stop);
    const events = await missed(listening, progress, { place, timeline }, stop);
    await keep(listening, progress, { place: advanced(next, events), events }, stop);
  } else if (isDue(listening, progress, next)) await keep(listening, progress, { place: next, events: [] }, stop);
  else progress.place = next;
  progress.recoveries = 0;
  progress.origin = 'live';
  alive(listening);
  await answerInvitation(listening, progress, synced, stop);
  if (room.isJoined() || progress.sought) return;
  // It may have come before the place, and not have been from an operator then.
  progress.sought = true;
  await answerInvitation(listening, progress, await initial(listening, stop), stop);
}

function unwrapped(answer: Synced | Refused, { userId }: MatrixSettings): Synced {
  if ('kind' in answer) throw new RoundError(troubleOf(answer, userId));
  return answer;
}

function alive({ room, clock, note }: Listening): void {
  room.heard({});
  const detail = room.isJoined() ? 'it listens' : 'it waits for an invitation';
  note({ phase: 'live', consecutiveFailures: 0, retryAt: null, lastContact: clock.date().toISOString(), detail });
}

/** What a timeline says of the room itself. */
async function hear({ room }: Listening, timeline: Timeline, stop: AbortSignal): Promise<void> {
  const told = [...timeline.state, ...timeline.events];
  room.heard({ joined: timeline.membership === 'join' });
  if (told.some(({ type, stateKey }) => type === 'm.room.encryption' && stateKey === '')) room.heard({ encrypted: true });
  else if (told.some(({ type }) => type === 'm.room.encrypted')) await looked(room, stop);
  const tombstone = told.findLast(({ type, stateKey }) => type === 'm.room.tombstone' && stateKey === '');
  if (tombstone !== undefined) room.heard({ replacedBy: successorIn(tombstone.content) });
}

/** Anybody can send what looks encrypted: whether the room is, its state says. */
async function looked(room: Room, stop: AbortSignal): Promise<void> {
  const trouble = await room.look(stop);
  if (trouble !== null && trouble.is === 'later') throw new RoundError(trouble);
}

/** The homeserver does not know its own place any more: from the newest event back to those that are in the journal. */
async function recover(listening: Listening, progress: Progress, place: Place, stop: AbortSignal): Promise<void> {
  progress.recoveries += 1;
  if (progress.recoveries > mostRecoveries)
    throw new RoundError(later('the homeserver refuses every place in its stream that it has given'));
  listening.note({ phase: 'catching-up', detail: 'the homeserver refuses the place where it was left: it reads backwards' });
  progress.origin = 'catchup';
  const { next, timeline } = await initial(listening, stop);
  const events = timeline?.events ?? [];
  if (timeline !== null) await hear(listening, timeline, stop);
  const last = events.findLastIndex(({ id }) => place.last.includes(id));
  const isEnd = ({ id }: RoomEvent): boolean => place.last.includes(id);
  const older = last === -1 && timeline?.limited ? await back(listening, { place, before: timeline.before, isEnd }, stop) : [];
  const news = [...older, ...events.slice(last + 1)];
  const joined = timeline?.membership === 'join';
  await keep(listening, progress, { place: { ...advanced(place, news), since: next, joined }, events: news }, stop);
  progress.sought = false;
}

/** Only into the room of the roster, and only by whom it names. */
async function answerInvitation(listening: Listening, progress: Progress, { inviter }: Synced, stop: AbortSignal): Promise<void> {
  const { session, room, operators, settings, note } = listening;
  const id = room.id();
  if (inviter === null || id === null || room.isJoined()) return;
  if (!operators.includes(inviter)) {
    note({ detail: 'somebody who is no operator invites into the room: that is not accepted' });
    return;
  }
  const reply = await session.call({ method: 'POST', path: `/_matrix/client/v3/join/${encodeURIComponent(id)}`, body: {} }, stop);
  const trouble = reply.kind === 'ok' ? await room.look(stop) : troubleOf(reply, settings.userId);
  if (trouble === null) return;
  progress.sought = false;
  throw new RoundError(trouble);
}
