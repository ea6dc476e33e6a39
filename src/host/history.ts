import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { HistoryAction, HistoryEntry, Sighting } from '../model/controller.ts';
import type { HistoryReader } from '../model/controller-ports.ts';
import { verbs } from '../model/plan.ts';
import { asFileError } from './errors.ts';
import { openThere } from './read.ts';
import { type Guard, isCount, isFields, isFormat, isText, listOf, nullOr, oneOf, optional, shapeOf } from './shape.ts';
import { jsonOf } from './state-file.ts';
import { isPlanDiagnostic } from './status-file.ts';

/** Files that are kept besides the current one. */
const keptFiles = 4;

/** The current file, then the older ones, newest first. */
export const historyFiles = (stateDir: string): string[] => [
  path.join(stateDir, 'history.jsonl'),
  ...Array.from({ length: keptFiles }, (_, index) => path.join(stateDir, `history.${index + 1}.jsonl`)),
];

/** Reads from the end, and no more than it has to. A line that is damaged, or of a newer format, is left out. */
export function historyReader(stateDir: string): HistoryReader {
  const newest = async <Entry extends HistoryEntry>(
    isSuch: (entry: HistoryEntry) => entry is Entry,
    count: number,
  ): Promise<readonly Entry[]> => {
    const newestFirst: Entry[] = [];
    if (count <= 0) return [];
    for await (const entry of entriesBackwards(stateDir)) {
      if (isSuch(entry)) newestFirst.push(entry);
      if (newestFirst.length >= count) break;
    }
    return newestFirst.reverse();
  };
  return {
    last: asFileError(
      (_count: number) => reading,
      (count) => newest(isAny, count),
    ),
    newest: (isSuch, count) =>
      asFileError(
        () => reading,
        () => newest(isSuch, count),
      )(),
  };
}

const isAny = (_entry: HistoryEntry): _entry is HistoryEntry => true;

const reading = 'read the history';

async function* entriesBackwards(stateDir: string): AsyncGenerator<HistoryEntry> {
  for await (const line of linesBackwards(historyFiles(stateDir))) {
    const entry = jsonOf(line);
    if (isEntry(entry)) yield { ...entry, format_version: '1.0' };
  }
}

/** Lines of several files, the last one of the first file first. */
async function* linesBackwards(files: readonly string[]): AsyncGenerator<string> {
  // Where files move on meanwhile, one that was read stands in the next one's place.
  const read = new Set<string>();
  for (const file of files) {
    const handle = await openThere(file);
    if (handle === null) continue;
    try {
      const { dev, ino, size } = await handle.stat({ bigint: true });
      if (read.has(`${dev}:${ino}`)) continue;
      read.add(`${dev}:${ino}`);
      yield* linesBefore(handle, Number(size));
    } finally {
      await handle.close();
    }
  }
}

const chunkBytes = 64 * 1024;
const newline = 0x0a;

async function* linesBefore(handle: FileHandle, size: number): AsyncGenerator<string> {
  /** What is read of a line whose beginning is not, in the order of the file. */
  let tail: Buffer[] = [];
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    let chunk = buffer.subarray(0, bytesRead);
    for (let at = chunk.lastIndexOf(newline); at !== -1; at = chunk.lastIndexOf(newline)) {
      yield textOf([chunk.subarray(at + 1), ...tail]);
      tail = [];
      chunk = chunk.subarray(0, at);
    }
    tail = [chunk, ...tail];
    end = start;
  }
  yield textOf(tail);
}

const textOf = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('utf8');

const isSighting = shapeOf<Sighting>({
  unit: isText,
  name: isText,
  cause: isText,
  detail: isText,
});

const isAction = shapeOf<HistoryAction>({
  id: isText,
  verb: oneOf(verbs),
  fleet: nullOr(isText),
  name: nullOr(isText),
  unit: nullOr(isText),
  reason: isText,
  outcome: oneOf(['done', 'failed', 'blocked', 'not-run', 'unfinished']),
  detail: optional(isText),
});

type Kind = HistoryEntry['kind'];
type EntryOf<Which extends Kind> = HistoryEntry & { readonly kind: Which };
type Guards<T> = { readonly [Key in keyof T]-?: (value: unknown) => boolean };

const base = { format_version: isFormat, at: isText, revision: nullOr(isText) };
const told = { ...base, target: isText, by: isText, message: isText };

const guards: { readonly [Which in Kind]: Guards<EntryOf<Which>> } = {
  pass: {
    ...base,
    kind: oneOf(['pass']),
    triggers: listOf(isText),
    plan: isText,
    took_ms: isCount,
    seen: listOf(isSighting),
    actions: listOf(isAction),
  },
  revision: {
    ...base,
    kind: oneOf(['revision']),
    subject: isText,
    outcome: oneOf(['admitted', 'denied', 'applied', 'good', 'quarantined', 'returned']),
    message: isText,
    diagnostics: listOf(isPlanDiagnostic),
  },
  suspended: { ...told, kind: oneOf(['suspended']) },
  resumed: { ...told, kind: oneOf(['resumed']) },
  controller: { ...base, kind: oneOf(['controller']), event: oneOf(['started', 'stopped', 'failed']), message: isText },
};

const isKind: Guard<Kind> = oneOf(['pass', 'revision', 'suspended', 'resumed', 'controller']);

const isEntry = (value: unknown): value is HistoryEntry =>
  isFields(value) && isKind(value.kind) && shapeOf<HistoryEntry>(guards[value.kind])(value);
