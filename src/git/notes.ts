import { deadlineMs, type Environment, git } from './command.ts';
import { areCommits } from './commit.ts';
import { GitError, gitFailed, unknownRevision } from './findings.ts';
import { boundRepository } from './places.ts';
import { port } from './port.ts';
import { isObjectName } from './refs.ts';
import { removeOldLock } from './stale-lock.ts';

const notesRef = 'refs/notes/muster';
/** Twice what a git of ours may take: what has held the lock for longer was killed. */
const staleMs = 2 * deadlineMs;

/** Where notes are written, and by whom: `Muster <muster@HOST>`. */
export interface NotesPlace {
  readonly repository: string;
  readonly host: string;
  /** Only its PATH is used. */
  readonly env: Environment;
}

/**
 * Writes what came of a commit as its git note, in place of one that is there; `git log --notes=muster` shows it. No branch is moved, and
 * nothing of the repository is run. Rejects with a `PortError`, after which nothing has changed.
 */
export const recordNote = port(
  'write a note',
  async ({ repository: root, host, env }: NotesPlace, commit: string, text: string) => {
    const own = { PATH: env.PATH };
    const repository = boundRepository({ repository: root });
    if (!isObjectName(commit) || !(await areCommits(repository, own, [commit])))
      throw new GitError(unknownRevision(commit, null, false));
    // Notes are written through a symbolic ref: one that somebody put there would lead to a branch.
    const symbolic = await git(repository, own, ['symbolic-ref', '--quiet', notesRef]);
    if (symbolic.status === 0) throw new GitError(gitFailed('notes', `${notesRef} is a symbolic ref`));
    const add = () =>
      git(repository, own, ['notes', `--ref=${notesRef}`, 'add', '--force', '--file=-', commit], {
        // A lock that somebody holds for an instant is waited for.
        settings: ['core.logAllRefUpdates=false', 'core.editor=false', 'core.filesRefLockTimeout=2000'],
        variables: identity(host),
        input: text,
      });
    let added = await add();
    if (added.status !== 0 && (await removeOldLock(repository, notesRef, staleMs, new Date()))) added = await add();
    if (added.status !== 0) throw new GitError(gitFailed('notes', added.stderr));
  },
);

function identity(host: string) {
  const email = `muster@${host}`;
  return { GIT_AUTHOR_NAME: 'Muster', GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: 'Muster', GIT_COMMITTER_EMAIL: email };
}
