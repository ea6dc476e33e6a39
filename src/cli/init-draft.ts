import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ground } from '../git/begin.ts';
import { seedsFile } from '../host/repository-seeds.ts';
import { readShipped } from '../host/shipped.ts';
import type { Beginning } from '../init/beginning.ts';
import { rosterText } from '../init/roster-text.ts';
import { ciSeed, recordSeed, roleSeeds, type Seed } from '../init/seeds.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type Context, exitStatus } from './context.ts';
import { judgedBeginning } from './init-judge.ts';
import { type Inquiry, runtimesOf } from './init-questions.ts';
import { refuse } from './refusal.ts';

/** What would be written, as it was judged. */
export interface Draft {
  /** Files that are not there yet. */
  readonly seeds: readonly Seed[];
  /** Files that are there, and stay. */
  readonly kept: readonly string[];
  /** Roster directory, from the root. */
  readonly folder: string;
  readonly notices: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  readonly remarks: readonly string[];
}

export async function drafted(beginning: Beginning, ground: Ground, inquiry: Inquiry, context: Context): Promise<Draft> {
  const { flags, presets } = inquiry;
  const folder = path.posix.join(ground.prefix, flags.rosters);
  if (path.posix.isAbsolute(folder) || folder === '..' || folder.startsWith('../'))
    throw refuse(
      {
        code: 'usage',
        summary: `${flags.rosters} is not in the repository`,
        hint: 'Name a directory from its root: --rosters rosters',
      },
      exitStatus.usage,
    );
  const text = rosterText(presets[beginning.profile] ?? '', beginning);
  const roster: Seed = { file: path.posix.join(folder, `${beginning.fleet}.yaml`), text, what: 'roster' };
  await refuseTaken(ground, roster, beginning);
  const shipped = readShipped(context.packageRoot);
  const { set, roster: read, notices } = await judgedBeginning(roster, { ...ground, folder }, shipped, context);
  const ci = beginning.ci === null ? [] : [ciOf(beginning.ci, folder, ground, context)];
  const roles = roleSeeds(read, set, folder);
  const isPresent = ({ file }: Seed): Promise<boolean> => isThere(path.join(ground.root, file));
  const fresh = await without(roles, isPresent);
  // What is there already was copied from something that nobody knows.
  const isPreset = text === presets[beginning.profile];
  const copies = [
    ...(isPreset ? await without([{ ...roster, of: `presets/${beginning.profile}.yaml` }], isPresent) : []),
    ...fresh,
  ];
  const record = copies.length === 0 ? [] : await without([recordSeed(copies, folder, seedsFile)], isPresent);
  const wanted = [roster, ...roles, ...ci];
  const seeds = await without([roster, ...fresh, ...record, ...ci], isPresent);
  return {
    seeds,
    kept: wanted.map(({ file }) => file).filter((file) => !seeds.some((seed) => seed.file === file)),
    folder,
    notices,
    sources: set.sources,
    remarks: remarksOf(beginning, ground, inquiry),
  };
}

async function without<T extends Seed>(seeds: readonly T[], isPresent: (seed: Seed) => Promise<boolean>): Promise<readonly T[]> {
  const present = await Promise.all(seeds.map(isPresent));
  return seeds.filter((_, index) => present[index] !== true);
}

const isThere = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** The same roster a second time is nothing to do; another one of that name is never written over. */
async function refuseTaken({ root }: Ground, { file, text }: Seed, { fleet }: Beginning): Promise<void> {
  const found = await readFile(path.join(root, file), 'utf8').catch(() => null);
  const isFree = found === null ? !(await isThere(path.join(root, file))) : found === text;
  if (isFree) return;
  throw refuse({
    code: 'edit/denied',
    summary: `nothing was written: ${file} is there already`,
    detail: 'What is there is never written over.',
    hint: `Change it with muster add, remove and set; or begin another fleet beside it: --fleet ${fleet}2 --host NAME`,
  });
}

function ciOf(
  system: NonNullable<Beginning['ci']>,
  folder: string,
  { repository }: Ground,
  { packageRoot, version }: Context,
): Seed {
  const template = readFileSync(path.join(packageRoot, 'rosters', 'ci', `${system}.yaml`), 'utf8');
  return ciSeed(system, template, { version, rosters: folder, branch: repository?.branch ?? 'main' });
}

function remarksOf(
  { profile, runtime }: Beginning,
  { repository, nameless }: Ground,
  { flags, found, presets }: Inquiry,
): readonly string[] {
  const changed = repository?.changed ?? 0;
  const wanted = runtimesOf(presets[profile] ?? '');
  return [
    ...(runtime === 'stub' && flags.runtime === undefined && found.length === 0
      ? [
          `No program of an agent is installed here (${wanted.join(', ')}): the runtime stub stands in, and asks no model.`,
          'Once one is: muster set NAME runtime=claude',
        ]
      : []),
    ...(changed > 0
      ? [
          `${changed} changed ${changed === 1 ? 'file' : 'files'} of the repository ${changed === 1 ? 'is' : 'are'} not committed, and ${changed === 1 ? 'stays' : 'stay'} so.`,
        ]
      : []),
    ...(nameless && flags.commit
      ? [
          'git does not know your name: the commit gets the name of your user. To mend it afterwards:',
          'git config --global user.name "…"; git config --global user.email "…"; git commit --amend --reset-author',
        ]
      : []),
  ];
}
