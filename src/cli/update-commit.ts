import path from 'node:path';
import { GitError } from '../git/findings.ts';
import { branchToCommitTo, commitFiles } from '../git/own-commit.ts';
import { seedsFile } from '../host/repository-seeds.ts';
import type { Context } from './context.ts';
import { Refusal } from './refusal.ts';
import type { Reseeding } from './reseed.ts';

export interface UpdateCommit {
  readonly id: string;
  readonly branch: string;
}

/** What an update writes for good: copies, and the record of what they were made of. A new one beside a conflict is for its user to settle. */
export function filesToCommit({ folder, copies, seeds }: Pick<Reseeding, 'folder' | 'copies' | 'seeds'>): readonly string[] {
  const written = copies.filter(({ text }) => text !== null).map(({ file }) => file);
  return seeds === null ? written : [...written, path.posix.join(folder, seedsFile)];
}

/** The branch that the commit will be on. Rejects with a Refusal where none could be made, before anything is done. */
export const branchFor = ({ root }: Reseeding, { env }: Pick<Context, 'env'>): Promise<string> =>
  branchToCommitTo(root, env).catch(refused);

/** Commits these files alone. Rejects with a Refusal where git or a hook does not take them. */
export async function commitReseed(
  reseeding: Reseeding,
  branch: string,
  { env, version }: Pick<Context, 'env' | 'version'>,
): Promise<UpdateCommit> {
  const files = filesToCommit(reseeding);
  const copies = reseeding.copies.filter(({ text }) => text !== null).map(({ file, status }) => `${file}: ${status}`);
  const message = [`Update copies to Muster ${version}`, ...(copies.length > 0 ? [copies.join('\n')] : [])].join('\n\n');
  const id = await commitFiles(reseeding.root, files, `${message}\n`, env).catch(refused);
  return { id, branch };
}

function refused(error: unknown): never {
  throw error instanceof GitError ? new Refusal([error.diagnostic]) : error;
}
