/** One row of a screen: what it says, and what of it is not dim: dim text is a suggestion, a hint, a status. */
export interface Row {
  readonly text: string;
  readonly bright: string;
}

/** Rows of a screen with SGR codes, as `capture-pane -e` gives them; white space at their ends is cut. */
export function plainRows(screen: string): readonly Row[] {
  let dim = false;
  return screen.split('\n').map((line) => {
    let text = '';
    let bright = '';
    for (const part of line.split(sequence)) {
      const codes = sgr.exec(part)?.[1];
      if (codes !== undefined) dim = isDim(codes, dim);
      else if (!part.startsWith('\u001b')) {
        text += part;
        if (!dim) bright += part;
      }
    }
    return { text: text.trimEnd(), bright: bright.trimEnd() };
  });
}

const esc = '\u001b';
const sequence = new RegExp(`(${esc}\\[[0-9;:]*[A-Za-z]|${esc}.)`);
const sgr = new RegExp(`^${esc}\\[([0-9;:]*)m$`);

/** SGR 2 and the two greys that stand for it: 90, and 8 of the 256 colours. */
function isDim(codes: string, before: boolean): boolean {
  let dim = before;
  const words = (codes === '' ? '0' : codes).split(';').map(Number);
  for (let at = 0; at < words.length; at += 1) {
    const code = words[at] ?? 0;
    if (code === 38 || code === 48) {
      if (code === 38) dim = words[at + 1] === 5 && words[at + 2] === 8;
      at += words[at + 1] === 5 ? 2 : 4;
    } else if (code === 2 || code === 90) dim = true;
    else if (code === 0 || code === 22 || code === 39 || (code >= 30 && code <= 37) || (code >= 91 && code <= 97)) dim = false;
  }
  return dim;
}
