import type { TextLimit } from '../../model/connectors.ts';

/** A block of code that is open: how it began, and what ends it. */
interface Fence {
  readonly marker: string;
  readonly info: string;
}

/**
 * Text in parts that fit the limit, at least one. It is cut between paragraphs, else between lines, else between words, else anywhere
 * but within a character. A block of code that is cut is closed and opened again, with its language. Beside white space at the
 * cuts and those fences the parts are the text. The limit has to leave room for some words: at least 64.
 */
export function split(text: string, limit: TextLimit): readonly string[] {
  const parts: string[] = [];
  let fence: Fence | null = null;
  let rest = text;
  for (;;) {
    if (parts.length > 0 && rest.trim() === '') return parts;
    const head = headOf(fence, limit);
    // In either unit a text is at least as long as JavaScript says.
    if (rest.length <= limit.most && sizeOf(head + rest, limit) <= limit.most) return [...parts, head + rest];
    const room = limit.most - sizeOf(head, limit) - sizeOf(`\n${longestMarker(rest.slice(0, limit.most), fence)}`, limit);
    const cut = cutOf(rest, fitting(rest, room, limit), fence);
    const body = rest.slice(0, cut.end);
    fence = fenceAfter(body, fence);
    const part = head + (fence === null ? body.trimEnd() : `${body}\n${fence.marker}`);
    if (part.trim() !== '') parts.push(part);
    rest = rest.slice(cut.next);
    const line = rest.slice(0, lineEnd(rest, 0));
    if (fence === null || nextFence(line, fence) !== null) continue;
    // The code ends just here, and was closed already.
    fence = null;
    rest = rest.slice(line.length + 1);
  }
}

const headOf = (fence: Fence | null, limit: TextLimit): string => {
  if (fence === null) return '';
  const whole = `${fence.marker}${fence.info}\n`;
  return sizeOf(whole, limit) <= limit.most / 4 ? whole : `${fence.marker}\n`;
};

/** Lengths of text in the unit of the limit. */
export const sizeOf = (text: string, { unit }: TextLimit): number => (unit === 'bytes' ? Buffer.byteLength(text) : text.length);

/** Where the longest beginning ends that has room; never within a character, and at least one character long. */
function fitting(text: string, room: number, { unit }: TextLimit): number {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += unit === 'bytes' ? Buffer.byteLength(character) : character.length;
    if (size > room && end > 0) return end;
    end += character.length;
  }
  return end;
}

interface Cut {
  /** The part ends before it. */
  readonly end: number;
  /** The next one begins here. */
  readonly next: number;
}

/** The best place to cut at or before `most`: one that leaves a part at least half full, if there is any. */
function cutOf(text: string, most: number, fence: Fence | null): Cut {
  const { paragraph, line, inside, beside } = lineCuts(text, most, fence);
  const half = most / 2;
  const word = fence === null && inside === 0 ? text.lastIndexOf(' ', most - 1) : 0;
  const at =
    [paragraph, line, inside].find((place) => place >= half) ??
    [paragraph, line, inside, beside].find((place) => place > 0) ??
    withinLine(text, word >= half ? word : most);
  if (at === paragraph || at === line) return { end: at, next: at + blankLinesAt(text, at) };
  return { end: at, next: text[at] === '\n' || at === word ? at + 1 : at };
}

/** The same place, or one before it: what a cut makes a line of must be no fence, unless the whole line is one. */
function withinLine(text: string, most: number): number {
  const start = text.lastIndexOf('\n', most - 1) + 1;
  const end = lineEnd(text, most);
  for (let at = most; at > start; at -= 1) {
    const isWithinCharacter = /[\udc00-\udfff]/.test(text[at] ?? '');
    if (!isWithinCharacter && !isFence(text.slice(at, end)) && isFence(text.slice(start, at)) === isFence(text.slice(start, end)))
      return at;
  }
  return most;
}

const isFence = (line: string): boolean => nextFence(line, null) !== null;

const blankLinesAt = (text: string, at: number): number => /^(?:[^\S\n]*\n)+/.exec(text.slice(at, at + 4096))?.[0].length ?? 0;

interface LineCuts {
  /** Last end of a line before an empty one; of any line; 0 where there is none. Both outside of code. */
  readonly paragraph: number;
  readonly line: number;
  /** Last end of a line within code, other than beside its fences, where a part would hold an empty block; and those. */
  readonly inside: number;
  readonly beside: number;
}

function lineCuts(text: string, most: number, before: Fence | null): LineCuts {
  const cuts = { paragraph: 0, line: 0, inside: 0, beside: 0 };
  let fence = before;
  for (let start = 0; start <= most; ) {
    const newline = text.indexOf('\n', start);
    if (newline === -1 || newline > most) break;
    const opened: boolean = fence === null;
    fence = nextFence(text.slice(start, newline), fence);
    const following = text.slice(newline + 1, lineEnd(text, newline + 1));
    if (fence === null) {
      cuts.line = newline;
      if (following.trim() === '') cuts.paragraph = newline;
    } else if (opened || nextFence(following, fence) === null) cuts.beside = newline;
    else cuts.inside = newline;
    start = newline + 1;
  }
  return cuts;
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
};

const fenceAfter = (text: string, before: Fence | null): Fence | null =>
  text.split('\n').reduce((fence, line) => nextFence(line, fence), before);

/** A fence as CommonMark has it: three or more backticks or tildes; it is closed by at least as many of the same. */
function nextFence(line: string, fence: Fence | null): Fence | null {
  const match = /^ {0,3}(`{3,16}(?!`)|~{3,16}(?!~))(.*)$/.exec(line);
  const [, marker = '', info = ''] = match ?? [];
  if (match === null) return fence;
  if (fence === null) return marker.startsWith('`') && info.includes('`') ? null : { marker, info: info.trim() };
  return marker[0] === fence.marker[0] && marker.length >= fence.marker.length && info.trim() === '' ? null : fence;
}

const longestMarker = (text: string, fence: Fence | null): string =>
  (text.match(/^ {0,3}(?:`{3,16}|~{3,16})/gm) ?? []).reduce(
    (longest, marker) => (marker.length > longest.length ? marker : longest),
    fence?.marker ?? '',
  );
