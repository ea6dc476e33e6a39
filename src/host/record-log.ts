import { mkdirSync, watch } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { PortError } from '../model/ports.ts';
import type { LogContent, RecordLog } from '../model/record-log.ts';
import type { Guard } from '../model/shape.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { asFileError } from './errors.ts';
import {
  appendTo,
  compactedLine,
  identityOf,
  inodeOf,
  isCompacted,
  isTorn,
  type LogFiles,
  largeAt,
  linesFrom,
  linesMissedBy,
  logFilesOf,
  replaceLog,
} from './log-file.ts';
import { openThere } from './read.ts';
import { jsonOf, newerFormat } from './state-file.ts';

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

const filesOf = ({ directory, name }: Pick<LogPlace<unknown>, 'directory' | 'name'>): LogFiles => logFilesOf(directory, name);

/** Ends a line that a crash or a full disk cut short: nobody was told that it was written. */
const cancel = '\x18';

const linesOf = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

async function append<T>(place: LogPlace<T>, records: readonly T[]): Promise<void> {
  await appendTo(filesOf(place), async (handle, size) =>
    Buffer.from(`${(await isTorn(handle, size)) ? `${cancel}\n` : ''}${linesOf(records)}`),
  );
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

async function compact<T>(
  place: LogPlace<T>,
  reader: Reader<T>,
  { shorten, nextAt }: { readonly shorten: (records: readonly T[]) => readonly T[]; readonly nextAt: number },
): Promise<string | null> {
  await reader.look();
  const { records, damaged, offset } = reader.state();
  if (damaged === 0 && offset < nextAt) return null;
  const short = linesOf([compactedLine(offset), ...shorten(records)]);
  if (damaged === 0 && Buffer.byteLength(short) > offset / 2) return null;
  await replaceLog(filesOf(place), short);
  return finish(place);
}

/** Also what a crash left of a compaction. Gives where a damaged log was put. */
async function finish<T>(place: LogPlace<T>): Promise<string | null> {
  const { directory, file, former } = filesOf(place);
  const handle = await openThere(former);
  if (handle === null) return null;
  let copy: string | null = null;
  try {
    const { mtimeMs, ino } = await handle.stat();
    const isDamaged = recordsIn(await linesFrom(handle, 0), place).damaged > 0;
    if (isDamaged && ino !== (await inodeOf(file)))
      copy = path.join(directory, `${place.name}.damaged-${Math.floor(mtimeMs)}.jsonl`);
  } finally {
    await handle.close();
  }
  const missed = await missedBy(place);
  if (missed.length > 0) await append(place, missed);
  await (copy === null ? unlink(former) : rename(former, copy));
  await syncDirectory(directory);
  return copy;
}

/** Records of others in the former log that the compacted one does not stand for. */
const missedBy = async <T>(place: LogPlace<T>): Promise<T[]> =>
  recordsIn(await linesMissedBy(filesOf(place)), place).records.filter(place.isForeign);

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
