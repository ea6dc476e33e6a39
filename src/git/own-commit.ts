import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { visible } from '../model/visible.ts';
import type { Environment } from './command.ts';
import { GitError, gitFailed, sanitised } from './findings.ts';
import { ownGit } from './own-command.ts';

/**
 * The branch on which a change of this one file could be committed now. Rejects with a `GitError` (`edit/not-committed`) where something is in
 * the way: nothing was committed yet, a detached head, a merge under way, changes of the file that are not committed, nobody's name.
 */
export async function branchToCommitOn(root: string, file: string, env: Environment): Promise<string> {
  const branch = await branchUnderHead(root, env);
  const tracked = await ownGit(root, env, ['ls-tree', 'HEAD', '--', file]);
  if (tracked.stdout === '') throw obstacle(`${visible(file)} was never committed`, `Commit it as it is first, then try again.`);
  if ((await asked(root, env, ['status', '--porcelain', '--', file])) !== '')
    throw obstacle(`${visible(file)} has changes that are not committed`, 'Commit or undo them first, or leave --commit out.');
  await refuseNameless(root, env);
  return branch;
}

/** The branch on which a commit could be made now. Rejects as above, whatever the state of its files. */
export async function branchToCommitTo(root: string, env: Environment): Promise<string> {
  const branch = await branchUnderHead(root, env);
  await refuseNameless(root, env);
  return branch;
}

async function branchUnderHead(root: string, env: Environment): Promise<string> {
  const gitDir = await asked(root, env, ['rev-parse', '--absolute-git-dir']);
  await refuseUnfinished(gitDir);
  const { status, stdout } = await ownGit(root, env, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  if (status !== 0) throw obstacle('no branch is checked out: HEAD is detached', 'Check a branch out first: git switch main');
  return stdout.trim();
}

/** Commits this file as it is now, and nothing else of what is staged or changed. Rejects as above where git or a hook refuses. */
export async function commitFile(root: string, file: string, message: string, env: Environment): Promise<string> {
  const args = ['commit', '--quiet', '--only', '--file=-', '--cleanup=whitespace', '--', file];
  const { status, stdout, stderr } = await ownGit(root, env, args, message);
  if (status !== 0)
    throw obstacle('git did not take the commit', 'Mend what it says, then try again.', sanitised(stderr || stdout));
  return asked(root, env, ['rev-parse', 'HEAD']);
}

/** The same of several files, among them such as were never committed. Where git or a hook refuses, they stay as they are. */
export async function commitFiles(root: string, files: readonly string[], message: string, env: Environment): Promise<string> {
  const known = await asked(root, env, ['ls-files', '-z', '--', ...files]);
  const fresh = files.filter((file) => !known.split('\0').includes(file));
  if (fresh.length > 0) await asked(root, env, ['add', '--intent-to-add', '--', ...fresh]);
  const args = ['commit', '--quiet', '--only', '--file=-', '--cleanup=whitespace', '--', ...files];
  const { status, stdout, stderr } = await ownGit(root, env, args, message);
  if (status === 0) return asked(root, env, ['rev-parse', 'HEAD']);
  if (fresh.length > 0) await ownGit(root, env, ['rm', '--quiet', '--cached', '--ignore-unmatch', '--', ...fresh]);
  throw new GitError({
    severity: 'error',
    code: 'edit/not-committed',
    summary: 'nothing was committed: git did not take the commit',
    detail: `${sanitised(stderr || stdout)}. The files are written.`,
    hint: `Mend what it says, then commit them: ${files.map(visible).join(' ')}`,
  });
}

const underWay: readonly (readonly [file: string, what: string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
];

/** Rejects with a `GitError` while a merge or the like waits for its end. */
export async function refuseUnfinished(gitDir: string): Promise<void> {
  for (const [file, what] of underWay) {
    const found = await lstat(join(gitDir, file)).catch(() => null);
    if (found !== null)
      throw obstacle(`${what} is under way in this repository`, 'Finish or abort it first: git status says how.');
  }
}

async function refuseNameless(root: string, env: Environment): Promise<void> {
  const hint = 'git config --global user.name "…" and git config --global user.email "…"; then try again.';
  if (await isNameless(root, env))
    throw obstacle('git does not know whose commit it is: user.name or user.email is not set', hint);
}

/** Whether nobody told git whose commits they are: a name that it would make up is nobody's. */
export async function isNameless(root: string, env: Environment): Promise<boolean> {
  for (const who of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT']) {
    const { status } = await ownGit(root, env, ['-c', 'user.useConfigOnly=true', 'var', who]);
    if (status !== 0) return true;
  }
  return false;
}

async function asked(root: string, env: Environment, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await ownGit(root, env, args);
  if (status !== 0) throw new GitError(gitFailed(args[0] ?? '', stderr));
  return stdout.trim();
}

const obstacle = (summary: string, hint: string, detail = ''): GitError => {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'edit/not-committed',
    summary: `nothing was committed: ${summary}`,
    detail: `${detail === '' ? '' : `${detail}. `}Nothing was changed.`,
    hint,
  };
  return new GitError(diagnostic);
};
