/** Longest text of a message, in bytes of UTF-8. */
export const longestText = 1024 * 1024;

export type TextProblem = 'not-utf8' | 'empty' | 'too-long';

/**
 * What may be typed of what was given: line ends become LF; no control character is left but LF and TAB, hence no ESC and no end of a
 * bracketed paste. Blank lines at the beginning go, and white space at the end.
 */
export function textOf(bytes: Uint8Array): { readonly text: string } | { readonly problem: TextProblem } {
  if (bytes.length > longestText) return { problem: 'too-long' };
  const decoded = decode(bytes);
  if (decoded === null) return { problem: 'not-utf8' };
  const text = typable(decoded);
  return text === '' ? { problem: 'empty' } : { text };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Line and paragraph separators of Unicode count as line ends, as some terminals' programs take them. */
export const typable = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();

/** On one line: for names and paths within a text. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
