import { type ChatEntry, type Thread, threadsOf, unreadOf } from '../chat/conversation.ts';
import { conversationLines } from '../chat/conversation-lines.ts';
import { renderChat } from '../chat/screen.ts';
import type { ChatPaint, ChatView } from '../chat/view.ts';
import { messageOf } from '../model/message-of.ts';
import { type Desk, emptyDesk, take } from './chat-desk.ts';
import { entriesOf, type Room } from './chat-room.ts';
import { onChatScreen } from './chat-screen.ts';
import type { Context } from './context.ts';

const lookEveryMs = 1000;

/** Shows a chat in this terminal until it is left. */
export async function chatInTerminal(room: Room, paint: ChatPaint, context: Context): Promise<void> {
  const desk = emptyDesk();
  await onChatScreen(context, async (screen) => {
    let isNews = false;
    const onNews = (): void => {
      isNews = true;
      screen.wake();
    };
    const unwatch = [room.log.watch(onNews), room.inbound.watch(onNews)];
    const lines = keptLines(paint);
    let entries = await entriesOf(room).catch(noteTo(desk, []));
    let state = await room.state();
    let looked = context.now();
    let furthest = 0;
    for (const { id } of entries) desk.seen.add(id);
    try {
      while (!screen.over.aborted) {
        const threads = withOpened(threadsOf(entries), desk);
        markSeen(threads, desk);
        const { columns, rows } = screen.size();
        const offset = -context.date().getTimezoneOffset();
        const view = { ...desk, fleet: room.fleet, threads, unread: unreadOf(threads, desk.seen), state, offset };
        const body = lines(entries, view, columns);
        const frame = renderChat(view, columns, rows, paint, body);
        screen.draw(frame);
        furthest = frame.furthest;
        await screen.pause(lookEveryMs);
        for (const typed of screen.typed()) {
          desk.notice = '';
          if (await take(typed, { desk, threads, frame, screen, room, context })) return;
        }
        if (!isNews && context.now() - looked < lookEveryMs) continue;
        isNews = false;
        looked = context.now();
        const before = new Set(entries.map(({ id }) => id));
        const now = await entriesOf(room).catch(noteTo(desk, entries));
        if (!areSame(entries, now)) entries = now;
        state = await room.state();
        if (entries.some(({ by, id }) => by === 'fleet' && !before.has(id))) screen.ring();
        // Whoever reads what is above stays there.
        const grown = lines(entries, { ...view, threads: withOpened(threadsOf(entries), desk) }, columns).length - body.length;
        if (desk.scroll > 0 && desk.current === view.current)
          desk.scroll = Math.max(0, Math.min(furthest + grown, desk.scroll + grown));
      }
    } finally {
      for (const end of unwatch) end();
    }
  });
}

const withOpened = (threads: readonly Thread[], { opened }: Desk): readonly Thread[] => [
  ...threads,
  ...opened.filter(({ id }) => !threads.some((thread) => thread.id === id)),
];

function markSeen(threads: readonly Thread[], { scroll, current, seen }: Desk): void {
  if (scroll > 0) return;
  for (const { id } of threads.find((thread) => thread.id === current)?.entries ?? []) seen.add(id);
}

const areSame = (before: readonly ChatEntry[], now: readonly ChatEntry[]): boolean =>
  before.length === now.length && before.every(({ id, state }, index) => now[index]?.id === id && now[index]?.state === state);

/** The lines of a conversation, made anew only where it is another one: somebody types meanwhile. */
function keptLines(paint: ChatPaint): (entries: readonly ChatEntry[], view: ChatView, columns: number) => readonly string[] {
  let kept: { readonly entries: readonly ChatEntry[]; readonly sign: string; readonly lines: readonly string[] } | null = null;
  return (entries, view, columns) => {
    const sign = JSON.stringify([view.current, view.offset, columns]);
    if (kept === null || kept.entries !== entries || kept.sign !== sign)
      kept = { entries, sign, lines: conversationLines(view, columns, paint) };
    return kept.lines;
  };
}

const noteTo =
  <T>(desk: Desk, otherwise: T) =>
  (error: unknown): T => {
    desk.notice = messageOf(error);
    return otherwise;
  };
