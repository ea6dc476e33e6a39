import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const fleetUser = '@fleet:example.org';
export const operatorUser = '@jason:example.org';
export const roomId = '!room:example.org';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | null;
  readonly body: Record<string, unknown>;
}

/** What is answered: JSON with its status, or whatever the socket is made to do. */
export type Answer = readonly [status: number, fields: object] | { readonly act: (response: ServerResponse) => void };

type Route = (request: Request) => Answer;

/** A homeserver that does what it is told, over a real socket. Without a word it is one with one room, in which nothing happens. */
export class FakeHomeserver {
  readonly requests: Request[] = [];
  readonly #routes: { readonly of: RegExp; readonly answer: Route; left: number }[] = [];
  readonly #server: Server;
  readonly #waiting = new Set<() => void>();
  #events: object[] = [];
  #ended = false;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeHomeserver> {
    const fake = new FakeHomeserver();
    await new Promise<void>((done) => fake.#server.listen(0, '127.0.0.1', done));
    return fake;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The next so many requests whose `METHOD path` fits. The latest word counts. */
  when(of: RegExp, answer: Answer | Route, times = 1): void {
    this.#routes.unshift({ of, answer: typeof answer === 'function' ? answer : () => answer, left: times });
    for (const wake of this.#waiting) wake();
  }

  /** Something happens in the room. */
  happen(...events: object[]): void {
    this.#events.push(...events);
    for (const wake of this.#waiting) wake();
  }

  asked(of: RegExp): readonly Request[] {
    return this.requests.filter(({ method, path }) => of.test(`${method} ${path}`));
  }

  /** Syncs that wait for something to happen. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const wake of this.#waiting) wake();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    this.requests.push(request);
    const answer = this.#scripted(request) ?? (await this.#usual(request, incoming));
    if ('act' in answer) {
      answer.act(response);
      return;
    }
    const [status, fields] = answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(fields));
  }

  #scripted(request: Request): Answer | null {
    const route = this.#routes.find(({ of, left }) => left > 0 && of.test(`${request.method} ${request.path}`));
    if (route === undefined) return null;
    route.left -= 1;
    return route.answer(request);
  }

  async #usual(request: Request, incoming: IncomingMessage): Promise<Answer> {
    const { method, path } = request;
    if (path.endsWith('/versions')) return [200, { versions: ['v1.12'] }];
    if (path.endsWith('/whoami')) return [200, { user_id: fleetUser, device_id: 'DEVICE' }];
    if (path.endsWith('/joined_rooms')) return [200, { joined_rooms: [roomId] }];
    if (path.endsWith('/sync')) return this.#sync(request, incoming);
    if (method === 'PUT' && path.includes('/send/')) return [200, { event_id: `$${path.split('/').at(-1)}` }];
    if (path.endsWith('/media/config')) return [200, { 'm.upload.size': 1000 }];
    return [404, { errcode: 'M_NOT_FOUND' }];
  }

  /** Places are numbers: how many events came before. */
  async #sync({ query }: Request, incoming: IncomingMessage): Promise<Answer> {
    const since = query.get('since');
    const timeout = Number(query.get('timeout'));
    if (since !== null && timeout > 0 && Number(since) >= this.#events.length && !this.#ended)
      await new Promise<void>((done) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          done();
        };
        this.#waiting.add(wake);
        incoming.socket.once('close', wake);
      });
    const events = since === null ? [] : this.#events.slice(Number(since));
    const next_batch = String(this.#events.length);
    const scripted = this.#ended || incoming.socket.destroyed ? null : this.#late();
    if (scripted !== null) return scripted;
    const timeline = { events, limited: false, prev_batch: since ?? '0' };
    const rooms = since === null || events.length > 0 ? { join: { [roomId]: { timeline } } } : {};
    return [200, { next_batch, rooms }];
  }

  /** What was scripted while it was waited. */
  #late(): Answer | null {
    return this.#scripted({ method: 'WAIT', path: '/sync', query: new URLSearchParams(), token: null, body: {} });
  }
}

let count = 0;

export function message(text: string, more: object = {}): object {
  count += 1;
  return {
    event_id: `$${count}`,
    type: 'm.room.message',
    sender: operatorUser,
    origin_server_ts: 1_760_000_000_000 + count,
    content: { msgtype: 'm.text', body: text },
    ...more,
  };
}

async function read(incoming: IncomingMessage): Promise<Request> {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake');
  let text = '';
  for await (const chunk of incoming) text += chunk;
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Bytes of a file, or nothing.
  }
  const token = incoming.headers.authorization?.replace('Bearer ', '') ?? null;
  return { method: incoming.method ?? '', path: decodeURIComponent(pathname), query: searchParams, token, body };
}

/** As a proxy before a server that is away says it. */
export const html = (status: number): Answer => ({
  act: (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<html><body>M_UNKNOWN_TOKEN 401 Bad Gateway</body></html>');
  },
});

export const redirect = (location: string, status = 307): Answer => ({
  act: (response) => {
    response.writeHead(status, { location });
    response.end();
  },
});

/** The connection is cut before an answer. */
export const hangUp: Answer = { act: (response) => void response.destroy() };

/** Half of an answer, then nothing more. */
export const half: Answer = {
  act: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"event_id":', () => response.destroy());
  },
};

/** Never an answer. */
export const silence: Answer = { act: () => {} };
