/** Part of a text that fits its terminal. */
export interface Viewport {
  readonly lines: readonly string[];
  /** First line that is shown. */
  readonly from: number;
}

/** So many rows of a text from a line on; never past its end. */
export function viewport(lines: readonly string[], from: number, rows: number): Viewport {
  const first = Math.max(0, Math.min(from, lines.length - rows));
  return { lines: lines.slice(first, first + Math.max(0, rows)), from: first };
}

/** Where a key moves a view of `rows` rows to. */
export function scrolled(from: number, key: string, rows: number): number {
  switch (key) {
    case 'up':
      return from - 1;
    case 'down':
      return from + 1;
    case 'page-up':
      return from - rows;
    case 'page-down':
      return from + rows;
    case 'home':
      return 0;
    case 'end':
      return Number.MAX_SAFE_INTEGER;
    default:
      return from;
  }
}
