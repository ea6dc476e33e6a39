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
