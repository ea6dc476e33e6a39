/** Lines of a text, by offsets into it. */

export const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

/** Where the line ends, before its line break. */
export function lineEnd(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  if (newline === -1) return text.length;
  return newline > at && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** Where the line after it starts; the end of the text after the last one. */
export function nextLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline === -1 ? text.length : newline + 1;
}

export const columnOf = (text: string, at: number): number => at - lineStart(text, at);

/** The line break of the line at `at`; where it has none, that of the line before. */
export function lineBreakAt(text: string, at: number): '\n' | '\r\n' {
  const here = text.indexOf('\n', at);
  const newline = here === -1 ? text.lastIndexOf('\n') : here;
  return newline > 0 && text[newline - 1] === '\r' ? '\r\n' : '\n';
}

/** Whether only spaces stand before `at` on its line. */
export const startsLine = (text: string, at: number): boolean => /^[ \t]*$/.test(text.slice(lineStart(text, at), at));

export const isBlankLine = (text: string, start: number): boolean => /^[ \t]*$/.test(text.slice(start, lineEnd(text, start)));

/**
 * Where a block ends whose last value ends at `end`: at the end of that line, or of the last comment below it that stands deeper than
 * `column`, and so speaks of the block.
 */
export function blockEnd(text: string, end: number, column: number): number {
  let last = lineEnd(text, end);
  for (let start = nextLine(text, end); start < text.length; start = nextLine(text, start)) {
    if (isBlankLine(text, start)) continue;
    const indent = /^ *(?=#)/.exec(text.slice(start, lineEnd(text, start)))?.[0].length ?? 0;
    if (indent <= column) break;
    last = lineEnd(text, start);
  }
  return last;
}

/** Takes whole lines out; where the last one has no line break, that of the line before goes with them. */
export function linesFrom(text: string, start: number, end: number): { readonly start: number; readonly end: number } {
  const from = lineStart(text, start);
  const to = nextLine(text, end);
  if (text.endsWith('\n') || to < text.length || from === 0) return { start: from, end: to };
  return { start: from - lineBreakAt(text, from - 1).length, end: to };
}
