import { randomBytes } from 'node:crypto';
import { entered } from '../chat/command.ts';
import { type Draft, edited, inserted, noDraft } from '../chat/composer.ts';
import { type ChatEntry, type Thread, threadsOf, unreadOf } from '../chat/conversation.ts';
import type { ChatKey, Typed } from '../chat/keys.ts';
import { renderChat } from '../chat/screen.ts';
import { renderTranscript } from '../chat/transcript.ts';
import { type BridgeJournals, bridgeJournals } from '../connectors/bridge/bridge.ts';
import { inboundBook } from '../connectors/bridge/inbound-book.ts';
import type { ChatRecord } from '../connectors/tmux/records.ts';
import { chatLog } from '../connectors/tmux/tmux.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { connectorRecords } from '../host/connector-records.ts';
import { hostRoots } from '../host/facts.ts';
import { holderSocket } from '../host/inbox-runs.ts';
import { healthStaleMs } from '../model/connector-spec.ts';
import { messageOf } from '../model/message-of.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RecordLog } from '../model/record-log.ts';
import { attachOwnSession } from '../tmux/own-session.ts';
import { renderJson } from '../views/json.ts';
import { type ChatScreen, onChatScreen } from './chat-screen.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { fleetHere, specHere } from './fleet-here.ts';
import { factsOf } from './host.ts';
import { columnsOf, show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';
import { wrong } from './time.ts';

export interface ChatFlags extends OutputFlags {
  readonly here?: boolean;
  readonly limit: string;
}

/** The terminal of the tmux connector: a chat where there is a terminal, what was said last where there is none. */
export async function chat(named: string | undefined, flags: ChatFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const fleet = await fleetHere(named, facts, context);
  const spec = await specHere(fleet, facts, context);
  if (spec !== null && spec.kind !== 'tmux') throw elsewhere(fleet, spec.kind);
  const room = roomOf(fleet, facts, context);
  const isTerminal = context.stdin.isTTY === true && context.stdout.isTTY === true && formatOf(flags) === 'text';
  if (!isTerminal) return transcript(room, flags, context);
  const own = flags.here === true ? null : await inOwnSession(fleet, facts, context);
  return own ?? live(room, context, flags);
}

const elsewhere = (fleet: string, kind: string) =>
  refuse({
    code: 'chat/elsewhere',
    summary: `fleet ${fleet} talks over ${kind}, not in a terminal`,
    hint: `Go there. To talk in a terminal: muster connector set ${fleet} --kind tmux`,
  });

interface Room {
  readonly fleet: string;
  readonly sender: string;
  readonly log: RecordLog<ChatRecord>;
  readonly inbound: BridgeJournals['inbound'];
  readonly state: () => Promise<{ readonly well: boolean; readonly text: string }>;
}

function roomOf(fleet: string, facts: HostFacts, { env, date }: Context): Room {
  const records = connectorRecords(fleet, hostRoots(facts, env));
  return {
    fleet,
    sender: facts.tenant,
    log: chatLog({ log: connectorLogs(facts.stateDir, fleet, 'tmux') }),
    inbound: bridgeJournals(connectorLogs(facts.stateDir, fleet)).inbound,
    state: async () => {
      const told = await records.told().catch(() => null);
      if (told === null || date().getTime() - Date.parse(told.at) > healthStaleMs)
        return { well: false, text: 'its connector does not run' };
      const problem = told.report.problems.find(({ blocking }) => blocking);
      return problem === undefined ? { well: true, text: 'connected' } : { well: false, text: problem.reason };
    },
  };
}

/** `null`: there is no tmux server of the fleet's to have one in, or this is inside of one already. */
async function inOwnSession(fleet: string, facts: HostFacts, context: Context): Promise<ExitStatus | null> {
  const socket = holderSocket(hostRoots(facts, context.env).runtimeDir);
  if (socket === null || (context.env.TMUX ?? '') !== '') return null;
  const argv = [...context.launcher, 'chat', fleet, '--here'];
  return attachOwnSession({ socket, session: `_operator-${fleet}`, argv, env: context.env });
}

async function entriesOf({ log, inbound }: Room): Promise<readonly ChatEntry[]> {
  const [{ records }, journal] = await Promise.all([log.read(), inbound.read().catch(() => ({ records: [] }))]);
  const { known } = inboundBook(journal.records);
  const seen = new Set<string>();
  return records.flatMap((record): ChatEntry[] => {
    if (seen.has(record.id)) return [];
    seen.add(record.id);
    const { id, sender, text, attachments, threadId, at } = record;
    const title = record.title ?? null;
    const common = { id, sender, text, attachments, threadId, title, at };
    if (record.kind === 'answered') return [{ ...common, by: 'fleet', state: null }];
    return [{ ...common, by: 'person', state: known.get(id) == null ? 'waiting' : 'handed' }];
  });
}

async function transcript(room: Room, { limit, ...flags }: ChatFlags, context: Context): Promise<ExitStatus> {
  if (!/^\d{1,6}$/.test(limit)) throw wrong('--limit', limit, 'is no number', 'Such as 50; 0 is all.');
  const entries = (await entriesOf(room)).slice(-Number(limit));
  if (formatOf(flags) === 'json') show(renderJson({ format_version: '1.0', fleet: room.fleet, messages: entries }), context);
  else show(renderTranscript(threadsOf(entries), entries, columnsOf(context), styleOf(flags, context.stdout, context)), context);
  return exitStatus.done;
}

/** What the person at the terminal does and sees. */
interface Desk {
  draft: Draft;
  /** Of the thread that is shown. */
  current: string | null;
  scroll: number;
  notice: string;
  /** Threads that were opened here, and in which nothing was said yet. */
  opened: Thread[];
  readonly seen: Set<string>;
}

const lookEveryMs = 1000;

async function live(room: Room, context: Context, flags: OutputFlags): Promise<ExitStatus> {
  const desk: Desk = { draft: noDraft, current: null, scroll: 0, notice: '', opened: [], seen: new Set() };
  const paint = styleOf(flags, context.stdout, context);
  await onChatScreen(context, async (screen) => {
    const unwatch = room.log.watch(screen.wake);
    const unwatchInbound = room.inbound.watch(screen.wake);
    let entries = await entriesOf(room).catch(noteTo(desk, []));
    for (const { id } of entries) desk.seen.add(id);
    try {
      while (!screen.over.aborted) {
        const threads = [
          ...threadsOf(entries),
          ...desk.opened.filter(({ id }) => !entries.some((entry) => entry.threadId === id)),
        ];
        if (desk.scroll === 0)
          for (const { id } of threads.find(({ id: own }) => own === desk.current)?.entries ?? []) desk.seen.add(id);
        const unread = unreadOf(threads, desk.seen);
        const { columns, rows } = screen.size();
        const view = {
          ...desk,
          fleet: room.fleet,
          threads,
          unread,
          state: await room.state(),
          offset: -context.date().getTimezoneOffset(),
        };
        const frame = renderChat(view, columns, rows, paint);
        screen.draw(frame);
        await screen.pause(lookEveryMs);
        for (const typed of screen.typed()) {
          desk.notice = '';
          if (await take(typed, { desk, threads, frame, screen, room, context })) return;
        }
        const before = entries.length;
        entries = await entriesOf(room).catch(noteTo(desk, entries));
        if (entries.slice(before).some(({ by }) => by === 'fleet')) screen.ring();
      }
    } finally {
      unwatch();
      unwatchInbound();
    }
  });
  return exitStatus.done;
}

const noteTo =
  <T>(desk: Desk, otherwise: T) =>
  (error: unknown): T => {
    desk.notice = messageOf(error);
    return otherwise;
  };

interface Hand {
  readonly desk: Desk;
  readonly threads: readonly Thread[];
  readonly frame: { readonly furthest: number; readonly page: number };
  readonly screen: ChatScreen;
  readonly room: Room;
  readonly context: Context;
}

/** Gives whether the chat is left. */
async function take(typed: Typed, hand: Hand): Promise<boolean> {
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

const freshId = (what: string, { date }: Context): string =>
  `${what}-${date().getTime().toString(36)}-${randomBytes(6).toString('hex')}`;
