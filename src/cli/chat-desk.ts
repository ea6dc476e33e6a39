import { randomBytes } from 'node:crypto';
import { entered } from '../chat/command.ts';
import { type Draft, edited, inserted, noDraft } from '../chat/composer.ts';
import type { Thread } from '../chat/conversation.ts';
import type { ChatKey, Typed } from '../chat/keys.ts';
import { messageOf } from '../model/message-of.ts';
import type { Room } from './chat-room.ts';
import type { ChatScreen } from './chat-screen.ts';
import type { Context } from './context.ts';

/** What the person at the terminal does and sees. */
export interface Desk {
  draft: Draft;
  /** Of the thread that is shown. */
  current: string | null;
  scroll: number;
  notice: string;
  /** Threads that were opened here, and in which nothing was said yet. */
  opened: Thread[];
  readonly seen: Set<string>;
}

export const emptyDesk = (): Desk => ({ draft: noDraft, current: null, scroll: 0, notice: '', opened: [], seen: new Set() });

export interface Hand {
  readonly desk: Desk;
  readonly threads: readonly Thread[];
  readonly frame: { readonly furthest: number; readonly page: number };
  readonly screen: Pick<ChatScreen, 'redraw'>;
  readonly room: Pick<Room, 'log' | 'sender'>;
  readonly context: Pick<Context, 'date'>;
}

/** Gives whether the chat is left. */
export async function take(typed: Typed, hand: Hand): Promise<boolean> {
  const { desk } = hand;
  if (typed.kind === 'key') return press(typed.key, hand);
  desk.draft = inserted(desk.draft, typed.text);
  return false;
}

async function press(key: ChatKey, hand: Hand): Promise<boolean> {
  const { desk, threads, frame, screen } = hand;
  switch (key) {
    case 'leave':
      return true;
    case 'leave-if-empty':
      if (desk.draft.text === '') return true;
      desk.draft = edited(desk.draft, 'delete');
      return false;
    case 'enter':
      return submit(hand);
    case 'redraw':
      screen.redraw();
      return false;
    case 'page-up':
      desk.scroll = Math.min(frame.furthest, desk.scroll + Math.max(1, frame.page - 1));
      return false;
    case 'page-down':
      desk.scroll = Math.max(0, desk.scroll - Math.max(1, frame.page - 1));
      return false;
    case 'next-thread':
    case 'former-thread': {
      const at = threads.findIndex(({ id }) => id === desk.current);
      const step = key === 'next-thread' ? 1 : threads.length - 1;
      turnTo(desk, threads[(Math.max(0, at) + step) % threads.length]);
      return false;
    }
    default:
      desk.draft = edited(desk.draft, key);
      return false;
  }
}

function turnTo(desk: Desk, thread: Thread | undefined): void {
  desk.current = thread?.id ?? null;
  desk.scroll = 0;
}

async function submit(hand: Hand): Promise<boolean> {
  const { desk, threads } = hand;
  const what = entered(desk.draft.text);
  switch (what.kind) {
    case 'nothing':
      return false;
    case 'leave':
      return true;
    case 'notice':
      desk.notice = what.text;
      return false;
    case 'help':
      desk.notice = what.text;
      break;
    case 'thread': {
      const thread = threads[what.index];
      if (thread === undefined) desk.notice = `there are ${threads.length - 1} threads`;
      else turnTo(desk, thread);
      break;
    }
    case 'new-thread': {
      const thread = { id: freshId('thread', hand.context), title: what.title, entries: [] };
      desk.opened.push(thread);
      turnTo(desk, thread);
      break;
    }
    case 'say':
      if (!(await write(what.text, hand))) return false;
  }
  desk.draft = noDraft;
  return false;
}

/** What cannot be written stays in the composer. */
async function write(text: string, { desk, room, context }: Hand): Promise<boolean> {
  const opened = desk.opened.find(({ id }) => id === desk.current);
  const id = freshId('chat', context);
  try {
    await room.log.append([
      {
        format_version: '1.0',
        kind: 'said',
        id,
        threadId: desk.current,
        ...(opened !== undefined && { title: opened.title }),
        replyToId: null,
        sender: room.sender,
        text,
        attachments: [],
        at: context.date().toISOString(),
      },
    ]);
    desk.scroll = 0;
    return true;
  } catch (error) {
    desk.notice = `not said: ${messageOf(error)}`;
    return false;
  }
}

const freshId = (what: string, { date }: Hand['context']): string =>
  `${what}-${date().getTime().toString(36)}-${randomBytes(6).toString('hex')}`;
