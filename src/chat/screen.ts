import { chunked, fitted, oneLine, widthOf } from './cells.ts';
import type { Draft } from './composer.ts';
import { conversationLines } from './conversation-lines.ts';
import type { ChatPaint, ChatView } from './view.ts';

export interface ChatFrame {
  /** As many as there are rows. */
  readonly lines: readonly string[];
  /** Where the cursor stands; counted from 0. */
  readonly cursor: { readonly row: number; readonly column: number };
  /** The most that `scroll` can be. */
  readonly furthest: number;
  /** Rows of the conversation. */
  readonly page: number;
}

/** `all`: the lines of the conversation, where they are at hand. */
export function renderChat(
  view: ChatView,
  columns: number,
  rows: number,
  paint: ChatPaint,
  all: readonly string[] = conversationLines(view, columns, paint),
): ChatFrame {
  const composer = composed(view, columns, Math.max(1, Math.floor(rows / 3)), paint);
  const top = [header(view, columns, paint), ...(view.threads.length > 1 ? [tabs(view, columns, paint)] : [])].slice(
    0,
    Math.max(0, rows - 3),
  );
  const page = Math.max(1, rows - top.length - composer.lines.length);
  const furthest = Math.max(0, all.length - page);
  const from = Math.max(0, furthest - Math.min(view.scroll, furthest));
  const shown = all.slice(from, from + page);
  const body = [...shown, ...Array.from({ length: page - shown.length }, () => '')];
  const lines = [...top, ...body, ...composer.lines];
  return {
    lines: lines.slice(-rows),
    cursor: { row: Math.min(rows, lines.length) - composer.lines.length + composer.cursor.row, column: composer.cursor.column },
    furthest,
    page,
  };
}

function header({ fleet, state, threads, current }: ChatView, columns: number, paint: ChatPaint): string {
  const thread = threads.find(({ id }) => id === current);
  const where = thread === undefined || thread.id === null ? '' : ` › ${oneLine(thread.title)}`;
  const mark = state.well ? '●' : '○';
  const right = `${mark} ${oneLine(state.text)}`;
  const left = fitted(`${fleet}${where}`, Math.max(1, columns - Math.min(widthOf(right), columns / 2) - 1));
  const end = fitted(right, Math.max(1, columns - widthOf(left) - 1));
  const gap = ' '.repeat(Math.max(1, columns - widthOf(left) - widthOf(end)));
  return `${paint.bold(left)}${gap}${state.well ? paint.green(end) : paint.red(end)}`;
}

/** Threads beside each other; where they do not fit, those around the one that is shown. */
function tabs({ threads, current, unread }: ChatView, columns: number, paint: ChatPaint): string {
  const all = threads.map(({ id, title }) => {
    const count = unread.get(id) ?? 0;
    const name = fitted(oneLine(title), Math.min(18, columns - 6));
    const text = id === current ? `[${name}]` : ` ${name}${count === 0 ? '' : ` ${count}`} `;
    return { text, painted: id === current ? paint.bold(text) : count > 0 ? paint.yellow(text) : paint.dim(text) };
  });
  const at = Math.max(
    0,
    threads.findIndex(({ id }) => id === current),
  );
  let [from, to] = [at, at + 1];
  let used = widthOf(all[at]?.text ?? '');
  const room = columns - 2;
  for (let grew = true; grew; ) {
    grew = false;
    const after = all[to];
    if (after !== undefined && used + widthOf(after.text) <= room) {
      used += widthOf(after.text);
      to += 1;
      grew = true;
    }
    const before = all[from - 1];
    if (before !== undefined && used + widthOf(before.text) <= room) {
      used += widthOf(before.text);
      from -= 1;
      grew = true;
    }
  }
  const shown = all.slice(from, to).map(({ painted }) => painted);
  return `${from > 0 ? paint.dim('‹') : ''}${shown.join('')}${to < all.length ? paint.dim('›') : ''}`;
}

const promptWidth = 2;

function composed({ draft, notice, scroll, threads, current }: ChatView, columns: number, most: number, paint: ChatPaint) {
  const width = Math.max(4, columns - promptWidth - 1);
  const { rows, row, column } = laidOut(draft, width);
  const first = Math.max(0, Math.min(row - most + 1, rows.length - most));
  const seen = rows.slice(Math.max(0, first), Math.max(0, first) + most);
  const lines = seen.map((line, index) => `${first + index === 0 ? paint.cyan('> ') : '  '}${line}`);
  const below = scroll > 0 ? '↓ newer below, PgDn' : '';
  const where = threads.find(({ id }) => id === current)?.title ?? 'new thread';
  const label = current === null ? '' : ` to ${fitted(oneLine(where), Math.max(4, columns - 12))} `;
  const line = `${'─'.repeat(2)}${label}`;
  const separator = paint.dim(fitted(`${line}${'─'.repeat(Math.max(0, columns - widthOf(line)))}`, columns));
  const hint = notice !== '' ? paint.yellow(fitted(oneLine(notice), columns)) : paint.dim(fittingHint(below, columns));
  return {
    lines: [separator, ...lines, hint],
    cursor: { row: 1 + row - Math.max(0, first), column: promptWidth + column },
  };
}

const hints = [
  'Enter sends · Alt-Enter new line · Tab thread · /new TITLE · PgUp · Ctrl-C leaves',
  'Enter sends · Alt-Enter line · Tab thread · Ctrl-C leaves',
  'Enter · Alt-Enter · Tab · Ctrl-C leaves',
  'Ctrl-C leaves',
];

function fittingHint(before: string, columns: number): string {
  if (before !== '') return fitted(before, columns);
  return hints.find((hint) => widthOf(hint) <= columns) ?? '';
}

/** The rows of a draft, and where the cursor stands in them. */
function laidOut({ text, at }: Draft, width: number) {
  const rows: string[] = [];
  let [row, column, offset] = [0, 0, 0];
  for (const line of text.split('\n')) {
    const own = chunked(safe(line), width);
    if (at >= offset && at <= offset + line.length) {
      const before = chunked(safe(line.slice(0, at - offset)), width);
      row = rows.length + before.length - 1;
      column = widthOf(before.at(-1) ?? '');
    }
    rows.push(...own);
    offset += line.length + 1;
  }
  return { rows, row, column };
}

/** In a draft an invisible mark shows as one cell, so that the cursor stands where it seems to. */
const safe = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '·');
