/** Lines of a terminal with its history as they come; gives those that are new each time. */
export interface NewLines {
  /** What was there before counts as known. */
  begin(lines: readonly string[]): void;
  /** Lines that stand where they stood the last time, and were not given yet: what changes at every look, as a clock does, is never told. */
  next(lines: readonly string[]): readonly string[];
}

export function newLines(): NewLines {
  let told: readonly string[] = [];
  let before: readonly string[] = [];
  return {
    begin: (lines) => {
      told = lines;
      before = lines;
    },
    next: (lines) => {
      const settled = isSame(before, lines) ? lines : common(before, lines).map((index) => lines[index] ?? '');
      before = lines;
      if (isSame(told, settled)) return [];
      const known = new Set(common(told, settled));
      told = settled;
      return settled.filter((_, index) => !known.has(index));
    },
  };
}

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((line, index) => line === right[index]);

/** Indexes into `after` of a longest common subsequence. */
function common(before: readonly string[], after: readonly string[]): number[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = between(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [
    ...Array.from({ length: head }, (_, index) => index),
    ...middle.map((index) => index + head),
    ...Array.from({ length: tail }, (_, index) => after.length - tail + index),
  ];
}

function between(before: readonly string[], after: readonly string[]): number[] {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const found: number[] = [];
  for (let row = 0, column = 0; row < before.length && column < after.length; ) {
    if (before[row] === after[column]) {
      found.push(column);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return found;
}
