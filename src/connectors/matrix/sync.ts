import { isFields, isText } from '../../model/shape.ts';
import { eventsIn, listenedTypes, type RoomEvent } from './events.ts';
import type { Refused } from './history.ts';
import type { Session } from './session.ts';

export interface SyncAsk {
  readonly room: string;
  /** `null`: now. */
  readonly since: string | null;
  /** Milliseconds that the homeserver waits for something to tell. */
  readonly timeoutMs: number;
}

/** What a sync says of one room. */
export interface Synced {
  readonly next: string;
  /** `null`: nothing has happened there. */
  readonly timeline: Timeline | null;
  /** Who invites us into it; `null`: nobody, or nothing is known of it. */
  readonly inviter: string | null;
}

export interface Timeline {
  readonly membership: 'join' | 'leave';
  readonly events: readonly RoomEvent[];
  /** Events before these are missing. */
  readonly limited: boolean;
  readonly before: string | null;
  /** Changes of state that are not among the events. */
  readonly state: readonly RoomEvent[];
}

const atOnce = 50;
/** Beyond the time that the homeserver waits by itself. */
const graceMs = 15_000;

export async function sync(
  session: Session,
  { room, since, timeoutMs }: SyncAsk,
  userId: string,
  stop?: AbortSignal,
): Promise<Synced | Refused> {
  const query = new URLSearchParams({
    filter: filterOf(room),
    timeout: String(timeoutMs),
    set_presence: 'offline',
    ...(since !== null && { since }),
  });
  const path = `/_matrix/client/v3/sync?${query}`;
  const reply = await session.call({ method: 'GET', path, withinMs: (since === null ? 60_000 : timeoutMs) + graceMs }, stop);
  if (reply.kind !== 'ok') return reply;
  const { next_batch, rooms } = reply.fields;
  if (!isText(next_batch) || next_batch === '')
    return { kind: 'failed', sent: true, detail: 'a sync without a place to go on from' };
  const { join, leave, invite } = isFields(rooms) ? rooms : {};
  return {
    next: next_batch,
    timeline: timelineOf(within(join, room), 'join') ?? timelineOf(within(leave, room), 'leave'),
    inviter: inviterIn(within(invite, room), userId),
  };
}

/** Types that a program of its own would push out of the window, such as edits of typing or receipts, are not asked for. */
const filterOf = (room: string): string => {
  const nothing = { types: [] };
  return JSON.stringify({
    presence: nothing,
    account_data: nothing,
    room: {
      rooms: [room],
      timeline: { limit: atOnce, types: listenedTypes, lazy_load_members: true },
      state: { types: ['m.room.encryption', 'm.room.tombstone'], lazy_load_members: true },
      ephemeral: nothing,
      account_data: nothing,
    },
  });
};

const within = (rooms: unknown, room: string): unknown =>
  isFields(rooms) && Object.hasOwn(rooms, room) ? rooms[room] : undefined;

function timelineOf(value: unknown, membership: Timeline['membership']): Timeline | null {
  if (!isFields(value)) return null;
  const timeline = isFields(value.timeline) ? value.timeline : {};
  return {
    membership,
    events: eventsIn(timeline.events),
    limited: timeline.limited === true,
    before: isText(timeline.prev_batch) ? timeline.prev_batch : null,
    state: isFields(value.state) ? eventsIn(value.state.events) : [],
  };
}

function inviterIn(value: unknown, userId: string): string | null {
  const state = isFields(value) && isFields(value.invite_state) ? value.invite_state.events : [];
  if (!Array.isArray(state)) return null;
  for (const event of state)
    if (isFields(event) && event.type === 'm.room.member' && event.state_key === userId && isText(event.sender))
      return isFields(event.content) && event.content.membership === 'invite' ? event.sender : null;
  return null;
}
