import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PortError } from '../model/ports.ts';
import { isMissing } from './errors.ts';

/** More than anything of ours ever is. */
const largest = 4 * 1024 * 1024;

/** Node makes an object of its own of a mere name, at every call. */
const asText = { encoding: 'utf8' } as const;

/** As text; as bytes where it may be no UTF-8. */
export type Content = string | Buffer;

/**
 * Content of a file, `null` when there is none. What is no regular file (a directory, a device, a pipe) reads as empty:
 * it is there, but it is not ours. A file over 4 MiB or one that may not be read throws.
 */
export const readRegular = (file: string): Content | null => readWithMode(file)?.content ?? null;

/** The same with its permission bits. */
export function readWithMode(file: string): { readonly content: Content; readonly mode: number } | null {
  let handle: number;
  try {
    // A pipe without a writer would block.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const stats = fstatSync(handle);
    const mode = stats.mode & 0o7777;
    if (!stats.isFile()) return { content: '', mode };
    if (stats.size > largest) throw new PortError('failed', `${file} is over ${largest} bytes`);
    // Node reads text in fewer steps than bytes. What it puts for those that are none may have been written, too.
    const text = readFileSync(handle, asText);
    return { content: text.includes('\ufffd') ? bytesOf(handle, stats.size) : text, mode };
  } finally {
    closeSync(handle);
  }
}

function bytesOf(handle: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let end = 0;
  while (end < size) {
    const more = readSync(handle, bytes, end, size - end, end);
    // It has become shorter meanwhile.
    if (more === 0) break;
    end += more;
  }
  return bytes.subarray(0, end);
}

/** A file to be read in pieces, `null` when there is none. What is not regular does not keep it waiting. */
export async function openThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
