import { columns, type Row } from './rows.ts';

/** Where a composer was found: rows from `first` to `last`, frames not counted. `text` is what somebody typed. */
export interface FoundComposer {
  readonly first: number;
  readonly last: number;
  readonly text: string;
}

export type Composing = (rows: readonly Row[]) => FoundComposer | null;

/** Between the last two rules on the screen; with a prompt, its first row has to begin with that. */
export const ruled =
  (rule: RegExp, prompt: RegExp | null): Composing =>
  (rows) => {
    const below = rows.findLastIndex(({ text }) => rule.test(text));
    const above = rows.slice(0, Math.max(below, 0)).findLastIndex(({ text }) => rule.test(text));
    const [first, last] = [above + 1, below - 1];
    if (above < 0 || last < first) return null;
    if (prompt !== null && !prompt.test(rows[first]?.text ?? '')) return null;
    return { first, last, text: typed(rows.slice(first, last + 1), prompt === null ? 0 : 2) };
  };

/** From the last row that begins with a prompt, which is not dim, to the paragraph that ends the screen. */
export const prompted =
  (prompt: RegExp): Composing =>
  (rows) => {
    const first = rows.findLastIndex(({ lit }) => prompt.test(lit));
    const end = rows.findLastIndex(({ text }) => text !== '');
    if (first < 0) return null;
    const blank = rows.slice(first, end + 1).findLastIndex(({ text }) => text === '');
    const last = blank > 0 ? first + blank - 1 : first;
    return { first, last, text: typed(rows.slice(first, last + 1), 2) };
  };

/** As `prompted`, above one status row that has to be there. */
export const aboveStatus =
  (prompt: RegExp, status: RegExp): Composing =>
  (rows) => {
    const end = rows.findLastIndex(({ text }) => text !== '');
    const first = rows.slice(0, Math.max(end, 0)).findLastIndex(({ text }) => prompt.test(text));
    if (first < 0 || !status.test(rows[end]?.text ?? '')) return null;
    return { first, last: end - 1, text: typed(rows.slice(first, end), 2) };
  };

const edge = '┃';
const foot = /^( *)╹(▀+)/;

/** Rows with an edge on their left above a foot; the last one names model and mode. What stands beside the foot is not of it. */
export const boxed: Composing = (rows) => {
  const below = rows.findLastIndex(({ text }) => foot.test(text));
  const [, indent = '', line = ''] = foot.exec(rows[below]?.text ?? '') ?? [];
  const at = indent.length;
  let first = below;
  while (first > 0 && rows[first - 1]?.text[at] === edge) first -= 1;
  const last = below - 1;
  if (below < 0 || last - first < 1) return null;
  const inner = rows.slice(first, last).map(({ text, lit }) => ({
    text,
    lit: columns(lit, at + 1, at + 1 + line.length),
  }));
  return { first, last, text: typed(inner, 0).replace(/^ +/gm, '') };
};

/** The last row, where it is a prompt of a shell or the like and nothing else. */
export const bare: Composing = (rows) => {
  const last = rows.findLastIndex(({ text }) => text !== '');
  return /[$#%>❯›»]$/.test(rows[last]?.text ?? '') ? { first: last, last, text: '' } : null;
};

/** A prompt for shell commands counts as typed: whatever follows it is run. */
const typed = (rows: readonly Row[], indent: number): string =>
  rows
    .map(({ lit }, at) => lit.slice(at === 0 && indent > 0 && lit.startsWith('!') ? 0 : indent).trimEnd())
    .join('\n')
    .replaceAll('\u00a0', ' ')
    .trim();
