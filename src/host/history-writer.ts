import { constants } from 'node:fs';
import { access, type FileHandle, open, rename } from 'node:fs/promises';
import type { HistoryEntry } from '../model/controller.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { isMissing } from './errors.ts';
import { historyFiles } from './history.ts';

/** Size at which the current file is put aside, in bytes. */
const fullAt = 4 * 1024 * 1024;

/** Writes one line for each entry; it is on the disk when the promise resolves. Calls that come together are done in turn. */
export function historyWriter(stateDir: string): (entry: HistoryEntry) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (entry) => {
    const turn = last.then(() => append(stateDir, Buffer.from(`${JSON.stringify(entry)}\n`)));
    last = turn.catch(() => {});
    return turn;
  };
}

async function append(stateDir: string, line: Buffer): Promise<void> {
  await makeDirectory(stateDir, 0o700);
  const [current = '', ...old] = historyFiles(stateDir);
  const handle = await open(current, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const { size } = await handle.stat();
    if (size === 0 || size + line.length <= fullAt) {
      await write(handle, size, line);
      if (size === 0) await syncDirectory(stateDir);
      return;
    }
  } finally {
    await handle.close();
  }
  await rotate(stateDir, [current, ...old]);
  await append(stateDir, line);
}

/** A line that a crash or a full disk cut short is ended first, so that it spoils no other. */
async function write(handle: FileHandle, size: number, line: Buffer): Promise<void> {
  const torn = size > 0 && (await lastByte(handle, size)) !== newline;
  await handle.appendFile(torn ? Buffer.concat([Buffer.of(newline), line]) : line);
  await handle.sync();
}

const newline = 0x0a;

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}

/** Each file takes the next one's place, as far as there are any: a gap that a crash left costs no old file. */
async function rotate(stateDir: string, files: readonly string[]): Promise<void> {
  const present = await Promise.all(files.map(isThere));
  const gap = present.indexOf(false);
  const moved = gap === -1 ? files.length - 1 : gap;
  for (let place = moved; place > 0; place -= 1) await rename(files[place - 1] ?? '', files[place] ?? '');
  await syncDirectory(stateDir);
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
