import { visible } from '../model/visible.ts';
import { folded, oneLine } from './cells.ts';
import type { ChatEntry, Thread } from './conversation.ts';
import type { ChatPaint } from './view.ts';

/** What was said, one after another, times in UTC; `columns` 0 is without limit. */
export function renderTranscript(
  threads: readonly Thread[],
  entries: readonly ChatEntry[],
  columns: number,
  paint: ChatPaint,
): string {
  const titles = new Map(threads.map(({ id, title }) => [id, title]));
  return entries.map((entry) => `${lines(entry, titles.get(entry.threadId) ?? '', columns, paint).join('\n')}\n`).join('');
}

function lines(
  { at, sender, threadId, text, attachments }: ChatEntry,
  title: string,
  columns: number,
  paint: ChatPaint,
): readonly string[] {
  const where = threadId === null ? '' : paint.dim(` › ${visible(title)}`);
  const body = [...text.replace(/\n+$/, '').split('\n'), ...attachments.map((file) => `attached: ${file}`)];
  const width = columns > 0 ? columns - 2 : Number.MAX_SAFE_INTEGER;
  return [
    `${paint.dim(`${at.slice(0, 10)} ${at.slice(11, 16)}`)} ${paint.bold(visible(sender))}${where}`,
    ...body.flatMap((line) => folded(oneLine(line), width)).map((line) => `  ${line}`),
  ];
}
