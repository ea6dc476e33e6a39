import { constants } from 'node:fs';
import { type FileHandle, link, open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { isCount, isFormat, oneOf, shapeOf } from '../model/shape.ts';
import { syncDirectory } from './durable.ts';
import { isMissing } from './errors.ts';
import { openThere } from './read.ts';
import { jsonOf } from './state-file.ts';

/** Files of lines that many processes append to, and one of them shortens. */
export interface LogFiles {
  readonly directory: string;
  readonly file: string;
  /** The log of before, while it is being compacted. */
  readonly former: string;
  readonly draft: string;
}

/** Size from which a log is looked at for what it no longer needs, in bytes. */
export const largeAt = 1024 * 1024;

export const logFilesOf = (directory: string, name: string): LogFiles => ({
  directory,
  file: path.join(directory, `${name}.jsonl`),
  former: path.join(directory, `${name}.former.jsonl`),
  draft: path.join(directory, `.${name}.jsonl.draft`),
});

/** First line of a log that took the place of another: it stands for that many bytes of it. */
export interface Compacted {
  readonly format_version: '1.0';
  readonly kind: 'compacted';
  readonly bytes: number;
}

export const isCompacted = shapeOf<Compacted>({ format_version: isFormat, kind: oneOf(['compacted']), bytes: isCount });

export const compactedLine = (bytes: number): Compacted => ({ format_version: '1.0', kind: 'compacted', bytes });

/**
 * One write at the end of a file is one step for all who append; a log that was replaced meanwhile is written to anew. On the disk when it
 * resolves. `linesFor` is handed the file as it is.
 */
export async function appendTo(
  { directory, file }: LogFiles,
  linesFor: (handle: FileHandle, size: number) => Promise<Buffer>,
): Promise<void> {
  for (;;) {
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      const { size, ino } = await handle.stat();
      const lines = await linesFor(handle, size);
      const { bytesWritten } = await handle.write(lines);
      if (bytesWritten !== lines.length) throw new Error('the disk is full');
      await handle.datasync();
      if (size === 0) await syncDirectory(directory);
      if ((await inodeOf(file)) === ino) return;
    } finally {
      await handle.close();
    }
  }
}

/** `null`: there is no such file. */
export async function inodeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).ino;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** An inode number alone is given again. */
export async function identityOf(handle: FileHandle): Promise<string> {
  const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

const newline = 0x0a;

/** Whether the last line was cut short, or is still being written. */
export async function isTorn(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== newline;
}

/** Whole lines from an offset on; what is still being written, or was cut short, is left. */
export async function linesFrom(handle: FileHandle, offset: number): Promise<Buffer> {
  const { size } = await handle.stat();
  if (size <= offset) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
  const read = buffer.subarray(0, bytesRead);
  return read.subarray(0, read.lastIndexOf(newline) + 1);
}

/**
 * Takes the place of the log. The former one stays beside it until what came in the last moment is copied; whoever appends later sees that the
 * file is another one by now, and does so again.
 */
export async function replaceLog({ directory, file, former, draft }: LogFiles, lines: string | Buffer): Promise<void> {
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    await handle.writeFile(lines);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(file, former);
  await syncDirectory(directory);
  await rename(draft, file);
  await syncDirectory(directory);
}

/** Lines of the former log that the compacted one does not stand for. */
export async function linesMissedBy({ file, former: formerFile }: LogFiles): Promise<Buffer> {
  const none = Buffer.alloc(0);
  const former = await openThere(formerFile);
  if (former === null) return none;
  const current = await openThere(file);
  try {
    if (current === null || (await former.stat()).ino === (await current.stat()).ino) return none;
    const { buffer, bytesRead } = await current.read(Buffer.alloc(256), 0, 256, 0);
    const begun = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    const first = jsonOf(begun.find((line) => line !== '') ?? '');
    return isCompacted(first) ? await linesFrom(former, first.bytes) : none;
  } finally {
    await former.close();
    await current?.close();
  }
}
