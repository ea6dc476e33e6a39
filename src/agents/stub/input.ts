/** What a terminal's bytes mean. Text keeps its line feeds: only a carriage return is Enter. */
export type InputEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'enter' }
  | { readonly kind: 'key'; readonly key: Key };

export type Key = 'backspace' | 'escape' | 'ctrl-c' | 'ctrl-d' | 'ctrl-l' | 'ctrl-u' | 'other';

/** Between two reads: bytes whose meaning is open, and whether they are within a bracketed paste. */
export interface InputState {
  readonly open: Uint8Array;
  readonly pasting: boolean;
}

export const noInput: InputState = { open: new Uint8Array(), pasting: false };

export interface Decoded {
  readonly state: InputState;
  readonly events: readonly InputEvent[];
}

/** Decodes one read. However the bytes are cut into reads, the events are the same, but for text that comes in several parts. */
export function decode(state: InputState, bytes: Uint8Array): Decoded {
  let open = concat(state.open, bytes);
  let pasting = state.pasting;
  // Of a long paste only what is new can hold the end, or its last bytes.
  let searched = pasting ? Math.max(0, state.open.length - pasteEnd.length + 1) : 0;
  const events: InputEvent[] = [];
  for (;;) {
    const token = pasting ? readPaste(open, searched) : readToken(open);
    if (token === null) return { state: { open, pasting }, events };
    if (token.event !== null) events.push(token.event);
    pasting = token.pasting;
    open = open.subarray(token.length);
    searched = 0;
  }
}

/** No more bytes came for a while: an open escape is the Escape key, an open character is broken. */
export function settle(state: InputState): Decoded {
  if (state.pasting || state.open.length === 0) return { state, events: [] };
  const [first] = state.open;
  if (first !== ESC) return { state: noInput, events: [{ kind: 'text', text: utf8.decode(state.open) }] };
  return { state: noInput, events: [{ kind: 'key', key: state.open.length === 1 ? 'escape' : 'other' }] };
}

interface Token {
  readonly length: number;
  readonly event: InputEvent | null;
  readonly pasting: boolean;
}

const ESC = 0x1b;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const pasteEnd = [ESC, ...Buffer.from('[201~')];

const token = (length: number, event: InputEvent | null, pasting = false): Token => ({ length, event, pasting });
const key = (length: number, name: Key): Token => token(length, { kind: 'key', key: name });

function readPaste(bytes: Uint8Array, from: number): Token | null {
  for (let at = bytes.indexOf(ESC, from); at >= 0; at = bytes.indexOf(ESC, at + 1)) {
    if (!pasteEnd.every((byte, index) => bytes[at + index] === byte)) continue;
    return token(at + pasteEnd.length, { kind: 'paste', text: utf8.decode(bytes.subarray(0, at)) });
  }
  return null;
}

function readToken(bytes: Uint8Array): Token | null {
  const [first] = bytes;
  if (first === undefined) return null;
  if (first === ESC) return readEscape(bytes);
  if (isText(first)) return readText(bytes);
  if (first === 0x0d) return token(1, { kind: 'enter' });
  return key(1, controls[first] ?? 'other');
}

const controls: Readonly<Record<number, Key>> = {
  3: 'ctrl-c',
  4: 'ctrl-d',
  8: 'backspace',
  12: 'ctrl-l',
  21: 'ctrl-u',
  127: 'backspace',
};

const isText = (byte: number): boolean => (byte >= 0x20 && byte !== 0x7f) || byte === 0x0a || byte === 0x09;

function readText(bytes: Uint8Array): Token | null {
  let end = 1;
  while (end < bytes.length && isText(bytes[end] ?? 0)) end++;
  if (end === bytes.length) end -= openCharacter(bytes);
  return end === 0 ? null : token(end, { kind: 'text', text: utf8.decode(bytes.subarray(0, end)) });
}

/** How many bytes at the end may be the beginning of one UTF-8 character. */
function openCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? back : 0;
  }
  return 0;
}

const longestSequence = 32;

function readEscape(bytes: Uint8Array): Token | null {
  const [, second] = bytes;
  if (second === undefined) return null;
  if (second === ESC) return key(1, 'escape');
  // Alt with Enter: a new line, as in most agents.
  if (second === 0x0d) return token(2, { kind: 'text', text: '\n' });
  if (second === 0x4f) return bytes.length < 3 ? null : key(3, 'other');
  if (second !== 0x5b) return key(2, 'other');
  for (let at = 2; at < bytes.length && at < longestSequence; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return key(at, 'other');
    if (byte >= 0x40) return controlSequence(bytes.subarray(0, at + 1));
  }
  return bytes.length < longestSequence ? null : key(longestSequence, 'other');
}

function controlSequence(bytes: Uint8Array): Token {
  return utf8.decode(bytes.subarray(2)) === '200~' ? token(bytes.length, null, true) : key(bytes.length, 'other');
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
