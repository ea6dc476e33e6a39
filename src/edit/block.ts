import type { Layout, Part } from './layout.ts';
import { blockEnd, columnOf, isBlankLine, lineBreakAt, lineEnd, lineStart, linesFrom, nextLine, startsLine } from './lines.ts';
import { EditRefused } from './refused.ts';
import { deletion, insertion, type Splice } from './splice.ts';

/** Edits of lists and maps that are written one part a line. */

/** Puts lines below the last item of a list, and a blank one before them where the last two are apart. */
export function appendItem(text: string, { parts }: Layout, column: number, item: (lineBreak: string) => string): Splice[] {
  const last = parts.at(-1);
  const before = parts.at(-2);
  if (last === undefined) return [];
  const at = blockEnd(text, last.end, column);
  const lineBreak = lineBreakAt(text, at);
  const apart = before !== undefined && areApart(text, before, last, column);
  return [insertion(at, `${lineBreak}${apart ? lineBreak : ''}${' '.repeat(column)}${item(lineBreak)}`)];
}

function areApart(text: string, before: Part, after: Part, column: number): boolean {
  for (let start = nextLine(text, blockEnd(text, before.end, column)); start < after.start; start = nextLine(text, start)) {
    if (isBlankLine(text, start)) return true;
  }
  return false;
}

/** Takes the lines of an item out, and one of the blank lines around it. Comments above it stay: whose they are nobody can tell. */
export function removeItem(text: string, { parts }: Layout, index: number): Splice[] {
  const part = parts[index];
  if (part === undefined) return [];
  if (!startsLine(text, part.start)) throw sharesLine(part);
  const column = columnOf(text, part.start);
  const isLast = index === parts.length - 1;
  const from = lineStart(text, part.start);
  const end = blockEnd(text, part.end, column);
  const blankAbove = from > 0 && isBlankLine(text, lineStart(text, from - 1));
  const below = nextLine(text, end);
  const blankBelow = below < text.length && isBlankLine(text, below);
  if (blankAbove && (blankBelow || isLast)) return [cut(linesFrom(text, from - 1, end))];
  if (index === 0 && !isLast && blankBelow) return [cut(linesFrom(text, from, below))];
  return [cut(linesFrom(text, from, end))];
}

/** Puts a key below another one and what belongs to it. */
export function insertKey(text: string, after: Part, first: Part, pair: string): Splice[] {
  const column = columnOf(text, first.start);
  const at = blockEnd(text, after.end, column);
  return [insertion(at, `${lineBreakAt(text, at)}${' '.repeat(column)}${pair}`)];
}

/** Takes a key out with its value, from a map that has others. */
export function removeKey(text: string, { parts }: Layout, index: number): Splice[] {
  const part = parts[index];
  const next = parts[index + 1];
  if (part === undefined) return [];
  const column = columnOf(text, part.start);
  if (startsLine(text, part.start)) return [cut(linesFrom(text, part.start, blockEnd(text, part.end, column)))];
  // The first one stands behind a dash: the next one takes its place there.
  if (next === undefined || /^\s*#/m.test(text.slice(lineEnd(text, part.end), next.start))) throw sharesLine(part);
  return [deletion(part.start, next.start)];
}

const cut = ({ start, end }: { readonly start: number; readonly end: number }): Splice => deletion(start, end);

const sharesLine = ({ start }: Part): EditRefused =>
  new EditRefused({
    summary: 'it begins on the line of something else, so that it cannot be taken out alone',
    hint: 'Take it out by hand.',
    at: start,
  });
