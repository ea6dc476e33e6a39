import type { ChatKey } from './keys.ts';

/** A text that is being written; `at` is where the cursor stands, in UTF-16 units. */
export interface Draft {
  readonly text: string;
  readonly at: number;
}

export const noDraft: Draft = { text: '', at: 0 };

/** More than the bridge takes in is cut there, and here. */
export const longestDraft = 200_000;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Puts a text where the cursor stands; line ends of any kind are line feeds, a tab is four blanks, other control characters are left out. */
export function inserted({ text, at }: Draft, added: string): Draft {
  const own = added
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replace(/\p{Cc}/gu, (character) => (character === '\n' ? character : ''));
  const room = own.slice(0, Math.max(0, longestDraft - text.length));
  return { text: text.slice(0, at) + room + text.slice(at), at: at + room.length };
}

/** What a key of editing makes of it; the same where it is none. */
export function edited(draft: Draft, key: ChatKey): Draft {
  const { text, at } = draft;
  const cut = (from: number, to: number): Draft => ({ text: text.slice(0, from) + text.slice(to), at: from });
  switch (key) {
    case 'new-line':
      return inserted(draft, '\n');
    case 'backspace':
      return cut(before(text, at), at);
    case 'delete':
      return cut(at, after(text, at));
    case 'left':
      return { text, at: before(text, at) };
    case 'right':
      return { text, at: after(text, at) };
    case 'word-left':
      return { text, at: wordBefore(text, at) };
    case 'word-right':
      return { text, at: at + (/^\s*\S+/.exec(text.slice(at))?.[0].length ?? text.length - at) };
    case 'home':
      return { text, at: lineStart(text, at) };
    case 'end':
      return { text, at: lineEnd(text, at) };
    case 'kill-line':
      return cut(lineStart(text, at), at);
    case 'kill-end':
      return cut(at, lineEnd(text, at));
    case 'kill-word':
      return cut(wordBefore(text, at), at);
    case 'up':
    case 'down':
      return { text, at: vertically(text, at, key) };
    default:
      return draft;
  }
}

function before(text: string, at: number): number {
  const last = [...graphemes.segment(text.slice(Math.max(0, at - 64), at))].at(-1);
  return at - (last?.segment.length ?? 0);
}

function after(text: string, at: number): number {
  const [first] = graphemes.segment(text.slice(at, at + 64));
  return at + (first?.segment.length ?? 0);
}

const wordBefore = (text: string, at: number): number => at - (/\S*\s*$/.exec(text.slice(0, at))?.[0].length ?? 0);
const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function vertically(text: string, at: number, key: 'up' | 'down'): number {
  const start = lineStart(text, at);
  const column = at - start;
  if (key === 'up') return start === 0 ? 0 : Math.min(lineStart(text, start - 1) + column, start - 1);
  const end = lineEnd(text, at);
  return end === text.length ? end : Math.min(end + 1 + column, lineEnd(text, end + 1));
}
