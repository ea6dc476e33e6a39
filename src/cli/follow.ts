import path from 'node:path';
import { bindBranch, bindWorktree } from '../git/binding.ts';
import { branchSource } from '../git/branch-source.ts';
import { GitError } from '../git/findings.ts';
import { mirrorSource, remoteBranch } from '../git/mirror-source.ts';
import { findRepository } from '../git/repository.ts';
import { worktreeSource } from '../git/worktree-source.ts';
import type { Binding, ControllerConfig } from '../model/controller.ts';
import type { RevisionSource } from '../model/controller-ports.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { Refusal } from './refusal.ts';

/** What a controller follows. */
export interface Followed {
  readonly binding: Binding;
  readonly source: RevisionSource;
}

/**
 * Finds the branch to follow: the one that is named, else the one that was followed before in the same repository, else the one
 * that is checked out. `before`: what a controller here was bound to.
 */
export async function follow(
  dir: string,
  config: ControllerConfig,
  before: Binding | null,
  facts: HostFacts,
  context: Context,
): Promise<Followed> {
  try {
    if (config.worktree) return await followWorktree(dir, config, context);
    return await (config.remote === null
      ? followBranch(dir, config, before, facts, context)
      : followRemote(config.remote.url, config, before, facts, context));
  } catch (error) {
    if (error instanceof GitError) throw new Refusal([error.diagnostic]);
    throw error;
  }
}

async function followWorktree(dir: string, { rosters }: ControllerConfig, { cwd, env }: Context): Promise<Followed> {
  const bound = await bindWorktree(path.resolve(cwd, dir), rosters, env);
  return { binding: { ...bound, ref: 'worktree' }, source: worktreeSource(bound, env) };
}

async function followBranch(
  dir: string,
  config: ControllerConfig,
  before: Binding | null,
  facts: HostFacts,
  context: Context,
): Promise<Followed> {
  const { env } = context;
  const binding = await bind(dir, config, before, context);
  return { binding, source: branchSource(binding, { env, scope: facts, signatures: config.signatures }) };
}

/** Where branch or repository are away just now, what was followed there before is meant: they are waited for. */
async function bind(dir: string, { ref, rosters }: ControllerConfig, before: Binding | null, { cwd, env }: Context) {
  const known = before !== null && isIn(before, path.resolve(cwd, dir), env) ? before : null;
  try {
    return await bindBranch(dir, rosters, ref ?? known?.ref ?? null, env);
  } catch (error) {
    const isAway = error instanceof GitError && away.has(error.diagnostic.code);
    if (isAway && known !== null && (ref === null || [ref, `refs/heads/${ref}`].includes(known.ref))) return known;
    throw error;
  }
}

const away: ReadonlySet<string> = new Set([
  'git/not-found',
  'git/not-a-repository',
  'git/no-commit',
  'git/unknown-revision',
  'git/failed',
]);

function isIn({ repository }: Binding, dir: string, env: Context['env']): boolean {
  try {
    return findRepository(dir, env).root === repository;
  } catch {
    return `${dir}/`.startsWith(`${repository}/`);
  }
}

async function followRemote(
  url: string,
  config: ControllerConfig,
  before: Binding | null,
  facts: HostFacts,
  { env }: Context,
): Promise<Followed> {
  const ref = config.ref === null && before?.repository === url ? before.ref : await remoteBranch(url, config.ref, env);
  const directory = path.join(facts.stateDir, 'repository.git');
  const source = mirrorSource({ url, ref, directory, rosters: config.rosters, env, scope: facts, signatures: config.signatures });
  return { binding: { repository: url, ref, rosters: config.rosters }, source };
}
