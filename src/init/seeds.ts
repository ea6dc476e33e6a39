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
export function roleSeeds(roster: Roster, set: RosterSet, folder: string): readonly CopySeed[] {
  const roles = roster.agents.flatMap((agent) => {
    const role = roleOf(set.roles, agent.class);
    return role?.shipped === true ? [[role.name, role.text] as const] : [];
  });
  return [...new Map(roles)]
    .map(([name, text]) => ({
      file: posix.join(folder, 'roles', `${name}.md`),
      of: `roles/${name}.md`,
      text,
      what: 'role' as const,
    }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A seed that is a copy of a shipped document. */
export interface CopySeed extends Seed {
  /** Such as `roles/coder.md`, `presets/coding.yaml`. */
  readonly of: string;
}

/** What was copied from what, for updates to tell by what was changed since. `file`: from the roster directory. */
export function recordSeed(copies: readonly CopySeed[], folder: string, file: string): Seed {
  const documents = Object.fromEntries(
    copies.map((copy) => [posix.relative(folder, copy.file), { of: copy.of, text: copy.text }]),
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
