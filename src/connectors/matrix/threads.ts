import { isFields } from '../../model/shape.ts';
import { eventsIn, type RoomEvent, relationOf } from './events.ts';
import type { Session } from './session.ts';

/** Which event belongs to which thread, and which is the last one of it: as far as it was seen, or is asked for. */
export interface Threads {
  saw(event: Pick<RoomEvent, 'id' | 'type' | 'content'>): void;
  /** As far as it was seen. */
  threadOf(eventId: string): string | null;
  /** The root of the thread that an event is in, or would begin: a thread cannot begin within another. */
  rootOf(room: string, eventId: string): Promise<string>;
  lastOf(room: string, root: string): Promise<string>;
}

const kept = 5000;

export function openThreads(session: Session): Threads {
  /** By event; a root is in its own thread. */
  const rootBy = new Map<string, string>();
  const lastBy = new Map<string, string>();
  const enter = (root: string, eventId: string): void => {
    put(rootBy, eventId, root);
    put(rootBy, root, root);
    put(lastBy, root, eventId);
  };
  return {
    saw: ({ id, type, content }) => {
      const { type: relation, target } = relationOf(content);
      if (type === 'm.room.message' && relation === 'm.thread' && target !== null) enter(target, id);
    },
    threadOf: (eventId) => {
      const root = rootBy.get(eventId) ?? null;
      return root === eventId ? null : root;
    },
    rootOf: async (room, eventId) => {
      const known = rootBy.get(eventId);
      if (known !== undefined) return known;
      const reply = await session.call({ method: 'GET', path: `${pathOf(room)}/event/${encodeURIComponent(eventId)}` });
      const content = reply.kind === 'ok' && isFields(reply.fields.content) ? reply.fields.content : {};
      const { type, target } = relationOf(content);
      const root = type === 'm.thread' && target !== null ? target : eventId;
      if (reply.kind === 'ok') put(rootBy, eventId, root);
      return root;
    },
    lastOf: async (room, root) => {
      const known = lastBy.get(root);
      if (known !== undefined) return known;
      const path = `/_matrix/client/v1/rooms/${encodeURIComponent(room)}/relations/${encodeURIComponent(root)}/m.thread?limit=1`;
      const reply = await session.call({ method: 'GET', path });
      const [latest] = reply.kind === 'ok' ? eventsIn(reply.fields.chunk) : [];
      const last = latest?.id ?? root;
      if (reply.kind === 'ok') put(lastBy, root, last);
      return last;
    },
  };
}

const pathOf = (room: string): string => `/_matrix/client/v3/rooms/${encodeURIComponent(room)}`;

function put(map: Map<string, string>, key: string, value: string): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > kept && oldest !== undefined) map.delete(oldest);
}
