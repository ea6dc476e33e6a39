import type { ObservedTmux } from '../model/observation.ts';
import type { SessionReader } from '../model/ports.ts';
import { pollForChange } from './poll.ts';

/**
 * Says that sessions have come, gone, died or been tagged anew since the last listing, `everyMs` milliseconds ago; gives the function that
 * ends it. A listing that fails is a change, further failures are none. (A client in control mode would hear of sessions at
 * once, but tmux 3.3a breaks down where one attaches while a session is being made.)
 */
export function watchSessions(reader: SessionReader, socket: string, everyMs: number, onChange: () => void): () => void {
  return pollForChange(async () => signature(await reader.list(socket)), everyMs, onChange);
}

/** A server that went with its sessions is another state than one without sessions. */
const signature = ({ server, sessions }: ObservedTmux): string =>
  [server, ...sessions.map(({ id, agent, incarnation, alive }) => `${id} ${agent} ${incarnation} ${alive}`).sort()].join('\n');
