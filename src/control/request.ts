import type { IncomingMessage } from 'node:http';
import type { Suspension } from '../model/controller.ts';
import { isName } from '../model/names.ts';
import { Problem } from './problem.ts';
import { largestBody } from './protocol.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The JSON object that a request carries; an empty body is an empty object. */
export async function bodyOf(request: IncomingMessage): Promise<Fields> {
  const text = await textOf(request);
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('bad-request', 'the body is not JSON', 'Send a JSON object.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('bad-request', 'the body is not a JSON object', 'Send a JSON object.');
  return value as Fields;
}

/** Not by iteration: that would end the connection with the loop, and the answer with it. */
function textOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestBody) chunks.push(chunk);
      else reject(new Problem('too-large', `the body is over ${largestBody} bytes`, 'Send less.'));
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('close', () => reject(new Problem('bad-request', 'the body ends early', 'Send it again.')));
  });
}

/** Longest reason and user name that are kept. */
const longest = 1000;

export function suspensionIn(body: Fields): Omit<Suspension, 'since'> {
  refuseUnknown(body, ['kind', 'name', 'reason', 'until', 'by']);
  return { ...targetIn(body), reason: optionalText(body, 'reason'), until: timeIn(body, 'until'), by: textIn(body, 'by') };
}

export function resumptionIn(body: Fields): Pick<Suspension, 'kind' | 'name' | 'by'> {
  refuseUnknown(body, ['kind', 'name', 'by']);
  return { ...targetIn(body), by: textIn(body, 'by') };
}

export const refuseAny = (body: Fields): void => refuseUnknown(body, []);

function targetIn({ kind, name }: Fields): Pick<Suspension, 'kind' | 'name'> {
  if (kind !== 'agent' && kind !== 'fleet') throw wrong('kind', 'is neither "agent" nor "fleet"');
  if (typeof name !== 'string' || !isName(name)) throw wrong('name', 'is not the name of an agent or fleet');
  return { kind, name };
}

function textIn(body: Fields, key: string): string {
  const value = body[key];
  if (typeof value !== 'string' || value === '') throw wrong(key, 'is not a text');
  if (value.length > longest) throw wrong(key, `is over ${longest} characters`);
  return value;
}

function optionalText(body: Fields, key: string): string | null {
  return body[key] === undefined || body[key] === null ? null : textIn(body, key);
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** RFC 3339; given on in UTC. */
function timeIn(body: Fields, key: string): string | null {
  const text = optionalText(body, key);
  if (text === null) return null;
  const at = time.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw wrong(key, 'is not a time (RFC 3339), such as 2026-01-02T15:04:05Z');
  return new Date(at).toISOString();
}

function refuseUnknown(body: Fields, known: readonly string[]): void {
  const [stray] = Object.keys(body).filter((key) => !known.includes(key));
  if (stray !== undefined) throw wrong(JSON.stringify(stray.slice(0, 40)), 'is not known here');
}

const wrong = (key: string, why: string): Problem =>
  new Problem('bad-request', `${key} ${why}`, 'Fields are told in docs/control.md.');
