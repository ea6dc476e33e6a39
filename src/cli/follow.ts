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

/** What there is to find it by. */
export interface Lead {
  readonly dir: string;
  readonly config: ControllerConfig;
  /** What a controller here was bound to. */
  readonly before: Binding | null;
  readonly facts: HostFacts;
  readonly context: Context;
}

/**
 * Finds the branch to follow: the one that is named, else the one that was followed before in the same repository, else the one
 * that is checked out.
 */
export async function follow(lead: Lead): Promise<Followed> {
  const { worktree, remote } = lead.config;
  try {
    if (worktree) return await followWorktree(lead);
    return await (remote === null ? followBranch(lead) : followRemote(remote.url, lead));
  } catch (error) {
    if (error instanceof GitError) throw new Refusal([error.diagnostic]);
    throw error;
  }
}

async function followWorktree({ dir, config: { rosters }, context: { cwd, env } }: Lead): Promise<Followed> {
  const bound = await bindWorktree(path.resolve(cwd, dir), rosters, env);
  return { binding: { ...bound, ref: 'worktree' }, source: worktreeSource(bound, env) };
}

async function followBranch(lead: Lead): Promise<Followed> {
  const { config, facts, context } = lead;
  const binding = await bind(lead);
  return { binding, source: branchSource(binding, { env: context.env, scope: facts, signatures: config.signatures }) };
}

/** Where branch or repository are away just now, what was followed there before is meant: they are waited for. */
async function bind({ dir, config: { ref, rosters }, before, context: { cwd, env } }: Lead): Promise<Binding> {
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

async function followRemote(url: string, { config, before, facts, context: { env } }: Lead): Promise<Followed> {
  const ref = config.ref === null && before?.repository === url ? before.ref : await remoteBranch(url, config.ref, env);
  const directory = path.join(facts.stateDir, 'repository.git');
  const source = mirrorSource({ url, ref, directory, rosters: config.rosters, env, scope: facts, signatures: config.signatures });
  return { binding: { repository: url, ref, rosters: config.rosters }, source };
}
