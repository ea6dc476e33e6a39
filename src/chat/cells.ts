import { visible } from '../model/visible.ts';

/** Cells that a terminal gives a text, and where it breaks into lines. Texts are such as `oneLine` gives: without control characters. */

/** A text from elsewhere, or a line of it: nothing in it steers a terminal. */
export const oneLine = (text: string): string => visible(text.replaceAll('\t', '    '));

const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

export const cellsOf = (character: string): number => (/^\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1);

export const widthOf = (text: string): number => [...text].reduce((sum, character) => sum + cellsOf(character), 0);

/** At most so many cells, the last one an ellipsis where something is left out. */
export function fitted(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cells = 0;
  let kept = '';
  for (const character of text) {
    if (cells + cellsOf(character) > width - 1) break;
    cells += cellsOf(character);
    kept += character;
  }
  return width < 1 ? '' : `${kept}…`;
}

/** Lines of at most so many cells, broken between words where that is possible. Never empty. */
export function folded(text: string, width: number): readonly string[] {
  const room = Math.max(2, width);
  const lines: string[] = [];
  let line = '';
  let cells = 0;
  const end = (): void => {
    lines.push(line.trimEnd());
    line = '';
    cells = 0;
  };
  for (const word of text.match(/\s+|\S+/g) ?? []) {
    const long = widthOf(word);
    if (cells + long > room && cells > 0 && (word.trim() !== '' || lines.length > 0 || line.trim() !== '')) {
      if (word.trim() === '') {
        end();
        continue;
      }
      if (long <= room || line.trim() === '') end();
    }
    for (const character of word) {
      if (cells + cellsOf(character) > room) end();
      line += character;
      cells += cellsOf(character);
    }
  }
  if (line.trim() !== '' || lines.length === 0) end();
  return lines;
}

/** The same to the character, as an editor shows it: nothing is trimmed, and every line but the last is full. */
export function chunked(text: string, width: number): readonly string[] {
  const room = Math.max(2, width);
  const lines: string[] = [''];
  let cells = 0;
  for (const character of text) {
    const own = cellsOf(character);
    if (cells + own > room) {
      lines.push('');
      cells = 0;
    }
    lines[lines.length - 1] += character;
    cells += own;
  }
  return lines;
}
