import { stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { InboxJournal, InboxRecord } from '../model/inbox.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { asFileError, isMissing } from './errors.ts';
import { inboxesIn } from './inbox-index.ts';
import { recordsIn } from './inbox-records.ts';
import {
  appendTo,
  type Compacted,
  compactedLine,
  identityOf,
  inodeOf,
  type LogFiles,
  largeAt,
  linesFrom,
  linesMissedBy,
  logFilesOf,
  replaceLog,
} from './log-file.ts';
import { openThere } from './read.ts';

export const inboxDirectory = (stateDir: string, agent: string): string => path.join(inboxesIn(stateDir), agent);

/** `journal.jsonl` in the directory of an agent's inbox. No lock is needed to append; see `compact` for how that goes together. */
export function inboxJournal(stateDir: string, agent: string): InboxJournal {
  if (!isName(agent)) throw new PortError('refused', `${JSON.stringify(agent)} cannot be the name of an agent`);
  const directory = inboxDirectory(stateDir, agent);
  const reader = journalReader(directory);
  return {
    read: asFileError(
      () => `read the inbox of ${agent}`,
      () => reader.read(),
    ),
    append: asFileError(
      (_records: readonly InboxRecord[]) => `write to the inbox of ${agent}`,
      async (records) => {
        await makeDirectory(directory, 0o700);
        await append(directory, records);
      },
    ),
    compact: asFileError(
      (_shorten: unknown) => `compact the inbox of ${agent}`,
      async (shorten: (records: readonly InboxRecord[]) => readonly InboxRecord[]) => compact(directory, shorten, reader),
    ),
  };
}

const filesIn = (directory: string): LogFiles => logFilesOf(directory, 'journal');

/** Begins with a line end, so that a line that a crash or a full disk cut short spoils no other. */
const linesOf = (records: readonly (InboxRecord | Compacted)[]): Buffer =>
  Buffer.from(`\n${records.map((record) => `${JSON.stringify(record)}\n`).join('')}`);

const append = (directory: string, records: readonly InboxRecord[]): Promise<void> =>
  appendTo(filesIn(directory), async () => linesOf(records));

interface Reader {
  read(): Promise<InboxRecord[]>;
  /** How many bytes of the journal the last reading covered. */
  covered(): number;
}

/** Reads only what was appended since the last time, as long as it is the same file. */
function journalReader(directory: string): Reader {
  let identity = '';
  let offset = 0;
  let records: InboxRecord[] = [];
  const look = async (): Promise<void> => {
    const handle = await openThere(filesIn(directory).file);
    try {
      const seen = handle === null ? '' : await identityOf(handle);
      if (seen !== identity) {
        identity = seen;
        offset = 0;
        records = [];
      }
      if (handle === null) return;
      const lines = await linesFrom(handle, offset);
      offset += lines.length;
      for (const record of recordsIn(lines)) records.push(record);
    } finally {
      await handle?.close();
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    read: () => {
      const turn = last.then(async () => {
        await look();
        return [...records, ...(await missedBy(directory))];
      });
      last = turn.catch(() => {});
      return turn;
    },
    covered: () => offset,
  };
}

/** Messages that came in the last moment are copied. Nobody without the lock writes anything but messages. */
async function compact(
  directory: string,
  shorten: (records: readonly InboxRecord[]) => readonly InboxRecord[],
  reader: Reader,
): Promise<void> {
  const files = filesIn(directory);
  await finish(directory);
  if ((await sizeOf(files.file)) < largeAt) return;
  const kept = shorten(await reader.read());
  const bytes = reader.covered();
  const short = linesOf([compactedLine(bytes), ...kept]);
  if (short.length > bytes / 2) return;
  await replaceLog(files, short);
  await finish(directory);
}

/** Also what a crash left of it. */
async function finish(directory: string): Promise<void> {
  const { former } = filesIn(directory);
  if ((await inodeOf(former)) === null) return;
  const missed = await missedBy(directory);
  if (missed.length > 0) await append(directory, missed);
  await unlink(former);
  await syncDirectory(directory);
}

/** Messages of the former journal that the compacted one does not stand for. */
const missedBy = async (directory: string): Promise<InboxRecord[]> =>
  recordsIn(await linesMissedBy(filesIn(directory))).filter(({ kind }) => kind === 'message');

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
