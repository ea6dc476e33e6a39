/** Puts a text in the place of a part of another. Offsets are UTF-16 units; `end` is exclusive. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const insertion = (at: number, text: string): Splice => ({ start: at, end: at, text });
export const deletion = (start: number, end: number): Splice => ({ start, end, text: '' });

/** The text with all of them made; what no splice names stays as it is. They must not overlap; at one place the first comes first. */
export function spliced(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toReversed().sort((a, b) => b.start - a.start);
  return ordered.reduce((result, { start, end, text: put }) => result.slice(0, start) + put + result.slice(end), text);
}
