import { messageOf } from '../../model/message-of.ts';
import { type Wire, type WireAnswer, WireError, type WireRequest } from './wire.ts';

/** The network of this host. A redirect is an answer like any other: what it leads to is nobody that the roster names. */
export const realWire: Wire = async ({ method, url, headers, body, mostBytes }: WireRequest, stop): Promise<WireAnswer> => {
  try {
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal: stop });
    return {
      status: answer.status,
      header: (name) => answer.headers.get(name),
      body: await bodyOf(answer, mostBytes),
    };
  } catch (error) {
    if (error instanceof WireError) throw error;
    const { sent, stale } = stop.aborted ? { sent: true, stale: false } : howFar(error);
    throw new WireError(stop.aborted ? 'no answer in time' : reasonOf(error), { sent, stale });
  }
};

async function bodyOf(answer: Response, mostBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = answer.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return Buffer.concat(parts);
    size += part.value.length;
    if (size > mostBytes) {
      await reader?.cancel();
      throw new WireError(`the answer is longer than ${mostBytes} bytes`, { sent: true });
    }
    parts.push(part.value);
  }
}

/** What `fetch` rejects with says why in its cause. */
const causeOf = (error: unknown): unknown => (error instanceof Error && error.cause !== undefined ? error.cause : error);

const causesOf = (error: unknown): readonly unknown[] => {
  const cause = causeOf(error);
  return cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors : [cause];
};

const reasonOf = (error: unknown): string => messageOf(causesOf(error)[0]);

/** Where no connection was made nothing was sent. */
function howFar(error: unknown): { readonly sent: boolean; readonly stale: boolean } {
  const causes = causesOf(error);
  return { sent: !causes.every(isBeforeConnection), stale: causes.some((cause) => closed.has(textOf(cause, 'code'))) };
}

const closed: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

const isBeforeConnection = (error: unknown): boolean =>
  ['connect', 'getaddrinfo'].includes(textOf(error, 'syscall')) ||
  textOf(error, 'code') === 'UND_ERR_CONNECT_TIMEOUT' ||
  /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/.test(textOf(error, 'code'));

const textOf = (error: unknown, key: 'code' | 'syscall'): string => {
  if (typeof error !== 'object' || error === null || !(key in error)) return '';
  return String(Object.entries(error).find(([name]) => name === key)?.[1] ?? '');
};
