import { constants } from 'node:fs';
import { lstat, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readFile } from './worktree.ts';

/** Far more than a roster may have. */
const maxBytes = 16 * 1024 * 1024;

/** The text of a file of a working tree, its byte order mark kept; `null` where it is no regular file, or no UTF-8. */
export async function readText(root: string, path: string): Promise<string | null> {
  const bytes = await readFile(root, path, maxBytes);
  if (bytes === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Puts one text in the place of another: atomically, with the mode and owner that the file had. Resolves to `false`, and does nothing,
 * where the file is another one by now. `path` is relative to `root`, and no part of it may be a link. Rejects where it cannot be written.
 */
export async function rewrite(root: string, path: string, before: string, after: string, pid: number): Promise<boolean> {
  const file = join(root, path);
  const draft = join(dirname(file), `.${basename(file)}.${pid}.draft`);
  if (await hasLink(root, path)) return false;
  const { mode, uid, gid } = await lstat(file);
  if ((mode & 0o200) === 0) throw new Error('it is write-protected');
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(after);
    await handle.chown(uid, gid).catch(() => {}); // only root can give a file away
    await handle.chmod(mode & 0o7777);
    await handle.sync();
    await handle.close();
    if ((await readText(root, path)) !== before) return false;
    await rename(draft, file);
    return true;
  } finally {
    await handle.close().catch(() => {});
    await unlink(draft).catch(() => {});
  }
}

async function hasLink(root: string, path: string): Promise<boolean> {
  const steps = path.split('/');
  for (const [index] of steps.entries()) {
    if ((await lstat(join(root, ...steps.slice(0, index + 1)))).isSymbolicLink()) return true;
  }
  return false;
}
