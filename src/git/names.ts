import { type Environment, git } from './command.ts';
import { findRepository } from './repository.ts';

/** More would fill a screen. */
const most = 500;

/** Short names of branches and tags, the newest first, and `HEAD`. Rejects with a `GitError` where there is no repository. */
export async function branchesOf(dir: string, env: Environment): Promise<readonly string[]> {
  const command = ['for-each-ref', `--count=${most}`, '--sort=-creatordate', '--format=%(refname:lstrip=2)'];
  const listed = await git(findRepository(dir, env), env, [...command, 'refs/heads', 'refs/remotes', 'refs/tags']);
  return ['HEAD', ...listed.stdout.toString('utf8').split('\n').filter(Boolean)];
}
