import { visible } from '../model/visible.ts';
import { chunked, fitted, folded, widthOf } from './cells.ts';
import type { Draft } from './composer.ts';
import type { ChatEntry, Thread } from './conversation.ts';

/** All that a chat shows. */
export interface ChatView {
  readonly fleet: string;
  readonly threads: readonly Thread[];
  /** Id of the thread that is shown. */
  readonly current: string | null;
  readonly unread: ReadonlyMap<string | null, number>;
  readonly draft: Draft;
  /** Lines that the view is above the newest one. */
  readonly scroll: number;
  /** How the connector is, in a word or two. */
  readonly state: { readonly well: boolean; readonly text: string };
  /** What to know just now; empty: what the keys do. */
  readonly notice: string;
  /** Minutes to be added to UTC. */
  readonly offset: number;
}

/** How parts of it are painted; each takes and gives one line. */
export interface ChatPaint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

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

/** Words of one person within so many minutes stand below one name. */
const togetherMs = 5 * 60_000;

export function conversationLines(view: ChatView, columns: number, paint: ChatPaint): readonly string[] {
  const { threads, current, offset } = view;
  const thread = threads.find(({ id }) => id === current);
  const entries = current === null ? withOpenings(threads) : (thread?.entries ?? []);
  if (entries.length === 0) return greeting(view, columns, paint);
  const lines: string[] = [];
  let former: Shown | null = null;
  for (const shown of entries) {
    const { entry } = 'entry' in shown ? shown : { entry: shown };
    const opening = 'opens' in shown ? shown.opens : null;
    const day = localTime(entry.at, offset).slice(0, 10);
    if (former === null || former.day !== day) lines.push(...(lines.length > 0 ? [''] : []), rule(dayName(day), columns, paint));
    const follows =
      former !== null &&
      opening === null &&
      !former.opening &&
      former.day === day &&
      former.entry.sender === entry.sender &&
      former.entry.by === entry.by &&
      Date.parse(entry.at) - Date.parse(former.entry.at) < togetherMs;
    if (!follows && former !== null && former.day === day) lines.push('');
    if (opening !== null) lines.push(openingLine(entry, opening, offset, columns, paint));
    else lines.push(...(follows ? [] : [nameLine(entry, offset, columns, paint)]), ...textLines(entry, columns, paint));
    former = { entry, day, opening: opening !== null };
  }
  return lines;
}

interface Shown {
  readonly entry: ChatEntry;
  readonly day: string;
  readonly opening: boolean;
}

/** Where each thread began, between what is in none. */
function withOpenings(
  threads: readonly Thread[],
): readonly (ChatEntry | { readonly entry: ChatEntry; readonly opens: Thread })[] {
  const [main, ...others] = threads;
  const openings = others.flatMap((opens) => {
    const [entry] = opens.entries;
    return entry === undefined ? [] : [{ entry, opens }];
  });
  return [...(main?.entries ?? []), ...openings].sort((a, b) => timeOf(a) - timeOf(b));
}

const timeOf = (one: ChatEntry | { readonly entry: ChatEntry }): number => Date.parse('entry' in one ? one.entry.at : one.at);

function greeting({ fleet, current }: ChatView, columns: number, paint: ChatPaint): readonly string[] {
  const words =
    current === null
      ? `Nothing was said yet. What you write here reaches the orchestrator of ${fleet}; what it says with muster say comes here.`
      : 'Nothing was said in this thread yet.';
  return ['', ...folded(words, columns - 4).map((line) => `  ${paint.dim(line)}`)];
}

function rule(words: string, columns: number, paint: ChatPaint): string {
  const middle = fitted(` ${words} `, columns);
  const side = Math.max(0, columns - middle.length);
  return paint.dim(`${'─'.repeat(Math.floor(side / 2))}${middle}${'─'.repeat(Math.ceil(side / 2))}`);
}

function nameLine({ at, sender, by, state }: ChatEntry, offset: number, columns: number, paint: ChatPaint): string {
  const mark = state === 'waiting' ? ' …' : '';
  const name = fitted(oneLine(sender), Math.max(4, columns - 6 - mark.length));
  const painted = by === 'fleet' ? paint.cyan(paint.bold(name)) : paint.green(paint.bold(name));
  return `${paint.dim(localTime(at, offset).slice(11, 16))} ${painted}${paint.dim(mark)}`;
}

function openingLine({ at }: ChatEntry, { title, entries }: Thread, offset: number, columns: number, paint: ChatPaint): string {
  const count = ` · ${entries.length}`;
  const name = fitted(`▸ ${oneLine(title)}`, Math.max(2, columns - 6 - count.length));
  return `${paint.dim(localTime(at, offset).slice(11, 16))} ${paint.yellow(name)}${paint.dim(count)}`;
}

/** Text from elsewhere: line by line, and nothing in it that steers a terminal. */
function textLines({ text, attachments }: ChatEntry, columns: number, paint: ChatPaint): readonly string[] {
  const width = Math.max(2, columns - 2);
  const lines: string[] = [];
  let isCode = false;
  for (const line of text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n')) {
    if (/^ {0,3}```/.test(line)) isCode = !isCode;
    else if (isCode) lines.push(...chunked(oneLine(line), width));
    else
      lines.push(
        ...folded(oneLine(line), width).map((one) => one.replace(/\*\*([^*]+)\*\*/g, (_, words: string) => paint.bold(words))),
      );
  }
  return [...lines, ...attachments.flatMap((file) => folded(`attached: ${oneLine(file)}`, width).map(paint.dim))].map(
    (line) => `  ${line}`,
  );
}

const oneLine = (text: string): string => visible(text.replaceAll('\t', '    '));

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

const localTime = (at: string, offset: number): string => {
  const time = Date.parse(at);
  return Number.isNaN(time) ? at : new Date(time + offset * 60_000).toISOString();
};

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function dayName(day: string): string {
  const weekday = weekdays[new Date(`${day}T00:00:00Z`).getUTCDay()];
  return weekday === undefined ? day : `${weekday}, ${day}`;
}
