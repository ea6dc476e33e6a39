/** Cut to a width, the cut shown; 0 is without limit. */
export const cut = (text: string, width: number): string =>
  width <= 0 || text.length <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;

/** The longest of several ways to say something that fits, else the shortest, cut. */
export const fitting = (ways: readonly string[], width: number): string =>
  ways.find((text) => width <= 0 || text.length <= width) ?? cut(ways.at(-1) ?? '', width);

/** Words on lines of a width, 0 for one line; lines after the first are indented. */
export function wrapped(text: string, width: number, indent: string): string {
  if (width <= 0) return text;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${indent}`);
}

/** The first few names, and how many more there are. */
export const some = (names: readonly string[], most: number): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

/** A part of a line: as it is counted, and as it is painted. */
export interface Part {
  readonly text: string;
  readonly painted: string;
}

/** Parts on lines of a width, none of them broken, 0 for one line; each is followed by a comma, the last one by a full stop. */
export function sentence(parts: readonly Part[], width: number, indent: string): string {
  const lines: { readonly text: string; readonly length: number }[] = [];
  for (const [index, { text, painted }] of parts.entries()) {
    const end = index === parts.length - 1 ? '.' : ',';
    const last = lines.at(-1);
    const length = text.length + 1;
    const joined = (last?.length ?? 0) + 1 + length;
    if (last === undefined || (width > 0 && joined > width)) {
      const before = last === undefined ? '' : indent;
      lines.push({ text: `${before}${painted}${end}`, length: before.length + length });
    } else lines[lines.length - 1] = { text: `${last.text} ${painted}${end}`, length: joined };
  }
  return lines.map(({ text }) => text).join('\n');
}
