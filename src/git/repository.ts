import { lstat, realpath, stat } from 'node:fs/promises';
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
 * Rejects with a `GitError` when there is none.
 */
export async function findRepository(dir: string, env: Environment): Promise<Repository> {
  const start = await realDirectory(dir);
  const callers = env.GIT_DIR ? await realpath(resolve(env.GIT_DIR)).catch(() => null) : null;
  for (let folder = start; ; folder = dirname(folder)) {
    const gitDir = await gitDirOf(folder);
    if (gitDir !== null) {
      if (!(await haveOneOwner(start, folder, gitDir))) throw new GitError(noRepository(dir, othersRepository(folder)));
      const prefix = gitDir === folder ? '' : relative(folder, start);
      return { gitDir, root: folder, prefix, isCallers: callers === (await realpath(gitDir)) };
    }
    if (folder === dirname(folder)) break;
  }
  if (callers !== null) return { gitDir: callers, root: start, prefix: '', isCallers: true };
  throw new GitError(noRepository(dir));
}

async function realDirectory(dir: string): Promise<string> {
  const real = await realpath(dir).catch(() => null);
  if (real === null) throw new GitError(noRepository(dir, 'There is no such directory.'));
  return (await stat(real)).isDirectory() ? real : dirname(real);
}

async function gitDirOf(folder: string): Promise<string | null> {
  const inside = join(folder, '.git');
  const found = await stat(inside).catch(() => null);
  if (found?.isFile() || (found?.isDirectory() && (await isGitDir(inside)))) return inside;
  return (await isGitDir(folder)) ? folder : null;
}

async function isGitDir(folder: string): Promise<boolean> {
  const [head, objects, common] = await Promise.all([
    exists(join(folder, 'HEAD')),
    exists(join(folder, 'objects')),
    exists(join(folder, 'commondir')),
  ]);
  return head && (common || (objects && (await exists(join(folder, 'refs')))));
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function haveOneOwner(start: string, folder: string, gitDir: string): Promise<boolean> {
  if (folder === start) return true;
  const [mine, theirs] = await Promise.all([stat(start), stat(gitDir)]);
  return mine.uid === theirs.uid;
}

const othersRepository = (folder: string): string =>
  `The repository at ${visible(folder)} belongs to another user than the directory does.`;
