import type { Composer } from './adapter-port.ts';

/**
 * Letters and digits alone: what wrapping, frames and indentation leave of a text. Only of scripts whose width every terminal knows; what
 * becomes of the others on its way through tmux and back is open.
 */
export const lettersOf = (text: string): string =>
  text
    .replace(/[\u{10000}-\u{10ffff}]/gu, '')
    .normalize('NFKD')
    .replace(
      /[^0-9\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu,
      '',
    )
    .replace(/\p{M}/gu, '');

/**
 * How what stands in a composer goes with what was typed. `ours`: that, or as much of it as such a composer shows. `mixed`: that, and
 * something of somebody else. `other`: anything else, half of a text that is just being drawn among them.
 */
export function resemblance(composer: Composer, typed: string): 'empty' | 'ours' | 'mixed' | 'other' {
  if (composer.text.trim() === '') return 'empty';
  // A label stands for what cannot be seen.
  if (composer.folded) return 'ours';
  const seen = lettersOf(composer.text);
  const ours = lettersOf(typed);
  if (seen === ours || (isMuch(composer.text, seen) && ours.includes(seen))) return 'ours';
  if (ours === '') return 'mixed';
  return seen.includes(ours) || seen.includes(ours.slice(-shared)) || seen.includes(ours.slice(0, shared)) ? 'mixed' : 'other';
}

/** Of a long text a composer shows a part; what is shorter than any composer is no part that is shown. */
const isMuch = (text: string, letters: string): boolean => letters.length >= 80 || text.split('\n').length >= 5;

const shared = 24;

/** How often a text stands in a screen or its history. */
export function occurrences(history: string, typed: string): number {
  const ours = lettersOf(typed).slice(-longestSought);
  return ours === '' ? 0 : lettersOf(history).split(ours).length - 1;
}

const longestSought = 200;
