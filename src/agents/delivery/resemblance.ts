import type { Composer } from './adapter-port.ts';

/** Letters and digits alone: what wrapping, frames, indentation and fonts leave of a text. */
export const lettersOf = (text: string): string => text.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '');

/**
 * How what stands in a composer goes with what was typed. `ours`: that, or the part of it that is in view. `mixed`: that, and something
 * of somebody else.
 */
export function resemblance(composer: Composer, typed: string): 'empty' | 'ours' | 'mixed' | 'other' {
  if (composer.text.trim() === '') return 'empty';
  const seen = lettersOf(composer.text);
  const ours = lettersOf(typed);
  // A label stands for what cannot be seen.
  if (composer.folded) return 'ours';
  if (ours.includes(seen)) return 'ours';
  if (ours === '') return seen === '' ? 'ours' : 'mixed';
  const end = ours.slice(-shared);
  return seen.includes(ours) || seen.includes(end) || seen.includes(ours.slice(0, shared)) ? 'mixed' : 'other';
}

const shared = 24;

/** How often a text stands in a screen or its history. */
export function occurrences(history: string, typed: string): number {
  const ours = lettersOf(typed).slice(-longestSought);
  return ours === '' ? 0 : lettersOf(history).split(ours).length - 1;
}

const longestSought = 200;
