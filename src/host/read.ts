import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { PortError } from '../model/ports.ts';
import { isMissing } from './errors.ts';

/** More than anything of ours ever is. */
const largest = 4 * 1024 * 1024;

/**
 * Content of a file, `null` when there is none. What is no regular file (a directory, a device, a pipe) reads as empty:
 * it is there, but it is not ours. A file over 4 MiB or one that may not be read throws.
 */
export function readRegular(file: string): Buffer | null {
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
    if (!stats.isFile()) return Buffer.alloc(0);
    if (stats.size > largest) throw new PortError('failed', `${file} is over ${largest} bytes`);
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}
