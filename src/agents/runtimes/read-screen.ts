import type { ScreenReading } from '../delivery/adapter-port.ts';
import type { RuntimeAdapter, Sign } from './adapter.ts';
import type { FoundComposer } from './composers.ts';
import { type Row, rowsOf } from './rows.ts';

/** What a screen shows, as `tmux capture-pane -p -e -J` gives it. What is not recognised is `unknown`, never idle. */
export function readScreen({ screen: signs }: Pick<RuntimeAdapter, 'screen'>, screen: string): ScreenReading {
  const rows = rowsOf(screen);
  if (rows.every(({ text }) => text === '')) return { state: 'starting', composer: null, detail: 'its screen is blank' };
  const found = signs.composer(rows);
  const dialog = seen(signs.dialog, rows, found);
  if (dialog !== null) return { state: 'dialog', composer: null, detail: questionOf(rows, dialog) };
  if (found === null) return { state: 'unknown', composer: null, detail: 'no composer is seen' };
  const composer = { text: found.text, folded: signs.folded?.test(found.text) ?? false };
  const limited = seen(signs.limited, rows, found);
  if (limited !== null) return { state: 'rate-limited', composer, detail: limited };
  const busy = seen(signs.busy, rows, found);
  if (busy !== null) return { state: 'busy', composer, detail: busy };
  return { state: 'idle', composer, detail: 'its composer waits for input' };
}

/** A program that has shown nothing for so many milliseconds of its run is not starting any more, whatever else it does. */
const longestStart = 60_000;

/** What a screen says of a program that was started at `began`, in milliseconds since the epoch as `now` is; `null`: nobody knows when. */
export const ofAge = (reading: ScreenReading, began: number | null, now: number): ScreenReading =>
  reading.state === 'starting' && began !== null && now - began > longestStart ? { ...reading, state: 'unknown' } : reading;

/** The row that bears one of the signs. */
function seen(signs: readonly Sign[], rows: readonly Row[], found: FoundComposer | null): string | null {
  for (const { pattern, where, within } of signs) {
    const row = zone(rows, found, where, within).find((text) => pattern.test(text));
    if (row !== undefined) return shortened(row);
  }
  return null;
}

/** Rows that are not blank, the nearest first. */
function zone(rows: readonly Row[], found: FoundComposer | null, where: Sign['where'], within: number): readonly string[] {
  const part = (): readonly Row[] => {
    if (where === 'end' || (where === 'instead' && found === null)) return rows.slice().reverse();
    if (where === 'instead' || found === null) return [];
    if (where === 'below') return rows.slice(found.last + 1);
    if (where === 'inside') return rows.slice(found.first, found.last + 1);
    return rows.slice(0, found.first).reverse();
  };
  return part()
    .map(({ text }) => text)
    .filter((text) => text.trim() !== '' && !isFrame(text))
    .slice(0, within);
}

const isFrame = (text: string): boolean => /^[\s─━╌┃│╹▀╭╰╮╯═]+$/.test(text);

/** What a dialog asks, rather than which keys answer it. */
function questionOf(rows: readonly Row[], sign: string): string {
  const question = rows.findLast(({ text }) => /^[^:]+\?$/.test(text.trim()));
  return question === undefined ? sign : shortened(question.text);
}

/** Long enough for the time at which a limit ends. */
const longest = 200;

const shortened = (text: string): string =>
  text
    .replace(/[┃│❯›→]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longest);
