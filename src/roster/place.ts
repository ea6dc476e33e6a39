import type { Place } from '../model/diagnostic.ts';
import type { Path } from '../model/roster.ts';
import { nodeAt, type Span, type Written } from './written.ts';

/** Turns offsets of one text into places. The table of lines is made when it is first asked for. */
export function placesIn(file: string, text: string): (span: Span) => Place {
  let starts: readonly number[] | null = null;
  return ({ start, end }) => {
    starts ??= lineStarts(text);
    const at = Math.max(0, Math.min(start, text.length));
    const index = lineOf(starts, at);
    const first = starts[index] ?? 0;
    const stop = Math.min(end, endOfLine(text, starts, index));
    const place = { file, line: index + 1, column: at - first + 1 };
    return stop > at ? { ...place, endColumn: stop - first + 1 } : place;
  };
}

/** The place of a path's value: the whole of a scalar, the key of a block or list, else the nearest written ancestor. */
export function locator(root: Written, placeOf: (span: Span) => Place): (path: Path) => Place {
  return (path) => {
    const { node, key } = nodeAt(root, path);
    return placeOf(node.kind === 'scalar' && node.end > node.start ? node : (key ?? headOf(node)));
  };
}

/** Where a list item that is a block begins: its first key, so that a frame points at a word. */
function headOf(node: Written): Span {
  if (node.kind !== 'map') return node;
  const [first] = node.entries.values();
  return first?.key ?? node;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Index of the last line that starts at or before the offset. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function endOfLine(text: string, starts: readonly number[], index: number): number {
  const next = starts[index + 1];
  if (next === undefined) return text.length;
  return text[next - 2] === '\r' ? next - 2 : next - 1;
}
