import type { InboundMessage } from '../../model/chat-messages.ts';
import type { ConnectorClock, ConnectorHealth, Receive } from '../../model/connectors.ts';
import { messageIn, type RoomEvent } from './events.ts';
import type { Attach } from './media.ts';
import { detailOf, later, type Trouble } from './missing.ts';
import { type Place, writePlace } from './place.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';
import type { MatrixSettings } from './settings.ts';
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

/** A cursor behind which nothing was said is kept this often. */
const idleCursorMs = 10 * 60_000;
/** What lasts from one sync to the next. */
export interface Progress {
  place: Place | null;
  /** Since when the cursor that is kept is that of now, monotonic; `null`: it is not. */
  keptAt: number | null;
  /** How often in a row a place was refused. */
  recoveries: number;
  origin: InboundMessage['origin'];
  /** Whether it was looked for an invitation from before the place. */
  sought: boolean;
}

/** Ends a round of listening, through all its levels. */
export class RoundError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(detailOf(trouble));
    this.trouble = trouble;
  }
}

/** Events with the place behind them are safe when it resolves. */
export async function keep(
  listening: Listening,
  progress: Progress,
  { place, events }: { readonly place: Place; readonly events: readonly RoomEvent[] },
  stop: AbortSignal,
): Promise<void> {
  await give(listening, progress, { events, cursor: writePlace(place) }, stop);
  progress.place = place;
  progress.keptAt = listening.clock.now();
}

/** Whether the place should be kept although nothing was said. */
export const isDue = ({ clock }: Listening, { place, keptAt }: Progress, next: Place): boolean =>
  keptAt === null || place?.joined !== next.joined || (clock.now() - keptAt >= idleCursorMs && place.since !== next.since);

/** Events are safe when it resolves; without a cursor the place stays where it is. */
export async function give(
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
    const isFetched = operators.includes(message.senderId) && !message.isOwn && message.attachments.length > 0;
    if (isFetched) note({ detail: `it fetches what is attached to ${message.id}` });
    messages.push(isFetched ? await attach(message) : message);
  }
  if (messages.length === 0 && cursor === null) return;
  // What is fetched while it ends is not whole.
  if (stop.aborted) throw new RoundError(later('stopped'));
  await receive({ messages, cursor });
  if (messages.length > 0) note({ lastInbound: clock.date().toISOString() });
}
