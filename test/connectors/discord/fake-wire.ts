import {
  type SocketEvents,
  type Wire,
  type WireAnswer,
  WireError,
  type WireRequest,
  type WireSocket,
} from '../../../src/connectors/discord/wire.ts';
import type { FakeDiscord } from './fake.ts';
import type { FakeConnection } from './fake-gateway.ts';
import type { FakeAnswer, FakeRequest, FakeRest } from './fake-rest.ts';

export const base = 'https://discord.test/api/v10';
export const gatewayUrl = 'wss://gateway.discord.test/';

/** The way to the fake without a network: in virtual time, and the same each time. */
export function fakeWire(discord: FakeDiscord, rest: FakeRest): Wire {
  const { clock, gateway } = discord;
  gateway.url ??= gatewayUrl;
  return {
    request: async (request, stop): Promise<WireAnswer> => {
      await clock.sleep(2, stop);
      if (gateway.isDown) throw new WireError('connect ECONNREFUSED', false);
      if (stop.aborted) throw new WireError('no answer in time', false);
      const outcome = rest.handle(fakeRequest(request));
      if (outcome === 'silence') await aborted(stop);
      if (outcome === 'reset' || outcome === 'silence' || stop.aborted)
        throw new WireError(`the answer is lost: ${outcome}`, true);
      return answerOf(outcome, clock.date());
    },
    open: (_url: string, events: SocketEvents): WireSocket => {
      let connection: FakeConnection | null = null;
      let isOver = false;
      const over = (code: number | null, opened: boolean): void => {
        if (isOver) return;
        isOver = true;
        queueMicrotask(() => events.closed({ code, opened, detail: '' }));
      };
      void clock.sleep(1).then(() => {
        if (isOver) return;
        if (gateway.isDown) return over(null, false);
        connection = gateway.connect({
          send: (text) => queueMicrotask(() => !isOver && events.message(text)),
          close: (code) => over(code, true),
        });
      });
      return {
        send: (text) => queueMicrotask(() => !isOver && connection?.receive(text)),
        close: (code) => {
          connection?.closed(code);
          over(code, connection !== null);
        },
      };
    },
  };
}

const aborted = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => (stop.aborted ? resolve() : stop.addEventListener('abort', () => resolve(), { once: true })));

function fakeRequest({ method, url, headers, body }: WireRequest): FakeRequest {
  const form = body instanceof FormData ? body : null;
  const payload = form === null ? body : form.get('payload_json');
  const files = form === null ? [] : [...form.entries()].flatMap(([, value]) => (typeof value === 'string' ? [] : [value]));
  return {
    method,
    path: url.slice(base.length),
    token: headers.authorization ?? null,
    userAgent: headers['user-agent'] ?? null,
    body: typeof payload === 'string' ? (JSON.parse(payload) as Record<string, unknown>) : {},
    files: files.map(({ name, size }) => ({ name, size })),
  };
}

const answerOf = ({ status, headers, text }: FakeAnswer, now: Date): WireAnswer => {
  // "Date" has whole seconds.
  const all: Record<string, string> = { date: now.toUTCString(), ...headers };
  return { status, header: (name) => all[name] ?? null, text };
};
