import { createServer, type Server } from 'node:http';
import { isIP } from 'node:net';
import type { ControllerConfig } from '../model/controller.ts';
import { PortError } from '../model/ports.ts';
import { giveUpUntaken, makeRoom, requestLimits, serverOptions } from './connections.ts';
import type { ControlServer } from './server.ts';
import { listenAt } from './socket.ts';

export interface MetricsServer extends ControlServer {
  /** Where it listens: a URL, or the path of a socket. */
  readonly at: string;
}

/**
 * Serves `render` at `/metrics`, on a loopback address or a Unix socket that only this user can connect to. Rejects with a `PortError` for any
 * other address, and where it is taken. A `render` that throws is a status of 500.
 */
export async function serveMetrics(
  render: () => string,
  address: NonNullable<ControllerConfig['metrics']>,
): Promise<MetricsServer> {
  const server = createServer(serverOptions(requestLimits), (request, response) => {
    response.on('error', () => {});
    request.on('error', () => {});
    const answer = answerTo(request.method, request.url, render);
    response.writeHead(answer.status, { 'content-type': answer.type, 'content-length': Buffer.byteLength(answer.text) });
    giveUpUntaken(response);
    response.end(request.method === 'HEAD' ? '' : answer.text);
  });
  makeRoom(server);
  server.on('clientError', (_error, socket) => socket.destroy());
  const { at, remove } = 'socket' in address ? await onSocket(server, address.socket) : await onLoopback(server, address);
  server.on('error', () => {});
  return {
    at,
    close: async () => {
      await remove();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const plainText = 'text/plain; charset=utf-8';
const exposition = 'text/plain; version=0.0.4; charset=utf-8';

function answerTo(method: string | undefined, url: string | undefined, render: () => string) {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plainText, text: 'GET /metrics\n' };
  if (url?.split('?')[0] !== '/metrics') return { status: 404, type: plainText, text: 'see /metrics\n' };
  try {
    return { status: 200, type: exposition, text: render() };
  } catch {
    return { status: 500, type: plainText, text: 'the metrics could not be made\n' };
  }
}

const onSocket = async (server: Server, file: string) => ({ at: file, remove: await listenAt(server, file) });

async function onLoopback(server: Server, { host, port }: { readonly host: string; readonly port: number }) {
  if (!isLoopback(host)) throw new PortError('refused', `metrics are served on a loopback address, not on ${host}`);
  const address = host === 'localhost' ? '127.0.0.1' : host;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new PortError('refused', `metrics cannot be served: ${error.message}`)));
    server.listen(port, address, resolve);
  });
  server.removeAllListeners('error');
  const bound = server.address();
  const real = typeof bound === 'object' && bound !== null ? bound.port : port;
  return { at: `http://${isIP(address) === 6 ? `[${address}]` : address}:${real}/metrics`, remove: async () => {} };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
