import { chunked, fitted, folded, oneLine } from './cells.ts';
import type { ChatEntry, Thread } from './conversation.ts';
import type { ChatPaint, ChatView } from './view.ts';

/** Words of one person within so many minutes stand below one name. */
const togetherMs = 5 * 60_000;

/** What is said in the thread that is shown, as it stands on a terminal of so many columns. */
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

const localTime = (at: string, offset: number): string => {
  const time = Date.parse(at);
  return Number.isNaN(time) ? at : new Date(time + offset * 60_000).toISOString();
};

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function dayName(day: string): string {
  const weekday = weekdays[new Date(`${day}T00:00:00Z`).getUTCDay()];
  return weekday === undefined ? day : `${weekday}, ${day}`;
}
