import { distance } from 'fastest-levenshtein';
import { credentialUnder } from './secret-shape.ts';

/** Names a value for people: `text "4x"`, `the number 4`, `a list`. What looks like a credential is not repeated. */
export function found(value: unknown, key: string): string {
  if (typeof value === 'string')
    return credentialUnder(key, value) === null ? `text ${quoted(value)}` : 'a text that is not shown here';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'a block';
}

/** In double quotes, shortened, everything that a terminal or a reader could take for something else escaped. */
export function quoted(text: string): string {
  const short = [...text.slice(0, 120)].slice(0, 48).join('');
  const visible = short.replace(/[\\"]|[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
  return `"${visible}${short.length < text.length ? '…' : ''}"`;
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  if (character === '"' || character === '\\') return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The known word that somebody probably meant, or `null` when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  if (word.length > 64) return null;
  for (const candidate of known) {
    const apart = distance(word.toLowerCase().replaceAll('-', '_'), candidate.toLowerCase().replaceAll('-', '_'));
    if (apart < least) [best, least] = [candidate, apart];
  }
  return best;
}

export const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');
