import type { InboundMessage, RemoteId } from '../../model/chat-messages.ts';
import type { ChatConnector, ConnectorClock } from '../../model/connectors.ts';
import { bell } from '../bridge/bell.ts';
import type { SayReceipt } from '../bridge/records.ts';

export interface CourtesyDeps {
  readonly sign: NonNullable<ChatConnector['courtesy']>;
  /** Whether the orchestrator is at work now, as it says itself. */
  readonly isWorking: () => boolean;
  readonly clock: ConnectorClock;
}

/** Lets people see that they were heard, and that somebody works on it. */
export interface Courtesies {
  handed(message: InboundMessage): void;
  said(receipt: SayReceipt): void;
  run(stop: AbortSignal): Promise<void>;
}

interface Asked {
  readonly conversationId: RemoteId;
  readonly threadId: RemoteId | null;
  /** Monotonic. */
  readonly since: number;
  /** When it was last shown, monotonic; `null`: not now. */
  shown: number | null;
}

const lookEveryMs = 3000;
/** A server takes the sign away by itself after a while. */
const showEveryMs = 15_000;
/** Whoever has not been answered by then sees nothing any more. */
const mostMs = 15 * 60_000;

/** Where a question came from somebody is shown as typing, from when the orchestrator begins to work until it stops, or answers there. */
export function courtesies({ sign, isWorking, clock }: CourtesyDeps): Courtesies {
  const news = bell(clock);
  const open = new Map<RemoteId | null, Asked>();

  const show = (asked: Asked, on: boolean): void => {
    asked.shown = on ? clock.now() : null;
    sign({ sign: 'typing', conversationId: asked.conversationId, threadId: asked.threadId, on });
  };
  const end = (asked: Asked): void => {
    if (asked.shown !== null) show(asked, false);
    open.delete(asked.threadId);
  };
  const look = (): void => {
    const working = isWorking();
    for (const asked of open.values()) {
      const isOver = clock.now() - asked.since > mostMs || (!working && asked.shown !== null);
      if (isOver) end(asked);
      else if (working && (asked.shown === null || clock.now() - asked.shown >= showEveryMs)) show(asked, true);
    }
  };

  return {
    handed: (message) => {
      const { conversationId, threadId } = message;
      sign({ sign: 'read', message });
      const before = open.get(threadId);
      if (before !== undefined) end(before);
      open.set(threadId, { conversationId, threadId, since: clock.now(), shown: null });
      news.ring();
    },
    said: ({ threadId }) => {
      const asked = open.get(threadId);
      if (asked !== undefined) end(asked);
    },
    run: async (stop) => {
      while (!stop.aborted) {
        look();
        await news.wait(open.size === 0 ? Number.POSITIVE_INFINITY : lookEveryMs, stop);
      }
      for (const asked of open.values()) end(asked);
    },
  };
}
