import type { HistoryEntry } from '../model/controller.ts';
import { journal } from '../views/journal.ts';
import type { Context } from './context.ts';
import { tell } from './output.ts';

/** Priority as syslog has it: 3 error, 4 warning, 5 notice, 6 information. */
export type Log = (priority: number, text: string) => void;

/** For the journal each line begins with its priority (sd-daemon(3)); for people with the time. */
export function logTo(context: Context): Log {
  const isJournal = (context.env.JOURNAL_STREAM ?? '') !== '';
  const mark = (priority: number): string => (isJournal ? `<${priority}>` : `${context.date().toISOString().slice(11, 23)} `);
  return (priority, text) => tell(`${mark(priority)}${text}\n`, context);
}

export function logEntry(entry: HistoryEntry, log: Log): void {
  for (const { priority, text } of journal(entry)) log(priority, text);
}
