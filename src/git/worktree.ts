import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aboutPath, GitError } from './findings.ts';
import { type Entry, type EntryKind, isRoleName, isRosterName, type Listing, type Listings } from './layout.ts';

/** What stands on disk at each of the paths below a root; links are seen, never followed, on the way either. */
export async function listFolders(root: string, paths: readonly string[]): Promise<Listings> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await listFolder(root, path)] as const)));
}

async function listFolder(root: string, path: string): Promise<Listing> {
  const kind = await kindAt(root, path);
  if (kind !== 'folder') return { kind };
  const names = await readdir(join(root, path)).catch(() => null);
  if (names === null) throw new GitError(aboutPath('git/failed', path || '.', 'cannot be read', 'Check its permissions.'));
  const relevant = names.filter((name) => isRosterName(name) || isRoleName(name));
  const entries = await Promise.all(relevant.map((name) => entryAt(join(root, path), name)));
  return { kind: 'folder', entries: entries.filter((entry) => entry !== null) };
}

async function kindAt(root: string, path: string): Promise<EntryKind | 'missing'> {
  const steps = path === '' ? [] : path.split('/');
  for (let count = 1; count <= steps.length; count += 1) {
    const kind = kindOf(await lstat(join(root, ...steps.slice(0, count))).catch(() => null));
    if (kind !== 'folder') return kind;
  }
  return 'folder';
}

async function entryAt(folder: string, name: string): Promise<Entry | null> {
  const stats = await lstat(join(folder, name)).catch(() => null);
  const kind = kindOf(stats);
  return kind === 'missing' || stats === null ? null : { name, kind, bytes: stats.size, id: '' };
}

function kindOf(stats: Awaited<ReturnType<typeof lstat>> | null): EntryKind | 'missing' {
  if (stats === null) return 'missing';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isDirectory()) return 'folder';
  return stats.isFile() ? 'file' : 'special';
}

/** At most `maxBytes` of a file, or `null` when it is no regular file (any more) or cannot be read. */
export async function readFile(root: string, path: string, maxBytes: number): Promise<Buffer | null> {
  // Without NONBLOCK a named pipe put in the file's place would hold us up for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(root, path), flags).catch(() => null);
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    // Node refuses to read into a buffer of no length.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    return buffer.subarray(0, Math.min(bytesRead, maxBytes));
  } catch {
    return null;
  } finally {
    await file.close();
  }
}
