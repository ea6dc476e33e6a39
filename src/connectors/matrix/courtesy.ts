import type { Courtesy } from '../../model/connectors.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';
import type { MatrixSettings } from './settings.ts';

const withinMs = 10_000;
/** The homeserver takes a sign of typing away by itself after that. */
const typingMs = 30_000;

/** Read marks and typing: one at a time, of those that wait only the newest, and nobody minds when it fails. */
export function courtesies(
  session: Session,
  room: Room,
  { userId }: MatrixSettings,
  stop: () => AbortSignal | undefined,
): (sign: Courtesy) => void {
  const waiting = new Map<Courtesy['sign'], Courtesy>();
  let busy = false;
  const show = async (sign: Courtesy): Promise<void> => {
    const id = room.id();
    if (id === null || !room.isJoined() || session.lost() !== null) return;
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(id)}`;
    if (sign.sign === 'typing') {
      const body = sign.on ? { typing: true, timeout: typingMs } : { typing: false };
      await session.call({ method: 'PUT', path: `${path}/typing/${encodeURIComponent(userId)}`, body, withinMs }, stop());
      return;
    }
    if (sign.message.conversationId !== id) return;
    const body = { thread_id: sign.message.threadId ?? 'main' };
    const event = encodeURIComponent(sign.message.id);
    await session.call({ method: 'POST', path: `${path}/receipt/m.read/${event}`, body, withinMs }, stop());
  };
  const work = async (): Promise<void> => {
    busy = true;
    for (let [next] = waiting.values(); next !== undefined && stop()?.aborted === false; [next] = waiting.values()) {
      waiting.delete(next.sign);
      await show(next).catch(() => {});
    }
    waiting.clear();
    busy = false;
  };
  return (sign) => {
    waiting.set(sign.sign, sign);
    if (!busy) void work();
  };
}
