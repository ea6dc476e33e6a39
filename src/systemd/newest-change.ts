import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Recaller } from './recall.ts';

const isOurs = (name: string): boolean => /^mosaic-[^/]*\.service(\.d)?$/.test(name);

/**
 * When one of our unit files or drop-ins was last changed, or something last came to or left the directories that hold them; in
 * milliseconds since the epoch, 0 where there is none. The manager's own NeedDaemonReload says the same, at one call for each unit.
 */
export function newestChangeReader(recaller: Recaller): (unitPath: readonly string[]) => number {
  const ours = recaller<readonly string[]>();
  const all = recaller<readonly string[]>();
  return (unitPath) => newest(unitPath.map(newestIn));

  function newestIn(directory: string): number {
    const names = ours(directory, (found) => namesIn(found).filter(isOurs));
    if (names.length === 0) return 0;
    return newest([changed(directory), ...names.map((name) => newestAt(path.join(directory, name)))]);
  }

  function newestAt(entry: string): number {
    if (!entry.endsWith('.d')) return changed(entry);
    return newest([changed(entry), ...all(entry, namesIn).map((file) => changed(path.join(entry, file)))]);
  }
}

const newest = (times: readonly number[]): number => times.reduce((latest, time) => Math.max(latest, time), 0);

/** Of a directory when its entries changed; of a file when its content or its name did. */
function changed(entry: string): number {
  const found = statSync(entry, { throwIfNoEntry: false });
  return found === undefined ? 0 : found.isDirectory() ? found.mtimeMs : found.ctimeMs;
}

function namesIn(directory: string): string[] {
  try {
    // Most of these places are not there, and an error takes longer than a look.
    return existsSync(directory) ? readdirSync(directory) : [];
  } catch {
    return [];
  }
}
