import type { ConnectorClock } from '../../model/connectors.ts';
import { isFields, isText } from '../../model/shape.ts';
import { later, type Trouble } from './missing.ts';
import { ask, type Reply } from './request.ts';
import { isHomeserver } from './settings.ts';
import type { Wire } from './wire.ts';

const withinMs = 15_000;
const mostBytes = 1024 * 1024;
const mostRedirects = 3;

/**
 * Base of the API of a homeserver. What the roster names is it, if a homeserver answers there; else its well-known file says where it is
 * (https://spec.matrix.org/v1.12/client-server-api/#well-known-uri). No token is told to anybody yet.
 */
export async function discover(
  wire: Wire,
  clock: ConnectorClock,
  homeserver: string,
  stop?: AbortSignal,
): Promise<{ readonly base: string } | Trouble> {
  const get = (url: string): Promise<Reply> => ask(wire, clock, { method: 'GET', url, token: null, withinMs, mostBytes }, stop);
  const isBase = async (base: string): Promise<Reply> => get(`${base}/_matrix/client/versions`);
  const direct = await isBase(homeserver);
  if (hasVersions(direct)) return { base: homeserver };
  if (direct.kind === 'limited') return later(direct.detail, direct.retryAfterMs);
  const told = await wellKnown(get, homeserver);
  const none = later(`no Matrix homeserver answers at ${homeserver}: ${direct.kind === 'ok' ? 'no versions' : direct.detail}`);
  if (told === null || told === homeserver) return none;
  const there = await isBase(told);
  return hasVersions(there) ? { base: told } : later(`no Matrix homeserver answers at ${told}, of which ${homeserver} tells`);
}

const hasVersions = (reply: Reply): boolean => reply.kind === 'ok' && Array.isArray(reply.fields.versions);

async function wellKnown(get: (url: string) => Promise<Reply>, homeserver: string): Promise<string | null> {
  let url = new URL('/.well-known/matrix/client', homeserver).href;
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const reply = await get(url);
    if (reply.kind === 'failed' && reply.location !== undefined && mayFollow(homeserver, reply.location)) {
      url = reply.location;
      continue;
    }
    if (reply.kind !== 'ok') return null;
    const { 'm.homeserver': entry } = reply.fields;
    const base = isFields(entry) && isText(entry.base_url) ? entry.base_url.replace(/\/+$/, '') : '';
    return mayFollow(homeserver, base) ? base : null;
  }
  return null;
}

/** A site on a network never leads to a server on this host, nor from an encrypted connection to a plain one. */
const mayFollow = (from: string, to: string): boolean =>
  isHomeserver(to) && (new URL(to).protocol === 'https:' || new URL(from).protocol === 'http:');
