import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { keptRef, type Scope } from './branch-source.ts';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed } from './findings.ts';
import { boundRepository } from './places.ts';

/**
 * Full names of the refs that a controller of this host and tenant has left in the repository; none where the repository is gone.
 * Rejects with a `GitError`.
 */
export async function keptRefs(repository: string, env: Environment, scope: Scope): Promise<readonly string[]> {
  if (!existsSync(repository)) return [];
  const below = `${posix.dirname(keptRef(scope, 'admitted'))}/`;
  const listed = await git(boundRepository({ repository }), { PATH: env.PATH }, ['for-each-ref', '--format=%(refname)', below]);
  if (listed.status !== 0) throw new GitError(gitFailed('for-each-ref', listed.stderr));
  return listed.stdout.toString('utf8').split('\n').filter(Boolean);
}

/** Removes them, and gives the names of those that were there. Commits of branches stay as they are. Rejects with a `GitError`. */
export async function forgetKept(repository: string, env: Environment, scope: Scope): Promise<readonly string[]> {
  const refs = await keptRefs(repository, env, scope);
  for (const ref of refs) {
    const removed = await git(boundRepository({ repository }), { PATH: env.PATH }, ['update-ref', '--no-deref', '-d', ref]);
    if (removed.status !== 0) throw new GitError(gitFailed('update-ref', removed.stderr));
  }
  return refs;
}
