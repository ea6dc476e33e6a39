import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { visible } from '../model/visible.ts';
import type { Environment } from './command.ts';
import { GitError, noRepository } from './findings.ts';

export interface Repository {
  /** Absolute; a directory, or the file that names one in a linked worktree or submodule. */
  readonly gitDir: string;
  /** Absolute path of the working tree, or of the bare repository. */
  readonly root: string;
  /** From root to the directory that was asked for, with `/`; empty for the root. */
  readonly prefix: string;
  /** Whether it is the repository that the caller's environment names, as a hook's does. */
  readonly isCallers: boolean;
}

/**
 * Finds the repository of a directory as git does, but asks git nothing: a repository named by its path is not judged by
 * its owner, so that one that another user wrote can be read too. It is read only by commands that run nothing of it.
 * A repository above `dir` must have the owner of `dir`, or whoever can write to a parent could put another in its place.
 * Throws a `GitError` when there is none.
 */
export function findRepository(dir: string, env: Environment): Repository {
  const start = realDirectory(dir);
  const callers = env.GIT_DIR ? realPath(resolve(env.GIT_DIR)) : null;
  for (let folder = start; ; folder = dirname(folder)) {
    const gitDir = gitDirOf(folder);
    if (gitDir !== null) {
      if (!haveOneOwner(start, folder, gitDir)) throw new GitError(noRepository(dir, othersRepository(folder)));
      const prefix = gitDir === folder ? '' : relative(folder, start);
      return { gitDir, root: folder, prefix, isCallers: callers === realPath(gitDir) };
    }
    if (folder === dirname(folder)) break;
  }
  if (callers !== null) return { gitDir: callers, root: start, prefix: '', isCallers: true };
  throw new GitError(noRepository(dir));
}

function realDirectory(dir: string): string {
  const real = realPath(dir);
  const found = real === null ? null : statOf(real);
  if (real === null || found === null) throw new GitError(noRepository(dir, 'There is no such directory.'));
  return found.isDirectory() ? real : dirname(real);
}

function gitDirOf(folder: string): string | null {
  const inside = join(folder, '.git');
  const found = statOf(inside);
  if (found?.isFile() || (found?.isDirectory() && isGitDir(inside))) return inside;
  return isGitDir(folder) ? folder : null;
}

const isGitDir = (folder: string): boolean =>
  exists(join(folder, 'HEAD')) &&
  (exists(join(folder, 'commondir')) || (exists(join(folder, 'objects')) && exists(join(folder, 'refs'))));

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function haveOneOwner(start: string, folder: string, gitDir: string): boolean {
  return folder === start || statOf(start)?.uid === statOf(gitDir)?.uid;
}

const othersRepository = (folder: string): string =>
  `The repository at ${visible(folder)} belongs to another user than the directory does.`;
