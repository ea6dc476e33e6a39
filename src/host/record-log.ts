import { constants, mkdirSync, watch } from 'node:fs';
import { type FileHandle, link, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { PortError } from '../model/ports.ts';
import type { LogContent, RecordLog } from '../model/record-log.ts';
import { type Guard, isCount, isFormat, oneOf, shapeOf } from '../model/shape.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { asFileError, isMissing } from './errors.ts';
import { jsonOf, newerFormat } from './state-file.ts';

/** Size from which a log is looked at for what it no longer needs, in bytes. */
const largeAt = 1024 * 1024;

export interface LogPlace<T> {
  /** Absolute; made where it is missing. */
  readonly directory: string;
  /** The file is `NAME.jsonl`. */
  readonly name: string;
  readonly isRecord: Guard<T>;
  /** What others than the owner append: it is looked for until the last moment of a compaction. */
  readonly isForeign: (record: T) => boolean;
}

/** One JSON document a line, all with a `format_version`. A log of a newer format is neither read nor written. */
export function recordLog<T>(place: LogPlace<T>): RecordLog<T> {
  const { file } = filesOf(place);
  const reader = logReader(place);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  let nextAt = largeAt;
  return {
    read: asFileError(
      () => `read ${file}`,
      () => inTurn(() => readWhole(place, reader)),
    ),
    append: asFileError(
      (_records: readonly T[]) => `write to ${file}`,
      (records) =>
        inTurn(async () => {
          await makeDirectory(place.directory, 0o700);
          await append(place, records);
        }),
    ),
    compact: asFileError(
      (_shorten: unknown) => `compact ${file}`,
      (shorten: (records: readonly T[]) => readonly T[]) =>
        inTurn(async () => {
          const left = await finish(place);
          const copy = await compact(place, reader, { shorten, nextAt });
          nextAt = Math.max(largeAt, 2 * reader.state().offset);
          return copy ?? left;
        }),
    ),
    watch: (onChange) => watchFile(place, onChange),
  };
}

const filesOf = ({ directory, name }: Pick<LogPlace<unknown>, 'directory' | 'name'>) => ({
  file: path.join(directory, `${name}.jsonl`),
  /** The log of before, while it is being compacted. */
  former: path.join(directory, `${name}.former.jsonl`),
  draft: path.join(directory, `.${name}.jsonl.draft`),
  damaged: (mtimeMs: number): string => path.join(directory, `${name}.damaged-${Math.floor(mtimeMs)}.jsonl`),
});

/** First line of a log that took the place of another: it stands for that many bytes of it. */
interface Compacted {
  readonly format_version: '1.0';
  readonly kind: 'compacted';
  readonly bytes: number;
}

const isCompacted = shapeOf<Compacted>({ format_version: isFormat, kind: oneOf(['compacted']), bytes: isCount });

const newline = 0x0a;
/** Ends a line that a crash or a full disk cut short: nobody was told that it was written. */
const cancel = '\x18';

const linesOf = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** One write at the end of a file is one step for all who append; a log that was replaced meanwhile is written to anew. */
async function append<T>(place: LogPlace<T>, records: readonly T[]): Promise<void> {
  const { file } = filesOf(place);
  for (;;) {
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    try {
      const { size, ino } = await handle.stat();
      const lines = Buffer.from(`${(await isTorn(handle, size)) ? `${cancel}\n` : ''}${linesOf(records)}`);
      const { bytesWritten } = await handle.write(lines);
      if (bytesWritten !== lines.length) throw new Error('the disk is full');
      await handle.datasync();
      if (size === 0) await syncDirectory(place.directory);
      if ((await inodeOf(file)) === ino) return;
    } finally {
      await handle.close();
    }
  }
}

async function isTorn(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== newline;
}

async function inodeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).ino;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

interface Reader<T> {
  look(): Promise<void>;
  state(): { readonly records: readonly T[]; readonly damaged: number; readonly generation: number; readonly offset: number };
}

/** Reads only what was appended since the last time, as long as it is the same file. */
function logReader<T>(place: LogPlace<T>): Reader<T> {
  const { file } = filesOf(place);
  let identity = '';
  let generation = 0;
  let offset = 0;
  let damaged = 0;
  let records: T[] = [];
  return {
    look: async () => {
      const handle = await openThere(file);
      try {
        const seen = handle === null ? '' : await identityOf(handle);
        if (seen !== identity || (handle !== null && (await handle.stat()).size < offset)) {
          identity = seen;
          generation += 1;
          offset = 0;
          damaged = 0;
          records = [];
        }
        if (handle === null) return;
        const lines = await linesFrom(handle, offset);
        const read = recordsIn(lines, place);
        offset += lines.length;
        damaged += read.damaged;
        for (const record of read.records) records.push(record);
      } finally {
        await handle?.close();
      }
    },
    state: () => ({ records, damaged, generation, offset }),
  };
}

/** With what a crash in the midst of a compaction has left beside it. */
async function readWhole<T>(place: LogPlace<T>, reader: Reader<T>): Promise<LogContent<T>> {
  await reader.look();
  const missed = await missedBy(place);
  const { records, damaged, generation } = reader.state();
  if (missed.length === 0) return { records, damaged, generation };
  return { records: [...records, ...missed], damaged, generation: generation + 0.5 };
}

/** An inode number alone is given again. */
async function identityOf(handle: FileHandle): Promise<string> {
  const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

async function openThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Whole lines from an offset on; what is still being written, or was cut short, is left. */
async function linesFrom(handle: FileHandle, offset: number): Promise<Buffer> {
  const { size } = await handle.stat();
  if (size <= offset) return Buffer.alloc(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
  const read = buffer.subarray(0, bytesRead);
  return read.subarray(0, read.lastIndexOf(newline) + 1);
}

function recordsIn<T>(lines: Buffer, { isRecord }: LogPlace<T>): { readonly records: T[]; readonly damaged: number } {
  const records: T[] = [];
  let damaged = 0;
  for (const line of lines.toString('utf8').split('\n')) {
    if (line === '' || line.endsWith(cancel)) continue;
    const value = jsonOf(line);
    const newer = newerFormat(value);
    if (newer !== null) throw new PortError('refused', `it has format ${newer}: a newer Muster wrote it`);
    if (isRecord(value)) records.push(value);
    else if (!isCompacted(value)) damaged += 1;
  }
  return { records, damaged };
}

/**
 * Takes the place of the log. The former one stays beside it until what came in the last moment is copied; whoever appends later sees that the
 * file is another one by now, and does so again.
 */
async function compact<T>(
  place: LogPlace<T>,
  reader: Reader<T>,
  { shorten, nextAt }: { readonly shorten: (records: readonly T[]) => readonly T[]; readonly nextAt: number },
): Promise<string | null> {
  const { file, former, draft } = filesOf(place);
  await reader.look();
  const { records, damaged, offset } = reader.state();
  if (damaged === 0 && offset < nextAt) return null;
  const short = linesOf([{ format_version: '1.0', kind: 'compacted', bytes: offset }, ...shorten(records)]);
  if (damaged === 0 && Buffer.byteLength(short) > offset / 2) return null;
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    await handle.writeFile(short);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(file, former);
  await syncDirectory(place.directory);
  await rename(draft, file);
  await syncDirectory(place.directory);
  return finish(place);
}

/** Also what a crash left of a compaction. Gives where a damaged log was put. */
async function finish<T>(place: LogPlace<T>): Promise<string | null> {
  const { file, former, damaged } = filesOf(place);
  const handle = await openThere(former);
  if (handle === null) return null;
  let isDamaged: boolean;
  let mtimeMs: number;
  let isSame: boolean;
  try {
    const stats = await handle.stat();
    mtimeMs = stats.mtimeMs;
    isSame = stats.ino === (await inodeOf(file));
    isDamaged = recordsIn(await linesFrom(handle, 0), place).damaged > 0;
  } finally {
    await handle.close();
  }
  const missed = await missedBy(place);
  if (missed.length > 0) await append(place, missed);
  const keep = isDamaged && !isSame;
  if (keep) await rename(former, damaged(mtimeMs));
  else await unlink(former);
  await syncDirectory(place.directory);
  return keep ? damaged(mtimeMs) : null;
}

/** Records of others in the former log that the compacted one does not stand for. */
async function missedBy<T>(place: LogPlace<T>): Promise<T[]> {
  const { file, former: formerFile } = filesOf(place);
  const former = await openThere(formerFile);
  if (former === null) return [];
  const current = await openThere(file);
  try {
    if (current === null || (await former.stat()).ino === (await current.stat()).ino) return [];
    const { buffer, bytesRead } = await current.read(Buffer.alloc(256), 0, 256, 0);
    const first = jsonOf(buffer.subarray(0, bytesRead).toString('utf8').split('\n')[0] ?? '');
    return isCompacted(first) ? recordsIn(await linesFrom(former, first.bytes), place).records.filter(place.isForeign) : [];
  } finally {
    await former.close();
    await current?.close();
  }
}

/** A watch that cannot be had is none. */
function watchFile<T>(place: LogPlace<T>, onChange: () => void): () => void {
  const name = path.basename(filesOf(place).file);
  try {
    mkdirSync(place.directory, { recursive: true, mode: 0o700 });
    const watcher = watch(place.directory, { persistent: false }, (_event, changed) => {
      if (changed === name) onChange();
    });
    watcher.on('error', () => {});
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
