import { statSync } from 'node:fs';

/** What `read` makes of a file or directory. A recall may know it from the last time, where nothing has changed since. */
export type Recall<Value> = (file: string, read: (file: string) => Value) => Value;

/** Makes a recall for one kind of value: a file is always read in the same way by it. */
export type Recaller = <Value>() => Recall<Value>;

/** Remembers nothing. */
export const readingAnew: Recaller = () => (file, read) => read(file);

/**
 * Remembers what was read as long as the file is the same: device, inode, size, mode, and the times of its content and of its inode to the
 * fraction of a microsecond. Whatever is done to a file, setting its times included, changes the time of its inode. What was changed
 * so shortly before it was read that another change could leave the same time is read again, as git does with its index.
 */
export function remembering<Value>(clock: () => number = Date.now): Recall<Value> {
  const memory = new Map<string, Entry<Value>>();
  let latest = 0;
  return (file, read) => {
    const now = clock();
    // Times that have been may come again.
    if (now < latest) memory.clear();
    latest = now;
    const stamp = stampOf(file);
    const entry = memory.get(file);
    if (stamp !== null && entry !== undefined && isSame(stamp, entry.stamp)) return entry.value;
    const value = read(file);
    if (stamp !== null && isSettled(stamp, now)) memory.set(file, { stamp, value });
    else memory.delete(file);
    return value;
  };
}

interface Entry<Value> {
  readonly stamp: Stamp;
  readonly value: Value;
}

interface Stamp {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** `null` where there is nothing, or nothing that may be looked at: reading it says which. */
function stampOf(file: string): Stamp | null {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return null;
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = found;
    return { dev, ino, size, mode, mtimeMs, ctimeMs };
  } catch {
    return null;
  }
}

const isSame = (a: Stamp, b: Stamp): boolean =>
  a.ctimeMs === b.ctimeMs &&
  a.ino === b.ino &&
  a.mtimeMs === b.mtimeMs &&
  a.size === b.size &&
  a.mode === b.mode &&
  a.dev === b.dev;

/** Of a file system that keeps nanoseconds, counted in the kernel's ticks of at most ten milliseconds; or of one that keeps seconds. */
const isSettled = ({ ctimeMs }: Stamp, now: number): boolean => ctimeMs < now - (ctimeMs % 1000 === 0 ? 2500 : 50);
