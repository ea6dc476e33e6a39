import type { ConnectorClock, Missing } from '../../model/connectors.ts';
import { type Fields, isText } from '../../model/shape.ts';
import { encryptedRoom, lacking, noRoom, notJoined, replacedRoom, type Trouble } from './missing.ts';
import type { Reply } from './request.ts';
import { type Session, troubleOf } from './session.ts';
import type { MatrixSettings } from './settings.ts';

/** The one room of a fleet: what is known of it, and how long ago that was so. */
export interface Room {
  /** Asks for what is not known. `null`: we are in it, and it is not encrypted. */
  enter(stop?: AbortSignal): Promise<Trouble | null>;
  /** Known once the homeserver was asked. */
  id(): string | null;
  isJoined(): boolean;
  /** What a sync told: up to now nothing has changed but this. */
  heard(news: Partial<Pick<State, 'joined' | 'encrypted' | 'replacedBy'>>): void;
  /** Asks again whether it is encrypted. */
  look(stop?: AbortSignal): Promise<Trouble | null>;
  missing(): Missing | null;
}

interface State {
  readonly id: string;
  readonly joined: boolean;
  readonly encrypted: boolean;
  /** The room that took its place; `null`: none did. */
  readonly replacedBy: string | null;
}

/** What was known for longer is asked again before something is said: encryption may have been turned on. */
const freshMs = 60_000;
/** Whatever syncs tell: that a room was deleted they do not. */
const provenMs = 5 * 60_000;

export function openRoom(session: Session, { room: named, userId }: MatrixSettings, clock: ConnectorClock): Room {
  let state: State | null = null;
  let checkedAt = 0;
  let lookedAt = 0;
  let looking: Promise<Trouble | null> | null = null;
  let unknown: Missing | null = null;

  const look = async (stop?: AbortSignal): Promise<Trouble | null> => {
    const id = state?.id ?? (await idOf(session, named, userId, stop));
    if (typeof id !== 'string') {
      unknown = id.is === 'lacking' ? id.missing : null;
      return id;
    }
    unknown = null;
    const found = await stateOf(session, id, userId, stop);
    if ('is' in found) return found;
    // Encryption is never turned off.
    state = { ...found, encrypted: found.encrypted || state?.encrypted === true };
    checkedAt = clock.now();
    lookedAt = checkedAt;
    return null;
  };
  const isStale = (): boolean => clock.now() - checkedAt > freshMs || clock.now() - lookedAt > provenMs;

  const lookOnce = (stop?: AbortSignal): Promise<Trouble | null> => {
    looking ??= look(stop).finally(() => {
      looking = null;
    });
    return looking;
  };

  const missing = (): Missing | null => {
    if (state === null) return unknown;
    if (state.encrypted) return encryptedRoom(named);
    if (state.replacedBy !== null) return replacedRoom(named, state.replacedBy);
    return state.joined ? null : notJoined(named, userId);
  };

  return {
    enter: async (stop) => {
      if (state === null || (state.joined && isStale())) {
        const trouble = await lookOnce(stop);
        if (trouble !== null) return trouble;
      }
      const lack = missing();
      return lack === null ? null : lacking(lack);
    },
    id: () => state?.id ?? null,
    isJoined: () => state?.joined === true,
    heard: (news) => {
      if (state === null) return;
      state = { ...state, ...news };
      checkedAt = clock.now();
    },
    look: lookOnce,
    missing,
  };
}

async function idOf(session: Session, named: string, userId: string, stop?: AbortSignal): Promise<string | Trouble> {
  if (named.startsWith('!')) return named;
  const reply = await session.call(
    { method: 'GET', path: `/_matrix/client/v3/directory/room/${encodeURIComponent(named)}` },
    stop,
  );
  if (reply.kind === 'ok' && isText(reply.fields.room_id)) return reply.fields.room_id;
  if (reply.kind === 'refused' && reply.errcode === 'M_NOT_FOUND') return lacking(noRoom(named));
  return reply.kind === 'ok' ? lacking(noRoom(named)) : troubleOf(reply, userId);
}

async function stateOf(session: Session, id: string, userId: string, stop?: AbortSignal): Promise<State | Trouble> {
  const joined = await session.call({ method: 'GET', path: '/_matrix/client/v3/joined_rooms' }, stop);
  if (joined.kind !== 'ok') return troubleOf(joined, userId);
  const { joined_rooms } = joined.fields;
  const absent = { id, joined: false, encrypted: false, replacedBy: null };
  if (!Array.isArray(joined_rooms) || !joined_rooms.includes(id)) return absent;
  const [encryption, tombstone] = [
    await stateEvent(session, id, 'm.room.encryption', stop),
    await stateEvent(session, id, 'm.room.tombstone', stop),
  ];
  for (const reply of [encryption, tombstone]) if (reply.kind !== 'ok' && !isAbsent(reply)) return troubleOf(reply, userId);
  // Whatever the event says: a room in which there is one is encrypted.
  const replacedBy = tombstone.kind === 'ok' ? successorIn(tombstone.fields) : null;
  return { id, joined: true, encrypted: encryption.kind === 'ok', replacedBy };
}

const isAbsent = (reply: Reply): boolean => reply.kind === 'refused' && reply.status === 404;

export const successorIn = ({ replacement_room }: Fields): string =>
  isText(replacement_room) ? replacement_room : 'another one';

const stateEvent = (session: Session, id: string, type: string, stop?: AbortSignal): Promise<Reply> =>
  session.call({ method: 'GET', path: `/_matrix/client/v3/rooms/${encodeURIComponent(id)}/state/${type}/` }, stop);
