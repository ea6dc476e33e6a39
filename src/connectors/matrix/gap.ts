import { give, type Listening, type Progress, RoundError } from './delivery.ts';
import type { RoomEvent } from './events.ts';
import { backUntil, page } from './history.ts';
import type { Place } from './place.ts';
import { troubleOf } from './session.ts';
import type { Timeline } from './sync.ts';

/** Clocks of homeservers differ: what may be older than this by theirs was there before. */
const slackMs = 60 * 60_000;

/** Events of a timeline, behind what is missing before them. Nothing from before our own joining is among them. */
export async function missed(
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
  progress.origin = 'catchup';
  const known = new Set(events.map(({ id }) => id));
  for (let from = place.since, pages = 1; ; pages += 1) {
    note({ phase: 'catching-up', detail: `it reads what it has missed, page ${pages}` });
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

export interface Behind {
  readonly place: Place;
  readonly before: string | null;
  readonly isEnd: (event: RoomEvent) => boolean;
}

/** Events from before a timeline back to one that is known, or older than all that is. */
export async function back(
  { session, settings, note }: Listening,
  { place, before, isEnd }: Behind,
  stop: AbortSignal,
): Promise<readonly RoomEvent[]> {
  const isOver = (event: RoomEvent): boolean => isEnd(event) || event.at < place.at - slackMs;
  const onPage = (pages: number): void => note({ detail: `it reads backwards what it has missed, page ${pages}` });
  const found = await backUntil(session, { room: place.room, from: before, isEnd: isOver, onPage }, stop);
  if ('kind' in found) throw new RoundError(troubleOf(found, settings.userId));
  return found.events;
}
