import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Environment } from './command.ts';
import { GitError, gitFailed, sanitised } from './findings.ts';
import { ownGit } from './own-command.ts';
import { isNameless, refuseUnfinished } from './own-commit.ts';
import { findRepository } from './repository.ts';

/** Where a first roster would be put. */
export interface Ground {
  /** Absolute: of the working tree, or of the directory that would become one. */
  readonly root: string;
  /** From the root to the directory that was asked for, with `/`; empty for the root. */
  readonly prefix: string;
  /** `null` where there is no repository yet. */
  readonly repository: {
    /** `null` where HEAD is detached. */
    readonly branch: string | null;
    /** Files with changes that are not committed. */
    readonly changed: number;
    /** What keeps commits from being made: a merge under way, say. */
    readonly obstacle: GitError | null;
  } | null;
  /** Names of what stands at the root. */
  readonly topLevel: readonly string[];
  /** Whether git would have to make up whose commit it is. */
  readonly nameless: boolean;
}

/** Looks at a directory, which need not exist. Rejects with a `GitError` where git is missing, or refuses the repository. */
export async function groundAt(dir: string, env: Environment): Promise<Ground> {
  await ownGit('/', env, ['--version']);
  const found = await repositoryOf(dir, env);
  const root = found?.root ?? dir;
  const topLevel = await readdir(root).catch(() => []);
  const here = await nearestDirectory(dir);
  const nameless = await isNameless(here, env);
  if (found === null) return { root, prefix: '', repository: null, topLevel, nameless };
  const branch = await ownGit(root, env, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const changed = (await asked(root, env, ['status', '--porcelain'])).split('\n').filter(Boolean).length;
  const gitDir = await asked(root, env, ['rev-parse', '--absolute-git-dir']);
  const obstacle = await refuseUnfinished(gitDir).then(
    () => null,
    (error: unknown) => (error instanceof GitError ? error : Promise.reject(error)),
  );
  return {
    root,
    prefix: relative(root, dir).split(sep).join('/'),
    repository: { branch: branch.status === 0 ? branch.stdout.trim() : null, changed, obstacle },
    topLevel,
    nameless,
  };
}

/** An empty directory is a place for a repository of its own, also inside another one: a home may be kept in git as a whole. */
async function repositoryOf(dir: string, env: Environment): Promise<{ readonly root: string } | null> {
  const entries = await readdir(dir).catch(() => []);
  if (entries.length === 0) return null;
  try {
    const { gitDir, root } = findRepository(dir, env);
    if (gitDir === root) throw new GitError(bare(root));
    return { root };
  } catch (error) {
    if (error instanceof GitError && error.diagnostic.summary.endsWith('is not in a git repository')) return null;
    throw error;
  }
}

const bare = (root: string) => ({
  severity: 'error' as const,
  code: 'git/not-a-repository' as const,
  summary: `${root} is a bare repository, which has no working tree`,
  hint: 'Name a clone of it, and push when you are done.',
});

/** The directory itself or the nearest one above it that is there. Rejects where a file is in the way. */
export async function nearestDirectory(dir: string): Promise<string> {
  for (let at = dir; ; at = dirname(at)) {
    const found = await stat(at).catch(() => null);
    if (found?.isDirectory()) return at;
    if (found !== null || at === dirname(at)) throw new Error(`${at} is no directory`);
  }
}

/** Whether this user may make files there, now. */
export async function mayWriteIn(dir: string): Promise<boolean> {
  return access(await nearestDirectory(dir), constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

export interface NewFile {
  /** From the root. */
  readonly file: string;
  readonly text: string;
}

/** Name and address of a commit that git knows nobody for. */
export interface MadeUp {
  readonly name: string;
  readonly email: string;
}

/**
 * Writes files that are not there yet, makes the directory a repository where it is none, and commits just these files; without a message
 * nothing is committed. All of it or nothing: what fails, or is interrupted, is taken back. Gives the id of the commit.
 */
export async function plant(
  ground: Pick<Ground, 'root' | 'repository'>,
  files: readonly NewFile[],
  commit: { readonly message: string; readonly madeUp: MadeUp | null } | null,
  env: Environment,
  signal: AbortSignal,
): Promise<string | null> {
  const undo: (() => Promise<unknown>)[] = [];
  const { root } = ground;
  try {
    await makeFolder(root, undo);
    if (ground.repository === null) {
      await asked(root, env, ['init', '--quiet', '--initial-branch=main']);
      undo.push(() => rm(join(root, '.git'), { recursive: true, force: true }));
    }
    for (const { file, text } of files) {
      await makeFolder(dirname(join(root, file)), undo);
      signal.throwIfAborted();
      await writeFile(join(root, file), text, { flag: 'wx' });
      undo.push(() => unlink(join(root, file)));
    }
    if (commit === null) return null;
    const paths = files.map(({ file }) => file);
    undo.push(() => ownGit(root, env, ['rm', '--quiet', '--cached', '--ignore-unmatch', '--', ...paths]));
    await asked(root, env, ['add', '--', ...paths]);
    signal.throwIfAborted();
    const { madeUp, message } = commit;
    const identity = madeUp === null ? [] : ['-c', `user.name=${madeUp.name}`, '-c', `user.email=${madeUp.email}`];
    const args = [...identity, 'commit', '--quiet', '--only', '--file=-', '--cleanup=whitespace', '--', ...paths];
    const { status, stdout, stderr } = await ownGit(root, env, args, message);
    if (status !== 0) throw new GitError(notTaken(sanitised(stderr || stdout)));
    return await asked(root, env, ['rev-parse', 'HEAD']);
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {});
    throw error;
  }
}

/** Directories that are missing, each to be taken back while it is empty. */
async function makeFolder(folder: string, undo: (() => Promise<unknown>)[]): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  const steps: string[] = [];
  for (let step = folder; step.length >= first.length; step = dirname(step)) steps.unshift(step);
  for (const step of steps) undo.push(() => rmdir(step));
}

const notTaken = (said: string) => ({
  severity: 'error' as const,
  code: 'edit/not-committed' as const,
  summary: 'nothing was committed: git did not take the commit',
  detail: `${said === '' ? '' : `${said}. `}Nothing is left of it.`,
  hint: 'Mend what it says, then try again; or leave the commit to you with --no-commit.',
});

async function asked(root: string, env: Environment, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await ownGit(root, env, args);
  if (status !== 0) throw new GitError(gitFailed(args[0] ?? '', stderr));
  return stdout.trimEnd();
}
