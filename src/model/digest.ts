import { hash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';

// The package's types declare a default export; its CommonJS module is the function itself.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`;

export const isDigest = (value: unknown): value is Digest => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

export const digestOfText = (text: string | Uint8Array): Digest => `sha256:${hash('sha256', text)}`;

/** Of a file: what it holds and who may read, write or run it. `mode` in its permission bits. */
export function digestOfFile(content: string | Uint8Array, mode: number): Digest {
  const head = `${mode.toString(8)}\0`;
  return digestOfText(typeof content === 'string' ? head + content : Buffer.concat([Buffer.from(head), content]));
}

/** Canonical JSON (RFC 8785): keys sorted, no white space, one spelling for each number. */
export function canonicalJson(value: unknown): string {
  // What is in order the language itself writes like that, sooner and with less to collect afterwards.
  const text = isInOrder(value) ? JSON.stringify(value) : canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** Whether every key comes after the one before it, and JSON has every value. */
function isInOrder(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  if (Array.isArray(value)) return value.every(isInOrder);
  let last = '';
  for (const [key, content] of Object.entries(value)) {
    if (key < last || !isInOrder(content)) return false;
    last = key;
  }
  return !('toJSON' in value);
}

export const digestOfJson = (value: unknown): Digest => digestOfText(canonicalJson(value));
