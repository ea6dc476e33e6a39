import { messageOf } from '../../model/message-of.ts';
import { type SocketEvents, type Wire, type WireAnswer, WireError, type WireRequest, type WireSocket } from './wire.ts';

/** The network of this host: `fetch`, and `ws`, which is loaded once a gateway is wanted. */
export const realWire: Wire = { request, open };

async function request({ method, url, headers, body }: WireRequest, stop: AbortSignal): Promise<WireAnswer> {
  try {
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: stop });
    return { status: answer.status, header: (name) => answer.headers.get(name), text: await answer.text() };
  } catch (error) {
    throw new WireError(stop.aborted ? 'no answer in time' : reasonOf(error), wasSent(error));
  }
}

/** What `fetch` rejects with says why in its cause. */
const causeOf = (error: unknown): unknown => (error instanceof Error && error.cause !== undefined ? error.cause : error);

function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  if (cause instanceof AggregateError && cause.errors.length > 0) return messageOf(cause.errors[0]);
  return messageOf(cause);
}

/** Where no connection was made nothing was sent. */
function wasSent(error: unknown): boolean {
  const cause = causeOf(error);
  const all: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return !(all.length > 0 && all.every(isBeforeConnection));
}

const isBeforeConnection = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  const syscall = 'syscall' in error ? error.syscall : null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' || isCertificate.test(code);
};

const isCertificate = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

const handshakeMs = 15_000;
/** A list of everything in a large guild comes in one message. */
const longestMessage = 64 * 1024 * 1024;
const closingMs = 2000;

function open(url: string, events: SocketEvents): WireSocket {
  let ending: ((code: number) => void) | null = null;
  let wanted: number | null = null;
  let send: (text: string) => void = () => {};
  let isOver = false;
  const over = (code: number | null, opened: boolean, detail: string): void => {
    if (isOver) return;
    isOver = true;
    events.closed({ code, opened, detail });
  };
  const connect = async (): Promise<void> => {
    const { WebSocket } = await import('ws');
    if (wanted !== null) return over(wanted, false, 'stopped');
    const socket = new WebSocket(url, {
      handshakeTimeout: handshakeMs,
      maxPayload: longestMessage,
      followRedirects: false,
      perMessageDeflate: false,
    });
    let opened = false;
    let trouble = '';
    let cut: NodeJS.Timeout | undefined;
    socket.on('open', () => (opened = true));
    socket.on('error', (error) => (trouble = messageOf(error)));
    socket.on('message', (data) => {
      if (!isOver) events.message(String(data));
    });
    socket.on('close', (code) => {
      clearTimeout(cut);
      // 1005 and 1006: no close frame came.
      over(code === 1005 || code === 1006 ? null : code, opened, trouble);
    });
    send = (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    };
    ending = (code) => {
      if (!opened) return socket.terminate();
      socket.close(code);
      cut = setTimeout(() => socket.terminate(), closingMs);
    };
  };
  void connect().catch((error: unknown) => over(null, false, messageOf(error)));
  return {
    send: (text) => send(text),
    close: (code) => {
      wanted = code;
      ending?.(code);
    },
  };
}
