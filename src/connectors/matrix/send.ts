import type { OutboundPart } from '../../model/chat-messages.ts';
import type { ConnectorClock, FindResult, SendResult } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { type Fields, isText } from '../../model/shape.ts';
import { fileContent, nowhere, type Relating, textContent, titleContent, transactionKey } from './content.ts';
import type { Devices } from './devices.ts';
import { backUntil } from './history.ts';
import { detailOf, type Trouble } from './missing.ts';
import type { Reply } from './request.ts';
import type { Room } from './room.ts';
import { type Session, troubleOf } from './session.ts';
import type { MatrixSettings } from './settings.ts';
import type { Threads } from './threads.ts';
import { type File, filesOf, type Uploads } from './uploads.ts';

export interface Sending {
  readonly session: Session;
  readonly room: Room;
  readonly threads: Threads;
  readonly settings: MatrixSettings;
  readonly uploads: Uploads;
  readonly devices: Devices;
  readonly clock: ConnectorClock;
}

export interface Sender {
  send(part: OutboundPart): Promise<SendResult>;
  find(part: OutboundPart): Promise<FindResult>;
}

const lackingMs = 15_000;
/** Clocks of this host and of the homeserver differ by less, also where one of them takes local time for UTC. */
const slackMs = 24 * 60 * 60_000;

/** Ended by an answer that is none to go on with. */
class SendError extends Error {
  readonly result: SendResult;

  constructor(result: SendResult) {
    super(result.outcome);
    this.result = result;
  }
}

export function openSender(sending: Sending): Sender {
  /** Parts of which some messages have arrived, and not all. */
  const partial = new Set<string>();
  return {
    send: async (part) => {
      try {
        return await send(sending, part, partial);
      } catch (error) {
        if (error instanceof SendError) return error.result;
        return { outcome: 'unknown', detail: messageOf(error) };
      }
    },
    find: async (part) => {
      const { session, room } = sending;
      const trouble = (await session.begin()) ?? (await room.enter());
      if (trouble !== null) return { found: 'unknown', detail: detailOf(trouble) };
      const there = await arrived(sending, part);
      if ('detail' in there) return { found: 'unknown', detail: there.detail };
      const ids = idsOf(part).map((transaction) => there.ids.get(transaction));
      if (ids.some((id) => id === undefined)) {
        if (there.ids.size > 0) partial.add(part.transaction);
        return { found: 'no' };
      }
      const opened = part.newThread === null ? {} : { threadId: there.ids.get(rootTransaction(part)) ?? '' };
      return { found: 'yes', ids: ids.filter(isText), ...opened };
    },
  };
}

const rootTransaction = ({ transaction }: OutboundPart): string => `${transaction}.root`;

/** Transactions of the messages that a part becomes. The title of a thread that it opens is none of them. */
const idsOf = ({ transaction, text, attachments }: OutboundPart): readonly string[] => [
  ...(text.trim() === '' ? [] : [transaction]),
  ...attachments.map((_, index) => `${transaction}.file${index}`),
];

async function send(sending: Sending, part: OutboundPart, partial: ReadonlySet<string>): Promise<SendResult> {
  const { session, room, uploads } = sending;
  const trouble = (await session.begin()) ?? (await room.enter());
  if (trouble !== null) return unavailable(trouble);
  await sending.devices.use(session.device() ?? '');
  const files = await filesOf(part.attachments, () => uploads.limit());
  if (!Array.isArray(files)) return files;
  const known = await knownOf(sending, part, partial);
  const opened = part.newThread === null ? null : await openThread(sending, part, part.newThread, known);
  const relating = await relatingOf(sending, part, opened);
  const ids: string[] = [];
  if (part.text.trim() !== '')
    ids.push(
      await put(sending, part.transaction, (transaction, at) => textContent(part.text, transaction, at), { relating, known }),
    );
  for (const [index, file] of files.entries()) {
    const transaction = `${part.transaction}.file${index}`;
    const uploaded = known.has(transaction) ? null : await uploadOf(sending, file);
    const write: Write = (of, at) => (uploaded === null ? {} : fileContent(uploaded, of, at));
    ids.push(await put(sending, transaction, write, { relating, known }));
  }
  return { outcome: 'accepted', ids, ...(opened !== null && { threadId: opened }) };
}

const unavailable = (trouble: Trouble): SendResult => {
  const retryAfterMs = trouble.is === 'lacking' ? lackingMs : trouble.retryAfterMs;
  return { outcome: 'unavailable', detail: detailOf(trouble), ...(retryAfterMs !== null && { retryAfterMs }) };
};

type Known = ReadonlyMap<string, string>;

/** What has arrived already, by transaction, where the homeserver would not know it again. */
async function knownOf(sending: Sending, part: OutboundPart, partial: ReadonlySet<string>): Promise<Known> {
  const { triedAt, transaction } = part;
  const isOther = triedAt !== null && sending.devices.isOther(triedAt);
  if (!isOther && !partial.has(transaction)) return new Map();
  const there = await arrived(sending, part);
  if ('detail' in there) throw new SendError({ outcome: 'unknown', detail: there.detail });
  return there.ids;
}

/** Looks through what we have said since the part was first tried. */
async function arrived(
  { session, room, settings }: Sending,
  { transaction, triedAt }: OutboundPart,
): Promise<{ readonly ids: Known } | { readonly detail: string }> {
  const since = triedAt === null ? 0 : Date.parse(triedAt) - slackMs;
  const found = await backUntil(session, { room: room.id() ?? '', from: null, isEnd: ({ at }) => at < since });
  if ('kind' in found) return { detail: found.detail };
  if (!found.whole) return { detail: 'too much has been said since to look for it' };
  const own = found.events.filter(({ sender }) => sender === settings.userId);
  return {
    ids: new Map(
      own.flatMap(({ id, content }) => {
        const sent = content[transactionKey];
        return isText(sent) && (sent === transaction || sent.startsWith(`${transaction}.`)) ? [[sent, id] as const] : [];
      }),
    ),
  };
}

/** A thread begins with a message of its own that says what it is about; the same again is the same message. */
async function openThread(sending: Sending, part: OutboundPart, title: string, known: Known): Promise<string> {
  return put(sending, rootTransaction(part), (transaction) => titleContent(title, transaction), { relating: nowhere, known });
}

async function relatingOf({ room, threads }: Sending, part: OutboundPart, opened: string | null): Promise<Relating> {
  const id = room.id() ?? '';
  // What was meant for another room stands for itself in this one.
  if (part.conversationId !== null && part.conversationId !== id) return nowhere;
  if (opened !== null) return { root: opened, last: await threads.lastOf(id, opened), replyTo: null };
  if (part.threadId === null) return { ...nowhere, replyTo: part.replyToId };
  const root = await threads.rootOf(id, part.threadId);
  return { root, last: part.replyToId === null ? await threads.lastOf(id, root) : null, replyTo: part.replyToId };
}

type Write = (transaction: string, relating: Relating) => Fields;

interface Standing {
  readonly relating: Relating;
  readonly known: Known;
}

async function put(sending: Sending, transaction: string, write: Write, { relating, known }: Standing): Promise<string> {
  const there = known.get(transaction);
  if (there !== undefined) return there;
  const content = write(transaction, relating);
  const reply = await putOnce(sending, transaction, content);
  const isRelated = relating.root !== null || relating.replyTo !== null;
  // The homeserver knows no such thread or message: it stands in the room then, under the same transaction, as nothing was accepted under it.
  if (isRelated && reply.kind === 'refused' && (reply.status === 400 || reply.status === 404))
    return idIn(sending, await putOnce(sending, transaction, write(transaction, nowhere)));
  const id = await idIn(sending, reply);
  sending.threads.saw({ id, type: 'm.room.message', content });
  return id;
}

function putOnce({ session, room }: Sending, transaction: string, content: Fields): Promise<Reply> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room.id() ?? '')}/send/m.room.message/${encodeURIComponent(transaction)}`;
  return session.call({ method: 'PUT', path, body: content });
}

async function idIn(sending: Sending, reply: Reply): Promise<string> {
  if (reply.kind === 'ok' && isText(reply.fields.event_id)) return reply.fields.event_id;
  throw new SendError(await resultOf(sending, reply));
}

/** What an answer without an id of an event means. */
async function resultOf(sending: Sending, reply: Reply): Promise<SendResult> {
  switch (reply.kind) {
    case 'ok':
      return { outcome: 'unknown', detail: 'the homeserver took it, and does not say as what' };
    case 'failed':
      return { outcome: reply.sent ? 'unknown' : 'unavailable', detail: reply.detail };
    case 'limited':
      return reply.retryAfterMs === null
        ? { outcome: 'unavailable', detail: reply.detail }
        : { outcome: 'rate-limited', retryAfterMs: reply.retryAfterMs };
    case 'refused':
      return refusal(sending, reply);
  }
}

async function refusal({ session, room, settings }: Sending, reply: Reply & { readonly kind: 'refused' }): Promise<SendResult> {
  const lost = session.lost();
  if (lost !== null) return unavailable({ is: 'lacking', missing: lost });
  const trouble = troubleOf(reply, settings.userId);
  if (trouble.is === 'lacking') return unavailable(trouble);
  if (reply.status === 413) return rejected('too-large', 'the homeserver says that it is too large');
  if (reply.status === 401 || elsewhere.has(reply.errcode)) return unavailable(trouble);
  if (reply.status !== 403) return rejected('bad-request', `the homeserver does not accept it (${reply.errcode})`);
  // Not in the room any more, or not allowed to speak there.
  const outside = (await room.look()) ?? (await room.enter());
  if (outside !== null) return unavailable(outside);
  return rejected('forbidden', `${settings.userId} may not send messages in the room (${reply.errcode})`);
}

const rejected = (reason: string, detail: string): SendResult => ({ outcome: 'rejected', reason, detail });

/** It is not about the message. */
const elsewhere: ReadonlySet<string> = new Set([
  'M_UNRECOGNIZED',
  'M_NOT_FOUND',
  'M_CONSENT_NOT_GIVEN',
  'M_RESOURCE_LIMIT_EXCEEDED',
  'M_GUEST_ACCESS_FORBIDDEN',
]);

async function uploadOf({ uploads }: Sending, file: File) {
  const uploaded = await uploads.upload(file);
  if ('uri' in uploaded) return uploaded;
  throw new SendError(uploaded);
}
