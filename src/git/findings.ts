import type { Diagnostic, DiagnosticCode } from '../model/diagnostic.ts';
import { messageOf } from '../model/message-of.ts';
import { visible } from '../model/visible.ts';
import { shownUrl } from './remote-url.ts';

/** Ends the reading of a revision; `diagnostic` says why. */
export class GitError extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.summary);
    this.name = 'GitError';
    this.diagnostic = diagnostic;
  }
}

export const gitMissing = (): Diagnostic => ({
  severity: 'error',
  code: 'git/not-found',
  summary: 'git is not installed, or not on the PATH',
  detail: 'Desired state is read from a commit, and git reads it.',
  hint: 'Install git, or read uncommitted files with --worktree.',
});

/** `said` is git's own text: untrusted, and perhaps with the address of a remote and its password in it. */
export const gitFailed = (command: string, said: string): Diagnostic => ({
  severity: 'error',
  code: 'git/failed',
  summary: `git ${visible(command)} failed`,
  detail: sanitised(said) || 'It gave no reason.',
  hint: 'Check the repository with: git fsck',
});

export const noRepository = (dir: string, detail?: string): Diagnostic => ({
  severity: 'error',
  code: 'git/not-a-repository',
  summary: `${visible(dir)} is not in a git repository`,
  ...(detail === undefined ? {} : { detail }),
  hint: 'Name a repository, or read uncommitted files with --worktree.',
});

export const noCommit = (branch: string): Diagnostic => ({
  severity: 'error',
  code: 'git/no-commit',
  summary: `branch ${visible(branch)} has no commit yet`,
  detail: 'Only what is committed counts.',
  hint: 'Commit the rosters, or read uncommitted files with --worktree.',
});

export function unknownRevision(ref: string, nearest: string | null, shallow: boolean): Diagnostic {
  const missing = shallow
    ? 'The clone is shallow and may lack it: git fetch --unshallow'
    : 'See what there is with: git branch --all';
  return {
    severity: 'error',
    code: 'git/unknown-revision',
    summary: `no commit is named ${visible(ref) || "''"}`,
    hint: nearest === null ? missing : `Did you mean ${visible(nearest)}?`,
  };
}

export const noRosters = (rosters: string, where: string): Diagnostic => ({
  severity: 'error',
  code: 'git/no-rosters',
  summary: `no directory ${visible(rosters)} in ${visible(where)}`,
  detail: 'An absent roster directory removes nothing from a host.',
  hint: 'Commit rosters there, or name their directory with --rosters.',
});

export const rostersElsewhere = (folder: string, rosters: string): Diagnostic => ({
  severity: 'notice',
  code: 'git/no-rosters',
  summary: `no directory ${visible(rosters)}: reading ${visible(folder)} itself as the roster directory`,
  hint: 'Say so with --rosters . to be rid of this notice.',
});

/** A finding about one file or folder, without a place inside it. */
export const aboutPath = (code: DiagnosticCode, path: string, summary: string, hint: string): Diagnostic => ({
  severity: 'error',
  code,
  summary: `${visible(path)} ${summary}`,
  hint,
  place: { file: visible(path), line: 1, column: 1 },
});

export const noBranch = (ref: string, detail: string, hint: string): Diagnostic => ({
  severity: 'error',
  code: 'git/no-branch',
  summary: `${visible(ref) || "''"} is no branch that can be followed`,
  detail,
  hint,
});

/** Why something failed, on one line, for whoever cannot show a diagnostic. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof GitError)) return messageOf(error);
  const { summary, detail } = error.diagnostic;
  return detail === undefined ? summary : `${summary}: ${detail}`;
}

/** Three lines at most of what git or another program said, in one, without the passwords of addresses. */
export const sanitised = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 3)
    .map((line) => line.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi, shownUrl).replace(/\/\/[^/\s]*@/g, '//…@'))
    .map((line) => visible(line).slice(0, 300))
    .join('; ');
