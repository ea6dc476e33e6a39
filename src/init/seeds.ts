import { posix } from 'node:path';
import type { Roster, RosterSet } from '../model/roster.ts';
import { roleOf } from '../roster/read.ts';
import type { CiSystem } from './beginning.ts';

/** A file that does not exist yet. */
export interface Seed {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
  readonly what: 'roster' | 'role' | 'record' | 'ci';
}

/** The role documents of a fleet's classes, as they ship. */
export function roleSeeds(roster: Roster, set: RosterSet, folder: string): readonly Seed[] {
  const roles = roster.agents.flatMap((agent) => {
    const role = roleOf(set.roles, agent.class);
    return role?.shipped === true ? [[role.name, role.text] as const] : [];
  });
  return [...new Map(roles)]
    .map(([name, text]) => ({ file: posix.join(folder, 'roles', `${name}.md`), text, what: 'role' as const }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** What the role documents were copied from, for updates to tell by what was changed in them since. `file`: from the roster directory. */
export function recordSeed(roles: readonly Seed[], folder: string, file: string): Seed {
  const documents = Object.fromEntries(
    roles.map((role) => [posix.relative(folder, role.file), { of: posix.relative(folder, role.file), text: role.text }]),
  );
  return {
    file: posix.join(folder, file),
    text: `${JSON.stringify({ format_version: '1.0', documents }, null, 2)}\n`,
    what: 'record',
  };
}

/** Where each system looks for its file. */
const ciFiles: Readonly<Record<CiSystem, string>> = {
  github: '.github/workflows/muster.yaml',
  gitlab: '.gitlab-ci.yml',
  woodpecker: '.woodpecker/muster.yaml',
};

/** What fills the places of a shipped CI file. */
export interface CiFacts {
  /** Of Muster. */
  readonly version: string;
  /** Roster directory, from the root of the repository. */
  readonly rosters: string;
  readonly branch: string;
}

export function ciSeed(system: CiSystem, template: string, { version, rosters, branch }: CiFacts): Seed {
  const filled = template.replaceAll('@VERSION@', version).replaceAll('@BRANCH@', branch);
  const text = rosters === 'rosters' ? filled : filled.replace(/muster (validate|plan)\b/g, `muster $1 --rosters ${rosters}`);
  return { file: ciFiles[system], text, what: 'ci' };
}

/** The system that a repository is set up for already, else `null`. */
export const ciSystemOf = (topLevel: readonly string[]): CiSystem | null => {
  if (topLevel.includes('.github')) return 'github';
  if (topLevel.includes('.gitlab-ci.yml')) return 'gitlab';
  return topLevel.some((name) => name === '.woodpecker' || name === '.woodpecker.yml') ? 'woodpecker' : null;
};
