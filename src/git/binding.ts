import { posix } from 'node:path';
import type { Binding } from '../model/controller.ts';
import { type Environment, git } from './command.ts';
import { resolveCommit } from './commit.ts';
import { GitError, gitFailed, noBranch, noCommit, noRepository } from './findings.ts';
import { ObjectReader } from './objects.ts';
import { readRevision, readWorktree } from './read.ts';
import { isObjectName, isRefName, readRef } from './refs.ts';
import { findRepository, type Repository } from './repository.ts';

/**
 * What a controller that is started in `dir` follows: the branch that is checked out, or the one named. A short name is a branch's; a tag
 * or a remote-tracking branch has to be named in full. Rejects with a `GitError`: `git/no-branch`, `git/no-commit`,
 * `git/unknown-revision`, `git/not-a-repository`.
 *
 * @param rosters roster directory, relative to `dir` or else to the root of the repository
 */
export async function bindBranch(dir: string, rosters: string, ref: string | null, env: Environment): Promise<Binding> {
  // What the caller's environment says of a repository is gone when the controller starts again.
  const own = { PATH: env.PATH };
  const repository = findRepository(dir, own);
  const named = ref === null || ref === 'HEAD' ? await checkedOut(repository, own) : await fullName(repository, own, ref);
  const followed = (await symbolic(repository, own, named)) ?? named;
  const tip = await readRef(repository, own, followed);
  if (!tip.readable) throw new GitError(noCommit(short(followed)));
  const { folder } = await readRevision({ dir, rosters, ref: followed, env: own });
  return { repository: repository.root, ref: followed, rosters: (folder ?? posix.join(repository.prefix, rosters)) || '.' };
}

/**
 * The same for files as they are on disk, in a repository or not. Rejects with a `GitError` where there is no roster directory yet.
 */
export async function bindWorktree(
  dir: string,
  rosters: string,
  env: Environment,
): Promise<Pick<Binding, 'repository' | 'rosters'>> {
  const { root, folder, diagnostics } = await readWorktree({ dir, rosters, env: { PATH: env.PATH } });
  if (root !== null && folder !== null) return { repository: root, rosters: folder || '.' };
  throw new GitError(diagnostics[0] ?? noRepository(dir));
}

async function checkedOut(repository: Repository, env: Environment): Promise<string> {
  const branch = await symbolic(repository, env, 'HEAD');
  if (branch !== null) return branch;
  throw new GitError(
    noBranch('HEAD', 'It is detached: a commit is checked out, not a branch.', 'Name the branch, as in: --ref main'),
  );
}

/** What a symbolic ref leads to in the end; `null` for any other. */
async function symbolic(repository: Repository, env: Environment, ref: string): Promise<string | null> {
  const { status, stdout, stderr } = await git(repository, env, ['symbolic-ref', '--quiet', ref]);
  const target = stdout.toString('utf8').trim();
  if (status === 0 && isRefName(target)) return target;
  if (status === 1 || status === 0) return null;
  throw new GitError(gitFailed('symbolic-ref', stderr));
}

async function fullName(repository: Repository, env: Environment, ref: string): Promise<string> {
  const there = await existing(repository, env, ref);
  const branch = `refs/heads/${ref}`;
  if (there.includes(ref)) return ref;
  const others = there.filter((name) => name !== branch);
  if (there.includes(branch) && others.length === 0) return branch;
  const [other] = others;
  if (there.includes(branch)) throw new GitError(ambiguous(ref, branch, others));
  if (other !== undefined) throw new GitError(inFull(ref, other));
  const head = await symbolic(repository, env, 'HEAD');
  if (head !== null && [ref, branch].includes(head)) throw new GitError(noCommit(short(head)));
  await commitOf(repository, env, ref);
  const what =
    isObjectName(ref) || /^[0-9a-f]{4,64}$/.test(ref) ? 'It names a commit, which never moves.' : 'It names a commit only.';
  throw new GitError(noBranch(ref, what, 'Name a branch, as in: --ref main'));
}

/** Refs that may be meant. */
async function existing(repository: Repository, env: Environment, ref: string): Promise<readonly string[]> {
  const names = [ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/remotes/${ref}`, `refs/${ref}`].filter(isRefName);
  if (names.length === 0) return [];
  const listed = await git(repository, env, ['for-each-ref', '--format=%(refname)', ...names]);
  if (listed.status !== 0) throw new GitError(gitFailed('for-each-ref', listed.stderr));
  // A pattern also stands for what is below it.
  const found = listed.stdout.toString('utf8').split('\n');
  return names.filter((name) => found.includes(name));
}

async function commitOf(repository: Repository, env: Environment, ref: string): Promise<void> {
  const reader = new ObjectReader(repository, env);
  try {
    await resolveCommit(reader, repository, env, ref);
  } finally {
    reader.close();
  }
}

const ambiguous = (ref: string, branch: string, others: readonly string[]) =>
  noBranch(ref, `There is ${branch}, and also ${others.join(', ')}.`, `Name the one that is meant in full: --ref ${branch}`);

const inFull = (ref: string, other: string) =>
  noBranch(ref, `It is the name of ${kindOf(other)}.`, `If that is meant, name it in full: --ref ${other}`);

function kindOf(ref: string): string {
  if (ref.startsWith('refs/heads/')) return 'a branch';
  if (ref.startsWith('refs/tags/')) return 'a tag';
  return ref.startsWith('refs/remotes/') ? 'a remote-tracking branch' : 'another ref';
}

const short = (ref: string): string => ref.replace(/^refs\/heads\//, '');
