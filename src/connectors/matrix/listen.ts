import type { ConnectorClock, ConnectorHealth, InboundMessage, Receive } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { backOff } from '../bridge/back-off.ts';
import { messageIn, type RoomEvent } from './events.ts';
import { backUntil, page, type Refused } from './history.ts';
import type { Attach } from './media.ts';
import { detailOf, later, type Trouble } from './missing.ts';
import { advanced, type Place, readPlace, writePlace } from './place.ts';
import { type Room, successorIn } from './room.ts';
import { type Session, troubleOf } from './session.ts';
import type { MatrixSettings } from './settings.ts';
import { type Synced, sync, type Timeline } from './sync.ts';
import type { Threads } from './threads.ts';

export interface Listening {
  readonly session: Session;
  readonly room: Room;
  readonly threads: Threads;
  readonly settings: MatrixSettings;
  /** Whose invitations are accepted, and whose files are fetched. */
  readonly operators: readonly string[];
  readonly attach: Attach;
  readonly clock: ConnectorClock;
  readonly receive: Receive;
  readonly note: (change: Partial<ConnectorHealth>) => void;
}

/** How long the homeserver waits for something to tell. */
const pollMs = 30_000;
/** A cursor behind which nothing was said is kept this often. */
const idleCursorMs = 10 * 60_000;
/** When nothing but a person can help, it is looked again this often. */
const lackingMs = 30_000;
/** Times in a row that a homeserver may refuse the place that it gave itself. */
const mostRecoveries = 3;
/** Clocks of homeservers differ: what may be older than this by theirs was there before. */
const slackMs = 60 * 60_000;

/** What lasts from one sync to the next. */
interface Progress {
  place: Place | null;
  /** Since when the cursor that is kept is that of now, monotonic; `null`: it is not. */
  keptAt: number | null;
  /** How often in a row a place was refused. */
  recoveries: number;
  origin: InboundMessage['origin'];
  /** Whether it was looked for an invitation from before the place. */
  sought: boolean;
}

/** Thrown through the levels of one round, and nowhere else. */
class RoundError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(detailOf(trouble));
    this.trouble = trouble;
  }
}

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

/** Events of a timeline, behind what is missing before them. Nothing from before our own joining is among them. */
async function missed(
  listening: Listening,
  progress: Progress,
  { place, timeline }: { readonly place: Place; readonly timeline: Timeline },
  stop: AbortSignal,
): Promise<readonly RoomEvent[]> {
  const { session, settings, note } = listening;
  const { events, limited, before } = timeline;
  const isOwn = ({ type, stateKey }: RoomEvent): boolean => type === 'm.room.member' && stateKey === settings.userId;
  const isEntry = (event: RoomEvent): boolean => isOwn(event) && event.content.membership === 'join';
  if (!place.joined && timeline.membership === 'join') {
    const out = events.findLastIndex((event) => isOwn(event) && !isEntry(event));
    const entry = events.findIndex((event, index) => index > out && isEntry(event));
    if (entry !== -1 || !limited) return events.slice(entry + 1);
    return [...(await back(listening, { place, before, isEnd: isEntry }, stop)), ...events];
  }
  if (!limited || before === null) return events;
  note({ phase: 'catching-up', detail: 'it reads what it has missed' });
  progress.origin = 'catchup';
  const known = new Set(events.map(({ id }) => id));
  for (let from = place.since; ; ) {
    const answer = await page(session, { room: place.room, direction: 'f', from, to: before }, stop);
    if ('kind' in answer) {
      if (answer.kind !== 'refused') throw new RoundError(troubleOf(answer, settings.userId));
      // What can be told of a room that one was thrown out of is in the timeline.
      if (timeline.membership === 'leave') return events;
      const isEnd = ({ id }: RoomEvent): boolean => place.last.includes(id);
      return [...(await back(listening, { place, before, isEnd }, stop)), ...events];
    }
    const news = answer.events.filter(({ id }) => !known.has(id));
    await give(listening, progress, { events: news, cursor: null }, stop);
    // A homeserver that does not stop where it was asked to has come to what is here already.
    if (answer.end === null || news.length < answer.events.length) return events;
    from = answer.end;
  }
}

interface Backwards {
  readonly place: Place;
  readonly before: string | null;
  readonly isEnd: (event: RoomEvent) => boolean;
}

async function back(
  { session, settings }: Listening,
  { place, before, isEnd }: Backwards,
  stop: AbortSignal,
): Promise<readonly RoomEvent[]> {
  const isOver = (event: RoomEvent): boolean => isEnd(event) || event.at < place.at - slackMs;
  const found = await backUntil(session, { room: place.room, from: before }, isOver, stop);
  if ('kind' in found) throw new RoundError(troubleOf(found, settings.userId));
  return found.events;
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

/** Events with the place behind them are safe when it resolves. */
async function keep(
  listening: Listening,
  progress: Progress,
  { place, events }: { readonly place: Place; readonly events: readonly RoomEvent[] },
  stop: AbortSignal,
): Promise<void> {
  await give(listening, progress, { events, cursor: writePlace(place) }, stop);
  progress.place = place;
  progress.keptAt = listening.clock.now();
}

const isDue = ({ clock }: Listening, { place, keptAt }: Progress, next: Place): boolean =>
  keptAt === null || place?.joined !== next.joined || (clock.now() - keptAt >= idleCursorMs && place.since !== next.since);

async function give(
  { receive, room, threads, settings, operators, attach, note, clock }: Listening,
  { origin }: Progress,
  { events, cursor }: { readonly events: readonly RoomEvent[]; readonly cursor: string | null },
  stop: AbortSignal,
): Promise<void> {
  const reading = { userId: settings.userId, roomId: room.id() ?? '', origin, threadOf: threads.threadOf };
  const messages: InboundMessage[] = [];
  for (const event of events) {
    threads.saw(event);
    const message = messageIn(event, reading);
    if (message === null) continue;
    messages.push(operators.includes(message.senderId) && !message.isOwn ? await attach(message) : message);
  }
  if (messages.length === 0 && cursor === null) return;
  // What is fetched while it ends is not whole.
  if (stop.aborted) throw new RoundError(later('stopped'));
  await receive({ messages, cursor });
  if (messages.length > 0) note({ lastInbound: clock.date().toISOString() });
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
