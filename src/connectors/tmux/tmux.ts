import type { InboundMessage, OutboundPart } from '../../model/chat-messages.ts';
import {
  type ChatConnector,
  type ConnectorFactory,
  type ConnectorHealth,
  type ConnectorSetting,
  notHeardYet,
  type Receive,
  type SendResult,
} from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { RecordLog } from '../../model/record-log.ts';
import { backOff } from '../bridge/back-off.ts';
import { bell } from '../bridge/bell.ts';
import { type ChatRecord, isChatRecord, isSaid, type Said } from './records.ts';

/** The operator's terminal on this host: a journal that `muster chat` shows and writes to. Whoever may write to it is this user. */
export const tmuxFactory: ConnectorFactory = {
  kind: 'tmux',
  secrets: [],
  problems: () => [],
  channel: () => null,
  operators: (named, tenant) => [tenant, ...named],
  create: (setting) => tmuxConnector(setting),
};

/** The log is the conversation; it has no other id. */
const conversationId = 'chat';
/** Records that are kept of a chat. */
const keptRecords = 5000;
const deliveredAtOnce = 100;
/** Between two looks for what nobody has told of, in milliseconds. */
const lookEveryMs = 5000;

export const chatLog = ({ log }: Pick<ConnectorSetting, 'log'>): RecordLog<ChatRecord> => log('chat', isChatRecord, isSaid);

function tmuxConnector(setting: ConnectorSetting): ChatConnector {
  const { clock } = setting;
  const log = chatLog(setting);
  let health: ConnectorHealth = { ...notHeardYet('the chat is not read yet'), authenticated: true };
  const note = (change: Partial<ConnectorHealth>): void => {
    health = { ...health, ...change };
  };
  return {
    kind: 'tmux',
    traits: {
      limit: { unit: 'bytes', most: 64 * 1024 },
      transactionMs: Number.POSITIVE_INFINITY,
      order: 'thread',
      deafAfterMs: Number.POSITIVE_INFINITY,
    },
    send: (part) => write(log, part, clock.date().toISOString()),
    subscribe: (cursor, receive) => {
      const stop = new AbortController();
      const listening = listen({ log, clock, receive, note }, cursor, stop.signal);
      return {
        close: async () => {
          stop.abort();
          await listening;
        },
      };
    },
    health: () => health,
  };
}

async function write(log: RecordLog<ChatRecord>, part: OutboundPart, at: string): Promise<SendResult> {
  const { transaction: id, sender, newThread, replyToId, text, attachments } = part;
  const threadId = newThread === null ? part.threadId : id;
  const opened = newThread === null ? {} : { threadId: id };
  try {
    const { records } = await log.read();
    // The newest are the likeliest.
    const isThere = records.findLast((record) => record.kind === 'answered' && record.id === id) !== undefined;
    if (isThere) return { outcome: 'duplicate', ids: [id], ...opened };
    const answered = { threadId, title: newThread, replyToId, sender, text, attachments, at };
    await log.append([{ format_version: '1.0', kind: 'answered', id, ...answered }]);
    return { outcome: 'accepted', ids: [id], ...opened };
  } catch (error) {
    return { outcome: 'unknown', detail: messageOf(error) };
  }
}

interface Listening {
  readonly log: RecordLog<ChatRecord>;
  readonly clock: ConnectorSetting['clock'];
  readonly receive: Receive;
  readonly note: (change: Partial<ConnectorHealth>) => void;
}

/** A first start begins with the first word: what was typed before the bridge ran was typed for it. */
async function listen({ log, clock, receive, note }: Listening, from: string | null, stop: AbortSignal): Promise<void> {
  const news = bell(clock);
  const onStop = (): void => news.ring();
  stop.addEventListener('abort', onStop, { once: true });
  const unwatch = log.watch(news.ring);
  let cursor = from;
  let origin: InboundMessage['origin'] = 'catchup';
  for (let failures = 0; !stop.aborted; ) {
    try {
      const unheard = after((await log.read()).records.filter(isSaid), cursor);
      for (let at = 0; at < unheard.length && !stop.aborted; at += deliveredAtOnce) {
        const messages = unheard.slice(at, at + deliveredAtOnce).map((said) => inbound(said, origin));
        const last = messages.at(-1)?.id ?? cursor;
        await receive({ messages, cursor: last });
        cursor = last;
        note({ lastInbound: clock.date().toISOString() });
      }
      origin = 'live';
      failures = 0;
      const lastContact = clock.date().toISOString();
      note({ phase: 'live', reachable: true, consecutiveFailures: 0, retryAt: null, lastContact, detail: 'the chat is read' });
      const heard = cursor;
      await log.compact((records) => shortened(records, heard));
      await news.wait(lookEveryMs, stop);
    } catch (error) {
      failures += 1;
      const pause = backOff(failures, clock.random);
      const retryAt = new Date(clock.date().getTime() + pause).toISOString();
      note({ phase: 'waiting', consecutiveFailures: failures, retryAt, detail: messageOf(error) });
      await clock.sleep(pause, stop);
    }
  }
  stop.removeEventListener('abort', onStop);
  unwatch();
}

/** All of it where the cursor is no longer there: what is given twice is known. */
function after(said: readonly Said[], cursor: string | null): readonly Said[] {
  const at = cursor === null ? -1 : said.findLastIndex(({ id }) => id === cursor);
  return said.slice(at + 1);
}

/** The newest, and whatever nobody has heard yet. */
function shortened(records: readonly ChatRecord[], heard: string | null): readonly ChatRecord[] {
  const unheard = records.findLastIndex(({ id }) => id === heard) + 1;
  return records.slice(Math.max(0, Math.min(records.length - keptRecords, unheard)));
}

const inbound = (
  { id, threadId, replyToId, sender, text, attachments, at }: Said,
  origin: InboundMessage['origin'],
): InboundMessage => ({
  id,
  kind: 'message',
  targetId: null,
  conversationId,
  threadId,
  senderId: sender,
  isOwn: false,
  isBot: false,
  mentionsMe: true,
  replyToId,
  text,
  attachments: attachments.map((file) => ({
    name: file.slice(file.lastIndexOf('/') + 1),
    mediaType: null,
    bytes: null,
    reference: file,
    path: file,
  })),
  at,
  origin,
});
