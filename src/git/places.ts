import { type BigIntStats, constants, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Binding } from '../model/controller.ts';
import { GitError, noRepository } from './findings.ts';
import { findRepository, type Repository } from './repository.ts';

/** Of a file by which one part of a repository names another. */
const maxPointerBytes = 4096;

/**
 * The repository that a controller is bound to, and no other: one above its place, which git would find once it is gone, is not it.
 * Throws a `GitError`.
 */
export function boundRepository({ repository: root }: Pick<Binding, 'repository'>): Repository {
  const found = findRepository(root, {});
  if (found.root === realpathSync(root)) return found;
  throw new GitError(noRepository(root, 'What was there has gone, and a repository above it is another one.'));
}

/** Where branches are, for linked worktrees too (gitrepository-layout(5)). Throws a `GitError`. */
export function commonDirectory({ gitDir, root }: Repository): string {
  const own = isDirectory(gitDir) ? gitDir : resolve(dirname(gitDir), pointer(gitDir, /^gitdir: ([^\n]+)\n?$/) ?? gitDir);
  const common = resolve(own, pointer(join(own, 'commondir'), /^([^\n]+)\n?$/) ?? '.');
  if (isDirectory(common)) return realpathSync(common);
  throw new GitError(noRepository(root, 'What it says of where its repository is does not hold.'));
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function pointer(path: string, syntax: RegExp): string | null {
  try {
    const found = lstatSync(path);
    if (!found.isFile() || found.size > maxPointerBytes) return null;
    return syntax.exec(readFileSync(path, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** A file's text; `missing` where there is none, `no-file` where something else is, `odd` where git may know better. */
export async function textOf(path: string, maxBytes: number): Promise<{ readonly text: string } | 'missing' | 'no-file' | 'odd'> {
  try {
    // Without NONBLOCK a named pipe put in the file's place would hold us up for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) return 'missing';
      if (!stats.isFile()) return 'no-file';
      if (stats.size > maxBytes) return 'odd';
      return { text: await file.readFile('latin1') };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENXIO') return 'no-file';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'odd';
  }
}

/** Tells a directory from another one of the same name; `null` where there is none. Inode numbers alone are given out again. */
export async function identityOf(path: string): Promise<string | null> {
  const found: BigIntStats | null = await lstat(path, { bigint: true }).catch(() => null);
  return found?.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : null;
}
