import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FakeDiscord } from './fake.ts';
import type { FakeRequest, FakeRest } from './fake-rest.ts';

export interface FakeServer {
  readonly base: string;
  /** Nobody answers; connections that are there are cut. */
  down(): Promise<void>;
  up(): Promise<void>;
  end(): Promise<void>;
}

const prefix = '/api/v10';

/** The same fake behind HTTP and WebSockets, on a port of this host. */
export async function serveFake(discord: FakeDiscord, rest: FakeRest): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const webSockets = new WebSocketServer({ noServer: true });
  const http = createServer((request, response) => void answer(request, response));
  let port = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const outcome = rest.handle(await fakeRequest(request, Buffer.concat(chunks)));
    if (outcome === 'silence') return;
    if (outcome === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(outcome.status, { date: discord.clock.date().toUTCString(), ...outcome.headers });
    response.end(outcome.text);
  };
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => attach(discord, webSocket));
  });
  const up = async (): Promise<void> => {
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    ({ port } = http.address() as AddressInfo);
    discord.gateway.url = `ws://127.0.0.1:${port}/gateway`;
  };
  const down = async (): Promise<void> => {
    const closed = once(http, 'close');
    http.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await up();
  return { base: `http://127.0.0.1:${port}${prefix}`, up, down, end: down };
}

function attach(discord: FakeDiscord, webSocket: WebSocket): void {
  const connection = discord.gateway.connect({
    send: (text) => webSocket.send(text),
    close: (code) => (code === null ? webSocket.terminate() : webSocket.close(code)),
  });
  webSocket.on('message', (data) => connection.receive(String(data)));
  webSocket.on('close', (code) => connection.closed(code));
}

async function fakeRequest(request: IncomingMessage, body: Buffer): Promise<FakeRequest> {
  const { method = 'GET', url = '/', headers } = request;
  const type = headers['content-type'] ?? '';
  const isForm = type.startsWith('multipart/');
  const form = isForm ? await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData() : null;
  const payload = form === null ? body.toString() : form.get('payload_json');
  const files = form === null ? [] : [...form.values()].flatMap((value) => (typeof value === 'string' ? [] : [value]));
  return {
    method,
    path: url.slice(prefix.length),
    token: headers.authorization ?? null,
    userAgent: headers['user-agent'] ?? null,
    body: typeof payload === 'string' && payload !== '' ? (JSON.parse(payload) as Record<string, unknown>) : {},
    files: files.map(({ name, size }) => ({ name, size })),
  };
}
