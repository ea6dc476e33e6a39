import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { InboxJournal, InboxRecord } from '../model/inbox.ts';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { asFileError, isMissing } from './errors.ts';
import { inboxesIn } from './inbox-index.ts';
import { recordsIn } from './inbox-records.ts';
import { openThere } from './read.ts';
import { isCount, isFormat, oneOf, shapeOf } from './shape.ts';
import { jsonOf } from './state-file.ts';

/** Size from which a journal is looked at for what it no longer needs, in bytes. */
const largeAt = 1024 * 1024;

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
        await append(directory, linesOf(records));
      },
    ),
    compact: asFileError(
      (_shorten: unknown) => `compact the inbox of ${agent}`,
      async (shorten: (records: readonly InboxRecord[]) => readonly InboxRecord[]) => compact(directory, shorten, reader),
    ),
  };
}

const journalIn = (directory: string): string => path.join(directory, 'journal.jsonl');
/** The journal of before, while it is being compacted. */
const formerIn = (directory: string): string => path.join(directory, 'journal.former.jsonl');

/** Begins with a line end, so that a line that a crash or a full disk cut short spoils no other. */
const linesOf = (records: readonly (InboxRecord | Compacted)[]): Buffer =>
  Buffer.from(`\n${records.map((record) => `${JSON.stringify(record)}\n`).join('')}`);

/** One write at the end of a file is one step for all who append; a journal that was replaced meanwhile is written to anew. */
async function append(directory: string, lines: Buffer): Promise<void> {
  const file = journalIn(directory);
  for (;;) {
    const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      const { size, ino } = await handle.stat();
      const { bytesWritten } = await handle.write(lines);
      if (bytesWritten !== lines.length) throw new Error(`${file}: the disk is full`);
      await handle.datasync();
      if (size === 0) await syncDirectory(directory);
      if ((await inodeOf(file)) === ino) return;
    } finally {
      await handle.close();
    }
  }
}

async function inodeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).ino;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** First line of a journal that took the place of another: it stands for that many bytes of it. */
interface Compacted {
  readonly format_version: '1.0';
  readonly kind: 'compacted';
  readonly bytes: number;
}

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
    const handle = await openThere(journalIn(directory));
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
      records.push(...recordsIn(lines));
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

/** An inode number alone is given again. */
async function identityOf(handle: FileHandle): Promise<string> {
  const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

const newline = 0x0a;

/** Whole lines from an offset on; what is still being written is left for the next time. */
async function linesFrom(handle: FileHandle, offset: number): Promise<Buffer> {
  const { size } = await handle.stat();
  if (size <= offset) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
  const read = buffer.subarray(0, bytesRead);
  return read.subarray(0, read.lastIndexOf(newline) + 1);
}

/**
 * Takes the place of the journal. The former one stays beside it until the messages that came in the last moment are copied; whoever
 * appends later sees that the file is another one by now, and does so again.
 */
async function compact(
  directory: string,
  shorten: (records: readonly InboxRecord[]) => readonly InboxRecord[],
  reader: Reader,
): Promise<void> {
  const file = journalIn(directory);
  await finish(directory);
  if ((await sizeOf(file)) < largeAt) return;
  const kept = shorten(await reader.read());
  const bytes = reader.covered();
  const short = linesOf([{ format_version: '1.0', kind: 'compacted', bytes }, ...kept]);
  if (short.length > bytes / 2) return;
  const draft = path.join(directory, '.journal.jsonl.draft');
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    await handle.writeFile(short);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(file, formerIn(directory));
  await syncDirectory(directory);
  await rename(draft, file);
  await syncDirectory(directory);
  await finish(directory);
}

/** Also what a crash left of it. */
async function finish(directory: string): Promise<void> {
  const former = formerIn(directory);
  if ((await inodeOf(former)) === null) return;
  const missed = await missedBy(directory);
  if (missed.length > 0) await append(directory, linesOf(missed));
  await unlink(former);
  await syncDirectory(directory);
}

/** Messages of the former journal that the compacted one does not stand for. Nobody without the lock writes anything but messages. */
async function missedBy(directory: string): Promise<InboxRecord[]> {
  const former = await openThere(formerIn(directory));
  if (former === null) return [];
  const current = await openThere(journalIn(directory));
  try {
    if (current === null || (await former.stat()).ino === (await current.stat()).ino) return [];
    const { buffer, bytesRead } = await current.read(Buffer.alloc(256), 0, 256, 0);
    const first = jsonOf(buffer.subarray(0, bytesRead).toString('utf8').split('\n')[1] ?? '');
    if (!isCompacted(first)) return [];
    return recordsIn(await linesFrom(former, first.bytes)).filter(({ kind }) => kind === 'message');
  } finally {
    await former.close();
    await current?.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

const isCompacted = shapeOf<Compacted>({ format_version: isFormat, kind: oneOf(['compacted']), bytes: isCount });
