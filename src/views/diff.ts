import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Lines of context around a change. */
const around = 3;

/** A unified diff of two texts of one file, for people; empty where they are the same. */
export function renderDiff(file: string, before: string, after: string, style: Style): string {
  const hunks = hunksOf(compared(linesOf(before), linesOf(after)));
  if (hunks.length === 0) return '';
  const head = [style.bold(`--- a/${visible(file)}`), style.bold(`+++ b/${visible(file)}`)];
  return `${[...head, ...hunks.flatMap((hunk) => [style.cyan(hunk.head), ...hunk.lines.map((line) => painted(line, style))])].join('\n')}\n`;
}

function painted({ sign, text }: Line, style: Style): string {
  const shown = `${sign}${visible(text.replaceAll('\t', '  '))}`;
  return sign === '+' ? style.green(shown) : sign === '-' ? style.red(shown) : shown;
}

/** A last line without a line break is another line than the same with one. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, last];
}

function compared(before: readonly string[], after: readonly string[]): Line[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (text: string): Line => ({ sign: ' ', text });
  return [
    ...before.slice(0, head).map(same),
    ...changes(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** Beyond it all lines between the first and the last change are shown as changed. */
const maxCells = 1_000_000;

/** By the longest common subsequence. */
function changes(before: readonly string[], after: readonly string[]): Line[] {
  const removed = before.map((text): Line => ({ sign: '-', text }));
  const added = after.map((text): Line => ({ sign: '+', text }));
  if (before.length * after.length > maxCells) return [...removed, ...added];
  const lengths = common(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      lines.push({ sign: ' ', text: before[i] ?? '' });
      i += 1;
      j += 1;
    } else if ((lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0)) lines.push(...removed.slice(i, ++i));
    else lines.push(...added.slice(j, ++j));
  }
  return [...lines, ...removed.slice(i), ...added.slice(j)];
}

/** At `[i][j]` how many lines the rests of the two have in common. */
function common(before: readonly string[], after: readonly string[]): readonly (readonly number[])[] {
  const table: number[][] = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      const below = table[i + 1];
      if (row === undefined || below === undefined) continue;
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function hunksOf(lines: readonly Line[]): { readonly head: string; readonly lines: readonly Line[] }[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== ' '));
  const hunks: { head: string; lines: Line[] }[] = [];
  let [old, now] = [1, 1];
  for (const [at, line] of lines.entries()) {
    if (near[at] === true) {
      if (near[at - 1] !== true) hunks.push({ head: `${old},${now}`, lines: [] });
      hunks.at(-1)?.lines.push(line);
    }
    if (line.sign !== '+') old += 1;
    if (line.sign !== '-') now += 1;
  }
  return hunks.map((hunk) => ({ ...hunk, head: headOf(hunk.head, hunk.lines) }));
}

function headOf(start: string, lines: readonly Line[]): string {
  const [old, now] = start.split(',');
  const count = (without: string): number => lines.filter(({ sign }) => sign !== without).length;
  return `@@ -${old},${count('+')} +${now},${count('-')} @@`;
}
