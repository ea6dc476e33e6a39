import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Control } from '../model/control.ts';
import { messageOf } from '../model/message-of.ts';
import { PortError } from '../model/ports.ts';
import { giveUpUntaken, makeRoom, type RequestLimits, requestLimits, serverOptions } from './connections.ts';
import { type EventStreams, eventStreams } from './events.ts';
import { Problem } from './problem.ts';
import { paths, patience } from './protocol.ts';
import { bodyOf, type Fields, refuseAny, resumptionIn, suspensionIn } from './request.ts';
import { stayAt } from './socket.ts';

export interface ControlServer {
  /** Ends streams and requests at once, and takes the socket away. */
  close(): Promise<void>;
}

/**
 * Serves what a controller can be asked, to its own user only: HTTP and JSON over a Unix socket, `docs/control.md`. Nothing that a client
 * does reaches the controller as an exception. Rejects with a `PortError` where another process answers at that path.
 */
export async function serveControl(
  control: Control,
  socketPath: string,
  given: Partial<RequestLimits> = {},
): Promise<ControlServer> {
  const limits = { ...requestLimits, ...given };
  const streams = eventStreams(control);
  const routes = routesOf(control, streams);
  const answering = new Set<ServerResponse>();
  const server = createServer(serverOptions(limits), (request, response) => {
    answering.add(response);
    response.once('close', () => answering.delete(response));
    void serve(request, response, routes, answering.size <= mostAnswers);
  });
  makeRoom(server);
  server.on('clientError', (_error, socket) => socket.destroy());
  const remove = await stayAt(server, socketPath, limits.lookMs);
  server.on('error', () => {});
  return {
    close: async () => {
      await remove();
      streams.close();
      await closed(server);
    },
  };
}

type Handler = (body: Fields, response: ServerResponse) => unknown;
type Routes = Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly limitMs: number; readonly handle: Handler }>>;

/** What a handler gives is the answer; `undefined`: it answers by itself. */
function routesOf(control: Control, streams: EventStreams): Routes {
  const get = (path: keyof typeof patience, handle: Handler) => ({ method: 'GET' as const, limitMs: patience[path], handle });
  const post = (path: keyof typeof patience, handle: Handler) => ({ method: 'POST' as const, limitMs: patience[path], handle });
  return {
    [paths.status]: get(paths.status, () => control.status()),
    [paths.report]: get(paths.report, async () => (await control.report()) ?? noPlan(control)),
    [paths.plan]: get(paths.plan, async () => (await control.plan()) ?? noPlan(control)),
    [paths.events]: get(paths.events, (_body, response) => streams.open(response)),
    [paths.reconcile]: post(paths.reconcile, (body) => {
      refuseAny(body);
      return control.reconcile();
    }),
    [paths.suspend]: post(paths.suspend, (body) => control.suspend(suspensionIn(body))),
    [paths.resume]: post(paths.resume, async (body) => {
      const { kind, name, by } = resumptionIn(body);
      return { format_version: '1.0', resumed: await control.resume(kind, name, by) };
    }),
  };
}

function noPlan(control: Control): never {
  const { obstacle } = control.status();
  throw new Problem('no-plan', obstacle ?? 'no revision is in force yet', 'See why with: muster ps');
}

/** Those who follow the events are among them. */
const mostAnswers = 64;

/** Never rejects. */
async function serve(request: IncomingMessage, response: ServerResponse, routes: Routes, hasRoom: boolean): Promise<void> {
  response.on('error', () => {});
  request.on('error', () => {});
  try {
    if (!hasRoom) throw new Problem('too-many', `${mostAnswers} requests already wait for their answers`, 'Try again later.');
    const pathname = (request.url ?? '/').replace(/\?.*/s, '');
    const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
    if (route === undefined) throw notFound(pathname);
    if (request.method !== route.method) {
      response.setHeader('allow', route.method);
      throw new Problem('method-not-allowed', `${pathname} is asked with ${route.method}`, `Use ${route.method}.`);
    }
    const body = route.method === 'POST' ? await bodyOf(request) : {};
    const answered = Promise.resolve().then(() => route.handle(body, response));
    const answer = await within(answered, route.limitMs);
    if (answer !== undefined) send(response, 200, answer);
  } catch (error) {
    const problem = asProblem(error);
    send(response, problem.status, problem.body);
  }
}

const notFound = (pathname: string): Problem =>
  new Problem(
    'not-found',
    `there is nothing at ${pathname.slice(0, 80)}`,
    `This controller serves ${Object.values(paths).join(', ')}.`,
  );

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const text = `${JSON.stringify(body)}\n`;
  // What is left of a request that was refused is not read.
  if (status >= 400) response.shouldKeepAlive = false;
  giveUpUntaken(response);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const why = messageOf(error);
  if (error instanceof PortError && error.kind === 'refused') return new Problem('refused', why, 'Nothing was changed.');
  return new Problem('internal', why, 'See what the controller says: journalctl --user -u mosaic-controller');
}

async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  work.catch(() => 'told to whoever still waits');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (): void =>
      reject(
        new Problem('timeout', `this took over ${limitMs / 1000} seconds`, 'It goes on all the same; ask for the status later.'),
      );
    timer = setTimeout(fail, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
