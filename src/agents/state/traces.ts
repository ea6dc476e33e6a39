import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Location, Place, RuntimeAdapter, RuntimeState } from '../runtimes/adapter.ts';
import { recordsOf } from '../runtimes/transcript.ts';
import type { Standing } from './activity.ts';
import { changedAt, directoryOf, environmentOf, openFiles } from './process.ts';

/** What a runtime has written, as found for one of the processes of an agent's run. */
export interface WrittenTraces {
  readonly runtime: (RuntimeState & { readonly pid: number }) | null;
  /** Absolute path of the transcript, which may not be there yet; `null` where there is none. */
  readonly transcript: string | null;
}

/** Looks for what the processes of one run have written; the first that has something speaks for all. */
export function tracesOf(adapter: RuntimeAdapter, pids: readonly number[], home: string): WrittenTraces {
  const places = adapter.stateFile === null && adapter.transcript === null ? [] : pids.map((pid) => placeOf(pid, home));
  let transcript: string | null = null;
  for (const place of places) {
    const runtime = stateIn(adapter, place);
    if (runtime !== null) return { runtime, transcript: runtime.transcript };
    const location = adapter.transcript?.locate(place) ?? null;
    transcript ??= location === null ? null : found(location, place);
  }
  return { runtime: null, transcript };
}

function placeOf(pid: number, home: string): Place {
  const env = environmentOf(pid);
  return { home: env.HOME || home, env, pid, cwd: directoryOf(pid) };
}

function stateIn({ stateFile }: RuntimeAdapter, place: Place): WrittenTraces['runtime'] {
  const text = stateFile === null ? '' : contentOf(stateFile.path(place));
  const state = text === '' ? null : (stateFile?.read(text, place) ?? null);
  return state === null ? null : { ...state, pid: place.pid };
}

function found(location: Location, { pid }: Place): string | null {
  switch (location.kind) {
    case 'file':
      return location.path;
    case 'newest':
      return newest(
        namesIn(location.directory)
          .filter((name) => location.name.test(name))
          .map((name) => join(location.directory, name)),
      );
    case 'open':
      return newest(openFiles(pid, location.directory).filter((file) => location.name.test(basename(file))));
  }
}

const newest = (files: readonly string[]): string | null =>
  files.map((file) => ({ file, changed: changedAt(file) ?? 0 })).sort((left, right) => right.changed - left.changed)[0]?.file ??
  null;

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Bytes from the end of a transcript that are read: a turn may be long, its last lines tell how it stands. */
const tail = 256 * 1024;

/** Where a conversation stands; `null` where its transcript does not say. */
export function standingOf(adapter: RuntimeAdapter, file: string): Standing | null {
  const last = recordsOf(adapter, contentFrom(file, -tail)).findLast(({ kind }) => kind !== 'queued');
  if (last === undefined) return null;
  switch (last.kind) {
    case 'turn':
    case 'queued':
      return { state: 'busy', at: last.at, detail: 'a turn has begun' };
    case 'working':
      return { state: 'busy', at: last.at, detail: last.detail };
    case 'done':
      return { state: 'idle', at: last.at, detail: last.detail };
    case 'limited':
      return { state: 'rate-limited', at: last.at, detail: last.detail };
  }
}

/** In bytes; 0 where there is no such file. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Empty where there is no such file. */
export function contentOf(file: string): string {
  try {
    // Most of what is looked for is not there, and an error takes longer than a look.
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/** From an offset in bytes, or from so many before the end; empty where there is no such file, or nothing there. */
export function contentFrom(file: string, offset: number): string {
  let opened: number | null = null;
  try {
    opened = openSync(file, 'r');
    const { size } = fstatSync(opened);
    const start = offset < 0 ? Math.max(0, size + offset) : offset;
    const bytes = Buffer.alloc(Math.max(0, size - start));
    return bytes.subarray(0, readSync(opened, bytes, 0, bytes.length, start)).toString('utf8');
  } catch {
    return '';
  } finally {
    if (opened !== null) closeSync(opened);
  }
}
