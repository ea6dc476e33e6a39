import type { Finding } from '../model/doctor.ts';
import { unitSearchPath } from '../model/search-path.ts';
import { isOlder, ok, type Point, versionIn } from './point.ts';

export interface GitFacts {
  readonly shell: { readonly file: string; readonly says: string } | null;
  /** Where a unit finds it; `undefined` where the PATH of units is not known. */
  readonly unit: string | null | undefined;
}

/** The oldest that Muster was tried on. */
const tried = [2, 39];

export const git: Point<GitFacts> = {
  id: 'git',
  group: 'programs',
  gather: async ({ manager, programs }) => {
    const file = await programs.find('git', programs.path);
    const environment = await manager.environment().catch(() => null);
    return {
      shell: file === null ? null : { file, says: await programs.ask(file, ['--version']) },
      unit: environment === null ? undefined : await programs.find('git', unitSearchPath(environment)),
    };
  },
  judge: ({ shell, unit }) => [judged(shell, unit)],
};

function judged(shell: GitFacts['shell'], unit: GitFacts['unit']): Finding {
  const mend = ['sudo apt install git'];
  if (shell === null)
    return { state: 'failing', finding: 'git is not installed, or not on PATH', detail: 'Rosters are read from commits.', mend };
  if (isOlder(versionIn(shell.says), tried))
    return {
      state: 'warning',
      finding: `${shell.says} at ${shell.file} is older than any that Muster was tried on (${tried.join('.')})`,
      mend,
    };
  if (unit === null)
    return {
      state: 'failing',
      finding: `${shell.says} at ${shell.file} is not on the PATH of your units`,
      detail: 'The controller is a unit: it would not find git.',
      mend,
    };
  return ok(`${shell.says} at ${shell.file}`);
}
