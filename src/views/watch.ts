import type { Activity } from '../model/agents.ts';
import { visible } from '../model/visible.ts';
import { cut, fitting } from './fit.ts';
import { activityPaint } from './fleet-table.ts';
import type { Style } from './style.ts';
import { type Cell, cellsOf, drawn, lastRow, plainText, withCursor } from './terminal-text.ts';
import { perPage, type Tiling } from './tiles.ts';

/** The shape of what a driver gives of a terminal. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly cursor: { readonly column: number; readonly row: number } | null;
  readonly text: string;
}

/** What is seen of one agent; without a frame it is told why. */
export interface Watched {
  readonly name: string;
  readonly frame: Frame | null;
  readonly activity: Activity | null;
  /** Why there is no frame, or why it is not of now. */
  readonly note: string;
}

/** Which part of a terminal is looked at. `row` of `null` follows its end. */
export interface Pan {
  readonly row: number | null;
  readonly column: number;
}

export const noPan: Pan = { row: null, column: 0 };

/** Where a key moves what is looked at of a frame in `columns` by `rows` cells. */
export function panned(pan: Pan, key: string, { width, height }: Frame, columns: number, rows: number): Pan {
  const row = pan.row ?? Math.max(0, height - rows);
  const to = (line: number): number | null => (line >= height - rows ? null : Math.max(0, line));
  switch (key) {
    case 'left':
      return { ...pan, column: Math.max(0, pan.column - 8) };
    case 'right':
      return { ...pan, column: Math.max(0, Math.min(width - columns, pan.column + 8)) };
    case 'up':
      return { ...pan, row: Math.max(0, row - 1) };
    case 'down':
      return { ...pan, row: to(row + 1) };
    case 'page-up':
      return { ...pan, row: Math.max(0, row - rows) };
    case 'page-down':
      return { ...pan, row: to(row + rows) };
    case 'home':
      return { row: 0, column: 0 };
    case 'end':
      return noPan;
    default:
      return pan;
  }
}

/** One terminal on a whole screen of `columns` by `rows`; the last line says how to leave. */
export function renderWatched(
  watched: Watched,
  pan: Pan,
  columns: number,
  rows: number,
  coloured: boolean,
  style: Style,
): string[] {
  const room = Math.max(1, rows - 1);
  const { lines, part } = inside(watched, pan, columns, room, coloured);
  const padded = [...lines, ...Array.from({ length: Math.max(0, room - lines.length) }, () => '')];
  return [...padded, footer(watched, part, columns, style)];
}

/** Frame by frame on paper: title and text. */
export function renderOnce({ name, frame, activity, note }: Watched, titled: boolean): string {
  const rows = frame === null ? [] : cellsOf(frame.text);
  const text = rows.slice(0, lastRow(rows)).map((cells) => `${plainText(cells)}\n`);
  const why = note === '' ? '' : `, ${visible(note)}`;
  return `${titled ? `== ${visible(name)}${activity === null ? '' : `: ${activity.state}`}${why} ==\n` : ''}${text.join('')}`;
}

/** The chosen tile of a page is marked; the last line says what keys do. */
export function renderTiles(
  all: readonly Watched[],
  chosen: number,
  tiling: Tiling,
  columns: number,
  rows: number,
  coloured: boolean,
  style: Style,
): string[] {
  const page = Math.floor(chosen / perPage(tiling));
  const first = page * perPage(tiling);
  const lines: string[] = [];
  for (let row = 0; row < tiling.down; row += 1) {
    const from = first + row * tiling.across;
    const tiles = all.slice(from, Math.min(from + tiling.across, first + perPage(tiling)));
    if (tiles.length === 0) break;
    const drawnTiles = tiles.map((one, index) => tile(one, from + index === chosen, tiling, coloured, style));
    for (let line = 0; line < tiling.height; line += 1)
      lines.push(drawnTiles.map((shown) => shown[line] ?? ' '.repeat(tiling.width)).join(style.dim('│')));
  }
  const room = Math.max(1, rows - 1);
  const padded = [...lines.slice(0, room), ...Array.from({ length: Math.max(0, room - lines.length) }, () => '')];
  return [...padded, style.dim(tilesFooter(all.length, page, Math.ceil(all.length / perPage(tiling)), columns))];
}

function tile(watched: Watched, isChosen: boolean, { width, height }: Tiling, coloured: boolean, style: Style): string[] {
  const { lines } = inside(watched, noPan, width, height - 1, coloured);
  const { name, activity, note } = watched;
  const does = note === '' ? (activity?.state ?? '') : note;
  const title = `${isChosen ? '▶' : ' '} ${visible(name)} `;
  const rest = cut(visible(does), Math.max(0, width - title.length)).padEnd(Math.max(0, width - title.length), ' ');
  const paint = activity === null || note !== '' ? style.dim : activityPaint[activity.state](style);
  return [`${isChosen ? style.bold(cut(title, width)) : cut(title, width)}${paint(rest)}`, ...lines];
}

interface Inside {
  readonly lines: string[];
  /** What part of the terminal is seen; empty where it is all of it. */
  readonly part: string;
}

function inside({ frame, note }: Watched, pan: Pan, columns: number, rows: number, coloured: boolean): Inside {
  if (frame === null) return { lines: [cut(visible(note), columns).padEnd(columns)], part: '' };
  const cells = cellsOf(frame.text);
  const used = Math.min(frame.height, Math.max(lastRow(cells), (frame.cursor?.row ?? -1) + 1));
  const first = Math.max(0, pan.row ?? used - rows);
  const lines = Array.from({ length: Math.min(rows, Math.max(0, frame.height - first)) }, (_, index) => {
    const row: readonly Cell[] = cells[first + index] ?? [];
    const isHere = coloured && frame.cursor?.row === first + index;
    return drawn(isHere ? withCursor(row, frame.cursor?.column ?? 0) : row, pan.column, pan.column + columns, coloured);
  });
  const isCut = columns < frame.width || rows < frame.height;
  const end = Math.min(pan.column + columns, frame.width);
  const part = `columns ${pan.column + 1}-${end} of ${frame.width}, rows ${first + 1}-${first + lines.length} of ${frame.height}`;
  return { lines, part: isCut ? part : '' };
}

function footer({ name, activity, note }: Watched, part: string, columns: number, style: Style): string {
  const does = note === '' ? (activity === null ? '' : `, ${activity.state}`) : `, ${visible(note)}`;
  const who = `${visible(name)}${does}`;
  const more = part === '' ? '' : `; arrows move (${part})`;
  return style.dim(
    fitting(
      [`${who}. Only watching; q or Ctrl-C leaves${more}`, `${who}. Only watching; q leaves`, `${who}; q leaves`, 'q leaves'],
      columns,
    ),
  );
}

function tilesFooter(count: number, page: number, pages: number, columns: number): string {
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : '';
  const agents = `${count} ${count === 1 ? 'agent' : 'agents'}${where}`;
  return fitting(
    [
      `${agents}. Only watching; arrows and Tab choose, Enter opens${pages > 1 ? ', Page keys turn' : ''}, q or Ctrl-C leaves`,
      `${agents}; Tab chooses, Enter opens, q leaves`,
      `${agents}; q leaves`,
      'q leaves',
    ],
    columns,
  );
}
