import type { ControllerConfig } from '../model/controller.ts';

type Address = NonNullable<ControllerConfig['metrics']>;

/** Longest path of a Unix socket in bytes, unix(7). */
const longestSocket = 107;

/** Where metrics are served, or why they are not. */
export function readMetrics(
  text: string,
  absolute: (path: string) => string,
): { readonly at: Address } | { readonly refused: string; readonly hint: string; readonly why?: string } {
  if (text.startsWith('unix:')) {
    const socket = absolute(text.slice('unix:'.length));
    if (Buffer.byteLength(socket) <= longestSocket) return { at: { socket } };
    return { refused: 'is too long for a socket', hint: `at most ${longestSocket} bytes: choose a shorter path` };
  }
  const [, bracketed, plain, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (!isLoopback(host)) {
    return {
      refused: 'is no loopback address',
      why: 'Metrics name agents and revisions, and are told to whoever asks, without a password.',
      hint: 'use 127.0.0.1:9464 or unix:/PATH; for other machines, put a proxy before it that asks who they are',
    };
  }
  if (port < 1 || port > 65_535) return { refused: 'has no such port', hint: 'expected 1 to 65535' };
  return { at: { host, port } };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);
