/**
 * Text of a program's terminal made safe to show in another: of all that steers a terminal only colours and the like are left, and those are
 * written anew. What is drawn cannot leave its cells.
 */

export interface Cell {
  /** A character with the marks that stand on it; empty in the second cell of a wide one. */
  readonly text: string;
  /** SGR codes that draw it, without the sequence around them; empty where it is plain. */
  readonly codes: string;
}

/** Rows of cells of what `capture-pane -e` gives. */
export function cellsOf(text: string): readonly (readonly Cell[])[] {
  let pen = plainPen;
  let graphic = false;
  return text.split('\n').map((line) => {
    const cells: Cell[] = [];
    for (const [token = ''] of line.matchAll(tokens)) {
      const codes = sgr.exec(token)?.[1];
      if (codes !== undefined) pen = inked(pen, codes);
      else if (token === '\x0e') graphic = true;
      else if (token === '\x0f') graphic = false;
      else if (!token.startsWith('\x1b')) put(cells, graphic ? (lineDrawing[token] ?? token) : token, codesOf(pen));
    }
    return cells;
  });
}

/** Cells from one column to before another as text of exactly that width, which ends as plain as it began. */
export function drawn(cells: readonly Cell[], from: number, to: number, coloured: boolean): string {
  let text = '';
  let codes = '';
  for (let column = from; column < to; column += 1) {
    const cell = cells[column] ?? blank;
    if (coloured && cell.codes !== codes) text += `\x1b[0${cell.codes === '' ? '' : `;${cell.codes}`}m`;
    if (coloured) codes = cell.codes;
    text += whole(cells, column, from, to);
  }
  return codes === '' ? text : `${text}\x1b[0m`;
}

/** Without colours and without blanks at its end. */
export const plainText = (cells: readonly Cell[]): string =>
  cells
    .map(({ text }) => text)
    .join('')
    .trimEnd();

/** Row after the last one on which something stands. */
export function lastRow(rows: readonly (readonly Cell[])[]): number {
  return rows.findLastIndex((cells) => cells.some(({ text }) => text.trim() !== '')) + 1;
}

/** The same row with one cell in reverse. */
export function withCursor(cells: readonly Cell[], column: number): readonly Cell[] {
  const filled = [...cells, ...Array.from({ length: Math.max(0, column + 1 - cells.length) }, () => blank)];
  return filled.map((cell, index) => (index === column ? { ...cell, codes: cell.codes === '' ? '7' : `${cell.codes};7` } : cell));
}

const blank: Cell = { text: ' ', codes: '' };

/** A wide character of which one half would be cut off is a blank. */
function whole(cells: readonly Cell[], column: number, from: number, to: number): string {
  const { text } = cells[column] ?? blank;
  const next = cells[column + 1];
  if (text === '') return column === from ? ' ' : '';
  return next?.text === '' && column + 1 === to ? ' ' : text;
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for
/** Control sequences, control strings with their end, other escapes; and single characters. */
const tokens = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\)?|\x1b[ -/]*[0-~]?|[\s\S]/gu;
const sgr = /^\x1b\[([0-9;:]*)m$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: they are what is looked for

/** Of no width, and of no effect on a terminal beyond the character that they stand on. */
const mark = /^\p{M}$/u;
/** Characters that steer, hide or turn around: never shown. */
const steering = /^[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]$/u;
/** How many marks one character may bear. */
const mostMarks = 8;

function put(cells: Cell[], character: string, codes: string): void {
  if (steering.test(character)) return;
  if (mark.test(character)) {
    const at = cells.findLastIndex(({ text }) => text !== '');
    const under = cells[at];
    if (under !== undefined && under.text.length <= mostMarks) cells[at] = { ...under, text: under.text + character };
    return;
  }
  cells.push({ text: character, codes });
  if (isWide(character)) cells.push({ text: '', codes });
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const isWide = (character: string): boolean => character >= '\u1100' && wide.test(character);

/** DEC's line drawing, which is how tmux has some programs' frames. */
const lineDrawing: Readonly<Record<string, string>> = {
  '`': '◆',
  a: '▒',
  f: '°',
  g: '±',
  j: '┘',
  k: '┐',
  l: '┌',
  m: '└',
  n: '┼',
  o: '⎺',
  p: '⎻',
  q: '─',
  r: '⎼',
  s: '⎽',
  t: '├',
  u: '┤',
  v: '┴',
  w: '┬',
  x: '│',
  y: '≤',
  z: '≥',
  '{': 'π',
  '|': '≠',
  '}': '£',
  '~': '·',
};

interface Pen {
  /** Codes that are on, such as `1` for bold. */
  readonly attributes: readonly number[];
  /** Codes of a colour; empty for the terminal's own. */
  readonly ink: string;
  readonly paper: string;
}

const plainPen: Pen = { attributes: [], ink: '', paper: '' };

const codesOf = ({ attributes, ink, paper }: Pen): string => [...attributes, ink, paper].filter((code) => code !== '').join(';');

/** Attributes that are passed on, with the code that ends each. Blinking and hiding are not: what is there is to be seen. */
const endOf: Readonly<Record<number, number>> = { 1: 22, 2: 22, 3: 23, 4: 24, 7: 27, 9: 29 };

function inked(before: Pen, sequence: string): Pen {
  let { attributes, ink, paper } = before;
  // A colon binds the parts of one colour, or a kind of underline.
  const codes = sequence.split(';').flatMap((word) => (word.startsWith('4:') ? [word === '4:0' ? '24' : '4'] : word.split(':')));
  for (let at = 0; at < codes.length; at += 1) {
    const code = Number(codes[at]);
    if (code === 0) ({ attributes, ink, paper } = plainPen);
    else if (code === 38 || code === 48 || code === 58) {
      const { length, colour } = longColour(codes.slice(at));
      at += length - 1;
      if (code === 38) ink = colour;
      if (code === 48) paper = colour;
    } else if (code in endOf) attributes = [...attributes.filter((one) => one !== code), code];
    else if (Object.values(endOf).includes(code)) attributes = attributes.filter((one) => endOf[one] !== code);
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) ink = String(code);
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) paper = String(code);
    else if (code === 39) ink = '';
    else if (code === 49) paper = '';
  }
  return { attributes, ink, paper };
}

/** `38;5;N` or `38;2;R;G;B`, the latter perhaps with an empty place for a colour space. */
function longColour(codes: readonly string[]): { readonly length: number; readonly colour: string } {
  const kind = codes[1];
  const length = kind === '5' ? 3 : kind === '2' ? (codes[2] === '' ? 6 : 5) : 2;
  const parts = codes.slice(0, length).filter((part) => part !== '');
  const isColour = parts.length === (kind === '5' ? 3 : 5) && parts.every((part) => Number(part) <= 255);
  return { length, colour: isColour ? parts.map(Number).join(';') : '' };
}
