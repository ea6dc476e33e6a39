import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { branchSource } from '../../src/git/branch-source.ts';
import type { SignaturePolicy } from '../../src/model/controller.ts';
import type { RevisionSource } from '../../src/model/controller-ports.ts';
import { commit, env, git } from './repositories.ts';

export const scope = { host: 'host.example.internal', tenant: 'jason' };

export const sourceOf = (
  repository: string,
  ref = 'refs/heads/main',
  signatures: SignaturePolicy | null = null,
): RevisionSource => branchSource({ repository, ref, rosters: 'rosters' }, { env, scope, signatures });

/** Another commit on whatever is checked out. */
export function another(root: string, text: string): string {
  mkdirSync(dirname(join(root, 'rosters/coding.yaml')), { recursive: true });
  writeFileSync(join(root, 'rosters/coding.yaml'), text);
  return commit(root, text);
}

/** A commit on a branch, without a working tree; gives its name. */
export function commitTo(root: string, ref: string, message: string): string {
  const parent = git(root, 'rev-parse', ref);
  const made = git(root, 'commit-tree', `${parent}^{tree}`, '-p', parent, '-m', message);
  git(root, 'update-ref', ref, made);
  return made;
}

export interface Calls {
  readonly count: () => number;
  /** Resolves once there was a call, since the last one that was waited for, after which a look finds that. */
  readonly until: (isDone: () => Promise<boolean>) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function watching(source: RevisionSource): Promise<Calls> {
  let count = 0;
  let met = 0;
  let wake: () => void = () => {};
  const end = await source.watch(() => {
    count += 1;
    wake();
  });
  onTestFinished(end);
  const until = async (isDone: () => Promise<boolean>): Promise<void> => {
    do {
      while (met === count) await new Promise<void>((resolve) => (wake = resolve));
      met = count;
    } while (!(await isDone()));
  };
  return { count: () => count, until, end };
}

/** What a source names, as the commit or the reason why there is none. */
export async function named(source: RevisionSource): Promise<string> {
  const tip = await source.tip();
  return tip.readable ? tip.key : tip.why;
}
