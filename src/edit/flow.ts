import type { Layout, Part } from './layout.ts';
import { lineBreakAt, lineEnd, lineStart, linesFrom, nextLine, startsLine } from './lines.ts';
import { EditRefused } from './refused.ts';
import { deletion, insertion, type Splice } from './splice.ts';

/** Edits of lists and maps in brackets or braces, on one line or on several. */

/** Puts a part after the one at `index`; `-1`: into an empty one. */
export function insertAfter(text: string, { open, parts }: Layout, index: number, put: string): Splice[] {
  const before = parts[index];
  if (before === undefined) return [insertion(open, put)];
  const rest = restOfLine(text, before);
  if (!startsLine(text, before.start) || rest === null || (!rest.comma && index < parts.length - 1))
    return [insertion(before.end, `, ${put}`)];
  const at = lineEnd(text, before.end);
  const line = `${lineBreakAt(text, at)}${text.slice(lineStart(text, before.start), before.start)}${put}`;
  return rest.comma ? [insertion(at, `${line},`)] : [insertion(before.end, ','), insertion(at, line)];
}

/** Takes the part at `index` out, with its comma. */
export function removePart(text: string, layout: Layout, index: number): Splice[] {
  const part = layout.parts[index];
  if (part === undefined) return [];
  const rest = restOfLine(text, part);
  return startsLine(text, part.start) && rest !== null
    ? ownLines(text, layout, index, part, rest.comma)
    : inline(text, layout, index, part);
}

function ownLines(text: string, { parts }: Layout, index: number, part: Part, comma: boolean): Splice[] {
  const { start, end } = linesFrom(text, part.start, part.end);
  const previous = parts[index - 1];
  const stray = comma || previous === undefined ? null : commaAfter(text, previous.end, part.start);
  return [...(stray === null ? [] : [deletion(stray, stray + 1)]), deletion(start, end)];
}

function inline(text: string, { parts }: Layout, index: number, part: Part): Splice[] {
  const next = parts[index + 1];
  const previous = parts[index - 1];
  if (next !== undefined) return [deletion(part.start, withoutComment(text, part.end, next.start))];
  if (previous !== undefined) return [deletion(withoutCommentFrom(text, previous.end, part.start), part.end)];
  const comma = /^\s*,/.exec(text.slice(part.end))?.[0].length ?? 0;
  return [deletion(part.start, part.end + comma)];
}

/** What follows a part on its line, where that is no more than a comma and a comment. */
function restOfLine(text: string, { end }: Part): { readonly comma: boolean } | null {
  const found = /^[ \t]*(,?)[ \t]*(?:#.*)?\r?$/.exec(text.slice(end, nextLine(text, end)).replace(/\n$/, ''));
  return found === null ? null : { comma: found[1] === ',' };
}

function withoutComment(text: string, from: number, to: number): number {
  if (!hasComment(text, from, to)) return to;
  throw commentBetween(from);
}

function withoutCommentFrom(text: string, from: number, to: number): number {
  withoutComment(text, from, to);
  return from;
}

const hasComment = (text: string, from: number, to: number): boolean => text.slice(from, to).includes('#');

const commentBetween = (at: number): EditRefused =>
  new EditRefused({
    summary: 'a comment stands between the parts of this line, and nobody can tell whose it is',
    hint: 'Take it out by hand.',
    at,
  });

/** The comma between two parts; comments are passed over. */
function commaAfter(text: string, from: number, to: number): number | null {
  for (let at = from; at < to; at += 1) {
    if (text[at] === ',') return at;
    if (text[at] === '#') at = lineEnd(text, at);
  }
  return null;
}
