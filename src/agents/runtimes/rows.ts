/** One row of a screen. `lit` has the same columns with what is dim left blank: suggestions, placeholders, hints. */
export interface Row {
  readonly text: string;
  readonly lit: string;
}

/** Rows of a screen as `tmux capture-pane -p -e` gives them: text with SGR codes, which hold beyond the end of a row. */
export function rowsOf(screen: string): readonly Row[] {
  let pen = plain;
  return screen.split('\n').map((line) => {
    const runs: Run[] = [];
    for (const part of line.split(sequence)) {
      const codes = part.startsWith(esc) ? sgr.exec(part)?.[1] : undefined;
      if (codes !== undefined) pen = inked(pen, codes);
      else if (part !== '' && !part.startsWith(esc)) runs.push({ text: part, ...pen });
    }
    const lit = runs.map((run, at) => (isDim(run, runs[at + 1]) ? blankOf(run.text) : run.text));
    return {
      text: runs
        .map(({ text }) => text)
        .join('')
        .trimEnd(),
      lit: lit.join('').trimEnd(),
    };
  });
}

/** From one column to before another; what is East Asian takes two columns. */
export function columns(text: string, from: number, to: number): string {
  let column = 0;
  let cut = '';
  for (const character of text) {
    if (column >= from && column < to) cut += character;
    column += isWide(character) ? 2 : 1;
  }
  return cut;
}

interface Pen {
  /** SGR 2. */
  readonly faint: boolean;
  /** A grey that stands for it: SGR 90, or 8 of the 256 colours. */
  readonly grey: boolean;
  readonly reverse: boolean;
}

/** Text of one kind. */
interface Run extends Pen {
  readonly text: string;
}

const plain: Pen = { faint: false, grey: false, reverse: false };
const esc = '\u001b';
const sequence = new RegExp(`(${esc}\\[[0-9;:?]*[A-Za-z]|${esc}[()][A-Z0-9]|${esc}.)`);
const sgr = new RegExp(`^${esc}\\[([0-9;:]*)m$`);

function inked(pen: Pen, codes: string): Pen {
  let { faint, grey, reverse } = pen;
  const words = codes.split(/[;:]/).map(Number);
  for (let at = 0; at < words.length; at += 1) {
    const code = words[at] ?? 0;
    if (code === 38 || code === 48) {
      const indexed = words[at + 1] === 5;
      if (code === 38) grey = indexed && words[at + 2] === 8;
      at += indexed ? 2 : 4;
    } else if (code === 0) ({ faint, grey, reverse } = plain);
    else if (code === 2) faint = true;
    else if (code === 22) faint = false;
    else if (code === 7 || code === 27) reverse = code === 7;
    else if (code === 90) grey = true;
    else if ((code >= 30 && code <= 39) || (code >= 91 && code <= 97)) grey = false;
  }
  return { faint, grey, reverse };
}

/** A cursor in reverse stands on the first character of a suggestion: it goes by what follows. */
const isDim = (run: Run, next: Run | undefined): boolean =>
  run.faint || run.grey || (run.reverse && next !== undefined && !next.reverse && (next.faint || next.grey));

/** As many columns. */
const blankOf = (text: string): string => [...text].map((character) => (isWide(character) ? '  ' : ' ')).join('');

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
// What is below never is, and is nearly all of a screen.
const isWide = (character: string): boolean =>
  character >= '\u1100' && !/[\u2000-\u2bff]/.test(character) && wide.test(character);
