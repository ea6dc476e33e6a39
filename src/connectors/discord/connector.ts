import type { OutboundPart } from '../../model/chat-messages.ts';
import type { ChatConnector, ConnectorSetting, Subscription } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { openEchoes } from './echoes.ts';
import { isIdentifyRecord } from './identify-budget.ts';
import { listen } from './listen.ts';
import { restClient } from './rest.ts';
import { findSent, type SendDeps, sendPart } from './send.ts';
import { settingsOf, tokenOf, traits } from './settings.ts';
import { openState, type State } from './state.ts';
import { isThreadRecord, openThreads, type Threads } from './threads.ts';
import { openTyping } from './typing.ts';
import type { Wire } from './wire.ts';

export { check, login } from './login.ts';
export { realWire } from './net.ts';

export function discordConnector(wire: Wire, setting: ConnectorSetting): ChatConnector {
  const { clock, fleet } = setting;
  const settings = settingsOf(setting.settings);
  const state = openState();
  const token = tokenOf(setting.secrets);
  if (typeof token !== 'string') {
    state.lack('token', [token]);
    state.note({ phase: 'stopped', authenticated: false, detail: token.detail });
  }
  const rest = restClient({
    wire,
    clock,
    base: settings.base,
    token: typeof token === 'string' ? token : '',
    heard: ({ reachable, authenticated, detail }) => {
      state.note({ reachable, ...(authenticated !== undefined && { authenticated }), ...(detail !== undefined && { detail }) });
    },
  });
  const echoes = openEchoes();
  const typing = openTyping(rest, clock, settings.channelId);
  const threads = once(() => openThreads(setting.log('threads', isThreadRecord), settings.channelId));
  const sending = async (): Promise<SendDeps> => ({ rest, clock, settings, echoes, state, fleet, threads: await threads() });
  return {
    kind: 'discord',
    traits,
    send: async (part: OutboundPart) => {
      if (typeof token !== 'string') return { outcome: 'unavailable', detail: token.detail, retryAfterMs: 60_000 };
      return sendPart(await sending(), part);
    },
    find: async (part) => {
      if (typeof token !== 'string') return { found: 'unknown', detail: token.detail };
      return findSent(await sending(), part);
    },
    subscribe: (cursor, receive) => {
      if (typeof token !== 'string') return { close: async () => {} };
      const identifies = setting.log('identify', isIdentifyRecord);
      const listenOn = (opened: Threads, stop: AbortSignal): Promise<void> =>
        listen({ wire, rest, clock, settings, token, threads: opened, identifies, echoes, state, receive }, cursor, stop);
      return subscription({ threads, listenOn, state, close: typing.close });
    },
    health: state.health,
    courtesy: typing.sign,
  };
}

interface Listening {
  readonly threads: () => Promise<Threads>;
  readonly listenOn: (threads: Threads, stop: AbortSignal) => Promise<void>;
  readonly state: State;
  readonly close: () => void;
}

function subscription({ threads, listenOn, state, close }: Listening): Subscription {
  const stop = new AbortController();
  const listening = threads()
    .then((opened) => listenOn(opened, stop.signal))
    .catch((error: unknown) => {
      stop.abort();
      state.note({ phase: 'stopped', detail: messageOf(error) });
    });
  return {
    close: async () => {
      stop.abort();
      close();
      await listening;
      await threads().then(
        (opened) => opened.flush(),
        () => {},
      );
      state.note({ phase: 'stopped', retryAt: null });
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
