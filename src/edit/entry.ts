import { doubleQuoted, type Scalar, scalarText } from './scalar.ts';

/** What is written of an agent, by key, in the order in which it is written; a block of keys is one level deep. */
export type Entry = Readonly<Record<string, Scalar | Readonly<Record<string, Scalar>>>>;

/** How a map is written in its file. */
export interface MapStyle {
  /** In braces. */
  readonly flow: boolean;
  /** Spaces inside the braces. */
  readonly spaced: boolean;
  /** As JSON: keys and texts in double quotes. */
  readonly json: boolean;
  /** Columns from a dash to the first key. */
  readonly gap: number;
}

export const usualStyle: MapStyle = { flow: false, spaced: true, json: false, gap: 2 };

export const keyText = (key: string, { json }: Pick<MapStyle, 'json'>): string =>
  json ? doubleQuoted(key) : scalarText(key, 'plain');

/** `key: value`; a block of keys in braces. */
export const pairText = (key: string, value: Entry[string], style: MapStyle): string =>
  `${keyText(key, style)}: ${typeof value === 'object' ? bracedText(value, style) : scalarText(value, style.json ? 'double' : 'plain')}`;

/** `{ name: coder0, runtime: pi }`. */
export function bracedText(entry: Entry, style: MapStyle): string {
  const pairs = Object.entries(entry).map(([key, value]) => pairText(key, value, style));
  const space = style.spaced ? ' ' : '';
  return `{${space}${pairs.join(', ')}${space}}`;
}

/** An item of a block list, one key a line; without the indentation of its first line. */
export function itemText(entry: Entry, column: number, style: MapStyle, lineBreak: string): string {
  if (style.flow) return `- ${bracedText(entry, style)}`;
  const pairs = Object.entries(entry).map(([key, value]) => pairText(key, value, style));
  return `-${' '.repeat(style.gap - 1)}${pairs.join(`${lineBreak}${' '.repeat(column + style.gap)}`)}`;
}
