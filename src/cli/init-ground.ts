import path from 'node:path';
import { type Ground, groundAt, mayWriteIn } from '../git/begin.ts';
import { GitError } from '../git/findings.ts';
import { messageOf } from '../model/message-of.ts';
import { type Context, exitStatus } from './context.ts';
import type { InitFlags } from './init.ts';
import { expanded } from './init-found.ts';
import type { Inquiry } from './init-questions.ts';
import { Refusal, refuse } from './refusal.ts';

/** The directory that is named or answered; else this one, if it is a repository or empty; else one of its own below it. */
export async function groundFor(dir: string | undefined, { asker: asks, facts }: Inquiry, context: Context): Promise<Ground> {
  const here = await groundAt(context.cwd, context.env).catch(refusedByGit);
  const isPlace = here.repository !== null || here.topLevel.length === 0;
  if (dir === undefined && asks === null && isPlace) return { ...here, prefix: '' };
  const likely = isPlace ? '.' : 'fleet';
  const answer = dir ?? (await asks?.text('Where does its git repository live, or is to?', likely, () => null)) ?? likely;
  const where = path.resolve(context.cwd, expanded(answer, facts));
  if (where === facts.home) throw homeItself(answer);
  return groundAt(where, context.env).catch((error: unknown) => {
    if (error instanceof GitError) return refusedByGit(error);
    throw refuse({ code: 'output/unwritable', summary: `there can be no repository in ${answer}`, detail: messageOf(error) });
  });
}

const homeItself = (answer: string): Refusal =>
  refuse(
    {
      code: 'usage',
      summary: 'a home directory would become a repository as a whole',
      hint: `Name a directory in it: muster init ${answer === '~' ? '~' : answer}/fleet`,
    },
    exitStatus.usage,
  );

function refusedByGit(error: unknown): never {
  throw error instanceof GitError ? new Refusal([error.diagnostic]) : error;
}

/** Told before the first question: what no answer would mend. */
export async function refuseUnable({ root, repository }: Ground, { commit, dryRun }: InitFlags): Promise<void> {
  if (dryRun === true) return;
  if (!(await mayWriteIn(root))) throw unwritable(root, 'You may not write there.');
  if (!commit || repository === null) return;
  if (repository.obstacle !== null) throw new Refusal([repository.obstacle.diagnostic]);
  if (repository.branch === null)
    throw refuse({
      code: 'edit/not-committed',
      summary: 'nothing was written: no branch is checked out, HEAD is detached',
      detail: 'A commit there would be on no branch.',
      hint: 'Check a branch out first: git switch main. Or leave the commit to you: --no-commit',
    });
}

export const unwritable = (root: string, detail: string): Refusal =>
  refuse({
    code: 'output/unwritable',
    summary: `nothing was written to ${root}`,
    detail,
    hint: 'Name a directory that is yours: muster init DIR',
  });
