import type { Span, Written, WrittenEntry, WrittenScalar } from './written.ts';

/**
 * Reads the YAML that rosters are mostly written in: block maps and lists of plain words, numbers and simply quoted texts,
 * and braces or brackets within a line. Gives `null` for everything else, errors included: then the full parser has the say.
 * What it does read, it reads as the full parser would, a test holds it to that; it exists because that one takes ten times
 * as long, and a plan is made at every look.
 */
export function readPlainYaml(text: string): Written | null {
  const lines = linesOf(text);
  const [first] = lines ?? [];
  if (lines === null || first === undefined || first.indent !== 0) return null;
  const cursor: Cursor = { text, lines, at: 0 };
  const root = readBlock(cursor, 0, 0);
  return root !== null && cursor.at === lines.length ? root : null;
}

interface Line {
  /** Column of the first character that is no space. */
  readonly indent: number;
  /** Offset of that character, and of the line's end. */
  readonly start: number;
  readonly end: number;
}

interface Cursor {
  readonly text: string;
  readonly lines: readonly Line[];
  at: number;
}

/** Nesting beyond any roster's is left to the full parser. */
const maxDepth = 12;

/** Lines with content, or `null` where a tab, a document mark or a directive asks for the full parser. */
function linesOf(text: string): Line[] | null {
  if (/[\t\u0085\u2028\u2029]|\r(?!\n)|^(?:---|\.\.\.|%)/m.test(text)) return null;
  const lines: Line[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const next = newline === -1 ? text.length : newline + 1;
    let end = newline === -1 ? text.length : newline;
    if (text.charCodeAt(end - 1) === carriageReturn && end > from) end -= 1;
    let start = from;
    while (start < end && text.charCodeAt(start) === space) start += 1;
    if (start < end && text.charCodeAt(start) !== hash) lines.push({ indent: start - from, start, end });
    from = next;
  }
  return lines;
}

const carriageReturn = 0x0d;
const space = 0x20;
const hash = 0x23;
const dash = 0x2d;

function readBlock(cursor: Cursor, indent: number, depth: number): Written | null {
  const line = cursor.lines[cursor.at];
  if (line === undefined || depth > maxDepth) return null;
  return isItem(cursor.text, line) ? readList(cursor, indent, depth) : readMap(cursor, indent, line.start, depth);
}

const isItem = (text: string, line: Line): boolean =>
  text.charCodeAt(line.start) === dash && text.charCodeAt(line.start + 1) === space;

function readList(cursor: Cursor, indent: number, depth: number): Written | null {
  const start = cursor.lines[cursor.at]?.start ?? 0;
  const items: Written[] = [];
  for (let line = cursor.lines[cursor.at]; line !== undefined && line.indent >= indent; line = cursor.lines[cursor.at]) {
    if (line.indent > indent) return null;
    if (!isItem(cursor.text, line)) break; // a key of the map that this list stands in, or an error for that map to find
    const item = readItem(cursor, line, depth);
    if (item === null) return null;
    items.push(item);
  }
  const last = items.at(-1);
  return last === undefined ? null : { kind: 'list', items, start, end: last.end };
}

function readItem(cursor: Cursor, line: Line, depth: number): Written | null {
  let start = line.start + 1;
  while (cursor.text.charCodeAt(start) === space && start < line.end) start += 1;
  if (keyEnd(cursor.text, start, line.end) !== -1) return readMap(cursor, line.indent + start - line.start, start, depth + 1);
  cursor.at += 1;
  return readInline(cursor.text, start, line.end);
}

/** A map whose first key starts at `start` of the current line, in the column `indent`. */
function readMap(cursor: Cursor, indent: number, start: number, depth: number): Written | null {
  const { text, lines } = cursor;
  const entries = new Map<string, WrittenEntry>();
  let at = start;
  let end = start;
  for (;;) {
    const line = lines[cursor.at];
    if (line === undefined) break;
    const stop = keyEnd(text, at, line.end);
    if (stop === -1) return null;
    const name = text.slice(at, stop);
    const value = readValue(cursor, line, stop + 1, indent, depth);
    if (value === null || entries.has(name)) return null;
    entries.set(name, { key: { start: at, end: stop }, value });
    end = value.end;
    const next = lines[cursor.at];
    if (next === undefined || next.indent < indent) break;
    if (next.indent > indent || isItem(text, next)) return null;
    at = next.start;
  }
  return { kind: 'map', entries, start, end };
}

/** What stands after a key: the rest of its line, or the block below it. A list may stand in the key's own column. */
function readValue(cursor: Cursor, line: Line, after: number, indent: number, depth: number): Written | null {
  const { text, lines } = cursor;
  cursor.at += 1;
  let start = after;
  while (start < line.end && text.charCodeAt(start) === space) start += 1;
  if (start < line.end && text.charCodeAt(start) !== hash) return readInline(text, start, line.end);
  const below = lines[cursor.at];
  if (below === undefined) return null;
  if (below.indent > indent || (below.indent === indent && isItem(text, below)))
    return readBlock(cursor, below.indent, depth + 1);
  return null;
}

const key = /[A-Za-z_][\w-]*(?=:(?: |\r?\n|$))/y;

/** Offset of the colon after a simple key, or -1. */
function keyEnd(text: string, start: number, end: number): number {
  key.lastIndex = start;
  const found = key.exec(text);
  return found === null || start + found[0].length >= end ? -1 : start + found[0].length;
}

/** One value that ends with its line; a comment may follow. */
function readInline(text: string, start: number, end: number): Written | null {
  const first = text[start];
  const inFlow = first === '{' || first === '[';
  const value = inFlow ? readFlow(text, start, end, 0) : first === '"' || first === "'" ? readQuoted(text, start, end) : null;
  if (value !== null) return isRest(text, value.end, end) ? value : null;
  return inFlow || first === '"' || first === "'" ? null : readPlain(text, start, end);
}

/** Nothing but a comment is left of the line. */
function isRest(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && text.charCodeAt(at) === space) at += 1;
  return at === end || (at > from && text.charCodeAt(at) === hash);
}

function readPlain(text: string, start: number, lineEnd: number): Written | null {
  const comment = text.slice(start, lineEnd).search(/ #/);
  let end = comment === -1 ? lineEnd : start + comment;
  while (end > start && text.charCodeAt(end - 1) === space) end -= 1;
  const word = text.slice(start, end);
  if (!/^(?:[\w/~.+=]|-[A-Za-z-])/.test(word) || /:(?: |$)/.test(word)) return null;
  return scalarOf(word, { start, end });
}

function readQuoted(text: string, start: number, lineEnd: number): WrittenScalar | null {
  const quote = text.charAt(start);
  const close = text.indexOf(quote, start + 1);
  if (close === -1 || close >= lineEnd) return null;
  const value = text.slice(start + 1, close);
  const escaped = quote === '"' ? value.includes('\\') : text[close + 1] === "'";
  return escaped ? null : { kind: 'scalar', value, start, end: close + 1 };
}

const plainInFlow = /[A-Za-z0-9_/~.](?:[\w/~.@+=%-]|:(?=[\w/~.@+=%-]))*/y;

/** Braces or brackets that close on the same line. */
function readFlow(text: string, start: number, end: number, depth: number): Written | null {
  if (depth > maxDepth) return null;
  const isMap = text[start] === '{';
  const entries = new Map<string, WrittenEntry>();
  const items: Written[] = [];
  let at = start + 1;
  const skip = (): void => {
    while (at < end && text.charCodeAt(at) === space) at += 1;
  };
  for (skip(); text[at] !== (isMap ? '}' : ']'); skip()) {
    if (isMap) {
      const stop = keyEnd(text, at, end);
      if (stop === -1 || text.charCodeAt(stop + 1) !== space) return null;
      const span = { start: at, end: stop };
      at = stop + 1;
      skip();
      const value = readFlowValue(text, at, end, depth);
      const name = text.slice(span.start, span.end);
      if (value === null || entries.has(name)) return null;
      entries.set(name, { key: span, value });
      at = value.end;
    } else {
      const value = readFlowValue(text, at, end, depth);
      if (value === null) return null;
      items.push(value);
      at = value.end;
    }
    skip();
    if (text[at] === ',' && at < end) at += 1;
    else if (text[at] !== (isMap ? '}' : ']')) return null;
  }
  if (at >= end) return null;
  return isMap ? { kind: 'map', entries, start, end: at + 1 } : { kind: 'list', items, start, end: at + 1 };
}

function readFlowValue(text: string, start: number, end: number, depth: number): Written | null {
  const first = text[start];
  if (start >= end) return null;
  if (first === '{' || first === '[') return readFlow(text, start, end, depth + 1);
  if (first === '"' || first === "'") return readQuoted(text, start, end);
  plainInFlow.lastIndex = start;
  const word = plainInFlow.exec(text)?.[0];
  if (word === undefined) return null;
  const stop = start + word.length;
  // Only where the word surely ends here: a space inside, or a colon, is for the full parser.
  return /^ *[,\]}]/.test(text.slice(stop, stop + 8)) ? scalarOf(word, { start, end: stop }) : null;
}

/** The core schema's reading of a plain word; numbers other than simple whole ones are for the full parser. */
function scalarOf(word: string, span: Span): WrittenScalar | null {
  const first = word.charCodeAt(0);
  const maybeNumber = first < 0x3a && first !== 0x2f;
  if (!maybeNumber) {
    const constant = constants.get(word);
    return { kind: 'scalar', value: constant === undefined ? word : constant, ...span };
  }
  if (/^(?:0|[1-9]\d{0,14})$/.test(word)) return { kind: 'scalar', value: Number(word), ...span };
  return /^[-+.]?[\d.]*(?:e|x|o|inf|nan|$)/i.test(word) && !/^--?[A-Za-z]/.test(word)
    ? null
    : { kind: 'scalar', value: word, ...span };
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ...['~', 'null', 'Null', 'NULL'].map((word): [string, null] => [word, null]),
  ...['true', 'True', 'TRUE'].map((word): [string, boolean] => [word, true]),
  ...['false', 'False', 'FALSE'].map((word): [string, boolean] => [word, false]),
]);
