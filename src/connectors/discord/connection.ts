import type { ConnectorClock } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { type Fields, isCount, isFields, isText } from '../../model/shape.ts';
import { fieldsIn } from './shapes.ts';
import type { Wire, WireSocket } from './wire.ts';

/** What lets a connection go on where another one broke off. */
export interface Session {
  readonly id: string;
  readonly resumeUrl: string;
  /** Of the last event that came. */
  seq: number;
}

export interface ConnectionDeps {
  readonly wire: Wire;
  readonly clock: ConnectorClock;
  readonly token: string;
  readonly intents: number;
  /** Asked before an IDENTIFY is sent; when it rejects, none is. */
  readonly willIdentify: () => Promise<void>;
  readonly events: ConnectionEvents;
}

export interface ConnectionEvents {
  /** `fresh`: a new session; what came between it and an older one is not told. */
  up(fresh: boolean): void;
  /** Events are missing before the one that is told next. */
  missed(): void;
  dispatch(type: string, data: Fields): void;
  /** The server has proved to be there. */
  heard(): void;
}

export interface ConnectionEnd {
  /** To resume with; `null`: a new one is needed. */
  readonly session: Session | null;
  /** A close code after which it makes no sense to try again. */
  readonly fatal: number | null;
  readonly opened: boolean;
  readonly detail: string;
}

/** Until HELLO, and from then until READY or RESUMED, in milliseconds. */
const helloMs = 15_000;
const readyMs = 30_000;
const fatalCodes = [4004, 4010, 4011, 4012, 4013, 4014];
/** The session has ended with these. */
const overCodes = [1000, 1001, 4007, 4009];
/** Ours, for a connection that is to be resumed: with 1000 or 1001 the session would end. */
const resumeLater = 4000;

/** One connection to the gateway, from its opening to its end. Never rejects. Opcodes as in "Gateway Opcodes" of Discord's documentation. */
export function connection(
  deps: ConnectionDeps,
  url: string,
  resumed: Session | null,
  stop: AbortSignal,
): Promise<ConnectionEnd> {
  const { clock, events } = deps;
  return new Promise((resolve) => {
    const over = new AbortController();
    let session = resumed;
    let isHello = false;
    let isUp = false;
    let acknowledged = true;
    let why: string | null = null;
    let dropped = false;
    let socket: WireSocket | null = null;

    const send = (op: number, d: unknown): void => {
      socket?.send(JSON.stringify({ op, d }));
    };
    const leave = (code: number, detail: string): void => {
      why ??= detail;
      socket?.close(code);
    };
    const expire = async (milliseconds: number, isDone: () => boolean, what: string): Promise<void> => {
      await clock.sleep(milliseconds, over.signal);
      if (!over.signal.aborted && !isDone()) leave(resumeLater, `no ${what} came`);
    };
    const beat = (): void => {
      acknowledged = false;
      send(1, session?.seq ?? null);
    };
    /** The first one after a part of the interval, as everybody would beat at once else. */
    const beatEvery = async (interval: number): Promise<void> => {
      for (let pause = interval * clock.random(); ; pause = interval) {
        await clock.sleep(pause, over.signal);
        if (over.signal.aborted) return;
        if (!acknowledged) return leave(resumeLater, 'a heartbeat was not answered');
        beat();
      }
    };
    const hello = async (interval: number): Promise<void> => {
      void beatEvery(interval);
      void expire(readyMs, () => isUp, 'READY');
      if (session !== null) return send(6, { token: deps.token, session_id: session.id, seq: session.seq });
      await deps.willIdentify();
      if (!over.signal.aborted) send(2, identification(deps));
    };
    const up = (fresh: boolean): void => {
      isUp = true;
      events.up(fresh);
    };
    const dispatch = (type: string, data: Fields, seq: number): void => {
      if (type === 'READY' && isText(data.session_id)) {
        session = { id: data.session_id, resumeUrl: isText(data.resume_gateway_url) ? data.resume_gateway_url : url, seq };
        up(true);
      } else {
        // Before READY there is nothing to go on from: what comes then is read over REST, after it.
        if (session === null) return;
        if (seq > session.seq + 1) events.missed();
        session.seq = Math.max(session.seq, seq);
      }
      if (type === 'RESUMED') up(false);
      events.dispatch(type, data);
    };
    const take = ({ op, d, s, t }: Fields): void => {
      switch (op) {
        case 0:
          if (isText(t) && isFields(d) && isCount(s)) dispatch(t, d, s);
          return;
        case 1:
          beat();
          return;
        case 7:
          leave(resumeLater, 'the server asks to connect again');
          return;
        case 9:
          dropped = d !== true;
          leave(resumeLater, 'the session is not valid');
          return;
        case 10:
          if (isFields(d) && isCount(d.heartbeat_interval) && d.heartbeat_interval > 0)
            void hello(d.heartbeat_interval).catch((error: unknown) => leave(1000, messageOf(error)));
          return;
        case 11:
          acknowledged = true;
      }
    };

    const onStop = (): void => leave(1000, 'stopped');
    stop.addEventListener('abort', onStop, { once: true });
    void expire(helloMs, () => isHello, 'HELLO');
    socket = deps.wire.open(url, {
      message: (text) => {
        const payload = fieldsIn(text);
        if (payload === null || over.signal.aborted) return;
        isHello ||= payload.op === 10;
        try {
          events.heard();
          take(payload);
        } catch (error) {
          // It was counted as told: it does not come again.
          leave(resumeLater, messageOf(error));
        }
      },
      closed: ({ code, opened, detail }) => {
        stop.removeEventListener('abort', onStop);
        over.abort();
        const ended = dropped || (code !== null && why === null && overCodes.includes(code));
        resolve({
          session: ended ? null : session,
          fatal: code !== null && fatalCodes.includes(code) ? code : null,
          opened,
          detail: why ?? (detail || (code === null ? 'the connection broke' : `the server closed with code ${code}`)),
        });
      },
    });
    if (stop.aborted) onStop();
  });
}

const identification = ({ token, intents }: ConnectionDeps): unknown => ({
  token,
  intents,
  properties: { os: 'linux', browser: 'muster', device: 'muster' },
});
