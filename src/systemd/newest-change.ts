import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const isOurs = (name: string): boolean => /^mosaic-[^/]*\.service(\.d)?$/.test(name);

/**
 * When one of our unit files or drop-ins was last changed, or something last came to or left the directories that hold them; in
 * milliseconds since the epoch, 0 where there is none. The manager's own NeedDaemonReload says the same, at one call for each unit.
 */
export function newestChange(unitPath: readonly string[]): number {
  return Math.max(0, ...unitPath.map(newestIn));
}

function newestIn(directory: string): number {
  const names = namesIn(directory).filter(isOurs);
  if (names.length === 0) return 0;
  const inside = names.flatMap((name) => {
    const entry = path.join(directory, name);
    return [changed(entry), ...(name.endsWith('.d') ? namesIn(entry).map((file) => changed(path.join(entry, file))) : [])];
  });
  return Math.max(changed(directory), ...inside);
}

/** Of a directory when its entries changed; of a file when its content or its name did. */
function changed(entry: string): number {
  const found = statSync(entry, { throwIfNoEntry: false });
  return found === undefined ? 0 : found.isDirectory() ? found.mtimeMs : found.ctimeMs;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
