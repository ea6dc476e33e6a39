import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file so that a crash leaves the old one or the new one, never a part, and no crash after it undoes it.
 * A link in its place is replaced, not followed. Its directory must be there.
 */
export async function writeDurably(file: string, text: string, mode: number): Promise<void> {
  await replace(file, text, mode, (draft) => draft.sync());
  await syncDirectory(path.dirname(file));
}

/** The same without waiting for the disk: after a crash of the machine the file may be the old one, or empty. */
export const replaceFile = (file: string, text: string, mode: number): Promise<void> => replace(file, text, mode, async () => {});

async function replace(file: string, text: string, mode: number, settle: (draft: FileHandle) => Promise<void>): Promise<void> {
  // Always the same one: what a crash leaves behind is written over the next time. There is one writer.
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.draft`);
  try {
    await writeDraft(draft, text, mode, settle);
    await rename(draft, file);
  } catch (error) {
    await unlink(draft).catch(() => {});
    throw error;
  }
}

/** Makes directories that are missing, with this mode. */
export async function makeDirectory(directory: string, mode: number): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode });
  if (first !== undefined) await syncDirectory(path.dirname(first));
}

async function writeDraft(
  draft: string,
  text: string,
  mode: number,
  settle: (draft: FileHandle) => Promise<void>,
): Promise<void> {
  await unlink(draft).catch(() => {});
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await handle.writeFile(text);
    // The mode of open is cut by the umask.
    await handle.chmod(mode);
    await settle(handle);
  } finally {
    await handle.close();
  }
}

const queued = new Map<string, Promise<void>>();

/** Makes renames and removals in a directory durable. Calls that come while one waits for its turn share it. */
export function syncDirectory(directory: string): Promise<void> {
  const shared = queued.get(directory) ?? Promise.resolve().then(() => sync(directory));
  queued.set(directory, shared);
  return shared;
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY).finally(() => queued.delete(directory));
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
