import { isText } from '../../model/shape.ts';
import { eventsIn, listenedTypes, type RoomEvent } from './events.ts';
import type { Reply } from './request.ts';
import type { Session } from './session.ts';

const pageEvents = 100;
/** Pages that are read backwards before something is given up: what they hold is kept in memory meanwhile. */
const mostPages = 200;

export interface Page {
  /** In the order of the direction. */
  readonly events: readonly RoomEvent[];
  /** `null`: there is no more. */
  readonly end: string | null;
}

export type Refused = Exclude<Reply, { readonly kind: 'ok' }>;

export interface Span {
  readonly room: string;
  readonly direction: 'f' | 'b';
  /** `null`: from the newest on. */
  readonly from: string | null;
  readonly to?: string;
}

/** One page of a room's history; its events may be none although there is more. */
export async function page(session: Session, { room, direction, from, to }: Span, stop?: AbortSignal): Promise<Page | Refused> {
  const query = new URLSearchParams({
    dir: direction,
    limit: String(pageEvents),
    filter: JSON.stringify({ types: listenedTypes, lazy_load_members: true }),
    ...(from !== null && { from }),
    ...(to !== undefined && { to }),
  });
  const reply = await session.call(
    { method: 'GET', path: `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?${query}` },
    stop,
  );
  if (reply.kind !== 'ok') return reply;
  const { chunk, end } = reply.fields;
  if (!Array.isArray(chunk)) return { kind: 'failed', sent: true, detail: 'a page of history without events' };
  // An end that leads to itself leads nowhere.
  return { events: eventsIn(chunk), end: isText(end) && end !== from ? end : null };
}

export interface Found {
  /** Oldest first, without the one at which it ended. */
  readonly events: readonly RoomEvent[];
  /** Whether it ended at one that was looked for, or at the beginning of the room. */
  readonly whole: boolean;
}

export interface Backwards extends Pick<Span, 'room' | 'from'> {
  readonly isEnd: (event: RoomEvent) => boolean;
  /** Told before each page, counted from 1. */
  readonly onPage?: (page: number) => void;
}

/** Reads backwards until an event that is looked for. */
export async function backUntil(
  session: Session,
  { room, from: begin, isEnd, onPage }: Backwards,
  stop?: AbortSignal,
): Promise<Found | Refused> {
  const newestFirst: RoomEvent[] = [];
  const found = (whole: boolean): Found => ({ events: newestFirst.reverse(), whole });
  let from = begin;
  for (let pages = 0; pages < mostPages; pages += 1) {
    onPage?.(pages + 1);
    const answer = await page(session, { room, direction: 'b', from }, stop);
    if ('kind' in answer) return answer;
    const end = answer.events.findIndex(isEnd);
    newestFirst.push(...(end === -1 ? answer.events : answer.events.slice(0, end)));
    if (end !== -1 || answer.end === null) return found(true);
    from = answer.end;
  }
  return found(false);
}
