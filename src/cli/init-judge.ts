import { admit } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import { readWorktree } from '../git/read.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import type { Seed } from '../init/seeds.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { Roster, RosterFiles, RosterSet } from '../model/roster.ts';
import { readRosterSet } from '../roster/read.ts';
import { validateRoster } from '../roster/validator.ts';
import { yamlReaderFor } from '../roster/yaml-reader.ts';
import { type Context, exitStatus } from './context.ts';
import { Refusal, refuse } from './refusal.ts';

export interface JudgedBeginning {
  readonly set: RosterSet;
  readonly roster: Roster;
  readonly notices: readonly Diagnostic[];
}

/** A first roster among those that are there already. Refuses (status 3) what admission would deny for any host. */
export async function judgedBeginning(
  seed: Seed,
  { root, folder, repository }: { readonly root: string; readonly folder: string; readonly repository: object | null },
  shipped: ShippedFiles,
  { env }: Context,
): Promise<JudgedBeginning> {
  const there = repository === null ? nothing : await rostersAt(root, folder, env);
  const others = there.rosters.filter(({ file }) => file !== seed.file);
  const rosters = [...others, { file: seed.file, text: seed.text }].sort((a, b) => (a.file < b.file ? -1 : 1));
  const read = await yamlReaderFor(rosters.map(({ text }) => text));
  const set = readRosterSet({ ...there, rosters }, shipped.roles, validateRoster, read);
  const { diagnostics } = admit({ set, scope: null, connectors: factories, previous: null, consents: [] });
  const roster = set.rosters.find(({ file }) => file === seed.file);
  if (diagnostics.some(isError) || roster === undefined)
    throw new Refusal([...diagnostics.filter(isError), ...denied.diagnostics], exitStatus.denied, set.sources);
  return { set, roster, notices: diagnostics };
}

const nothing: RosterFiles = { rosters: [], roles: [], diagnostics: [] };

async function rostersAt(root: string, folder: string, env: Context['env']): Promise<RosterFiles> {
  const files = await readWorktree({ dir: root, rosters: folder, env });
  // Somewhere else in the repository there may be YAML, too: only what stands where the roster would stand is beside it.
  if (files.folder !== folder)
    return { ...nothing, diagnostics: files.diagnostics.filter((one) => isError(one) && one.code !== 'git/no-rosters') };
  return files;
}

const denied = refuse({
  code: 'edit/denied',
  summary: 'nothing was written: with this roster the revision would be denied',
  detail: 'Lines are those of the roster as it would be.',
  hint: 'A second fleet of the same host shares its floor, and needs names of its own; --host NAME makes it that of another host.',
});
