import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** In which time a request has to be whole, in milliseconds from when its connection was made or its predecessor answered. */
export interface RequestLimits {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often it is looked whether the socket is still there. */
  readonly lookMs: number;
}

export const requestLimits: RequestLimits = { headersMs: 5000, requestMs: 10_000, lookMs: 10_000 };

const mostWaiting = 32;
const untakenMs = 30_000;

/** For `createServer`, which looks for requests that are late only twice a minute unless it is told to. */
export const serverOptions = ({ headersMs, requestMs }: RequestLimits) => ({
  headersTimeout: headersMs,
  requestTimeout: requestMs,
  connectionsCheckingInterval: Math.min(1000, headersMs),
  keepAliveTimeout: 1000,
});

/** Connections that have not sent a whole request keep nobody out: of more than 32 the oldest is ended. */
export function makeRoom(server: Server): void {
  const waiting = new Set<Socket>();
  const wait = (socket: Socket): void => {
    if (socket.destroyed) return;
    waiting.add(socket);
    const [oldest] = waiting;
    if (waiting.size > mostWaiting) oldest?.destroy();
  };
  server.on('connection', (socket: Socket) => {
    socket.once('close', () => waiting.delete(socket));
    wait(socket);
  });
  server.on('request', (request, response) => {
    request.once('end', () => waiting.delete(request.socket));
    // Nobody reads the body of these; unread, they would not end.
    if (request.method !== 'POST') request.resume();
    response.once('finish', () => wait(request.socket));
  });
}

/** An answer of which nothing is taken for half a minute ends with its connection. */
export function giveUpUntaken(response: ServerResponse): void {
  response.setTimeout(untakenMs, () => response.destroy());
}
