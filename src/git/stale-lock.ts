import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { commonDirectory } from './places.ts';
import type { Repository } from './repository.ts';

/**
 * Locks of refs that only we write. git holds one for an instant, and one that is killed leaves it there for ever: who finds the same
 * lock a second time has found such a one.
 */
export class StaleLocks {
  readonly #seen = new Map<string, string>();

  /** Removes the lock of a ref, if it was there the last time, too. Whether it is gone. */
  async remove(repository: Repository, ref: string): Promise<boolean> {
    const lock = join(commonDirectory(repository), `${ref}.lock`);
    const found = await lstat(lock, { bigint: true }).catch(() => null);
    const identity = found?.isFile() === true ? `${found.ino} ${found.mtimeNs}` : null;
    const isStale = identity !== null && this.#seen.get(lock) === identity;
    if (identity !== null) this.#seen.set(lock, identity);
    if (isStale) await unlink(lock);
    return isStale;
  }
}

/**
 * Removes the lock of a ref that others may write, too, if it is older than `ms` milliseconds: more than any git of ours may run, so that
 * whoever made it was killed, or is somebody else's and stuck. Whether it is gone.
 */
export async function removeOldLock(repository: Repository, ref: string, ms: number, now: Date): Promise<boolean> {
  const lock = join(commonDirectory(repository), `${ref}.lock`);
  const found = await lstat(lock).catch(() => null);
  if (found?.isFile() !== true || now.getTime() - found.mtimeMs < ms) return false;
  await unlink(lock);
  return true;
}
