import type { OutboundPart } from '../../model/chat-messages.ts';
import {
  type ChatConnector,
  type ConnectorHealth,
  type ConnectorSetting,
  type Missing,
  notHeardYet,
} from '../../model/connectors.ts';
import { courtesies } from './courtesy.ts';
import { openDevices } from './devices.ts';
import { listen } from './listen.ts';
import { attaching } from './media.ts';
import type { Reply } from './request.ts';
import { openRoom } from './room.ts';
import { openSender } from './send.ts';
import { openSession, tokenLog } from './session.ts';
import { settingsOf } from './settings.ts';
import { openThreads } from './threads.ts';
import { traits } from './traits.ts';
import { openUploads } from './uploads.ts';
import type { Wire } from './wire.ts';

/** One room, open. */
export function matrixConnector(setting: ConnectorSetting, wire: Wire): ChatConnector {
  const { clock, secrets, operators = [], files } = setting;
  const settings = settingsOf(setting.settings);
  let health = notHeardYet('the homeserver was not asked yet');
  let stopping: AbortController | null = null;
  const note = (change: Partial<ConnectorHealth>): void => {
    health = { ...health, ...change };
  };
  const stop = (): AbortSignal | undefined => stopping?.signal;
  const onReply = (reply: Reply): void => note(reachableBy(reply));
  const session = openSession({ wire, clock, settings, secrets, tokens: tokenLog(setting), onReply });
  const room = openRoom(session, settings, clock);
  const threads = openThreads(session);
  const uploads = openUploads(session);
  const devices = openDevices(setting);
  const sender = openSender({ session, room, threads, settings, uploads, devices, clock });
  return {
    kind: 'matrix',
    traits,
    send: (part: OutboundPart) => sender.send(part),
    find: (part: OutboundPart) => sender.find(part),
    subscribe: (cursor, receive) => {
      const own = new AbortController();
      stopping = own;
      const attach = attaching(session, files, stop);
      const listening = listen({ session, room, threads, settings, operators, attach, clock, receive, note }, cursor, own.signal);
      return {
        close: async () => {
          own.abort();
          await listening;
        },
      };
    },
    health: () => ({ ...health, missing: missingOf(session.missing(), room.missing()) }),
    courtesy: courtesies(session, room, settings, stop),
  };
}

const missingOf = (...missing: readonly (Missing | null)[]): readonly Missing[] => missing.filter((each) => each !== null);

function reachableBy(reply: Reply): Partial<ConnectorHealth> {
  if (reply.kind === 'failed') return { reachable: false };
  if (reply.kind === 'refused' && reply.status === 401) return { reachable: true, authenticated: false };
  return { reachable: true, ...(reply.kind === 'ok' && { authenticated: true }) };
}
