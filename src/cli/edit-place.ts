import path from 'node:path';
import { GitError } from '../git/findings.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import { stateReader } from '../host/state.ts';
import type { Binding } from '../model/controller.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { controlOf } from './control-of.ts';
import { Refusal, refuse } from './refusal.ts';
import { readSource, type Source } from './source.ts';

export interface PlaceFlags {
  readonly rosters: string;
  /** Whether the user named the directory. */
  readonly explicit?: boolean;
}

/** The working tree whose rosters are edited. */
export interface EditPlace {
  readonly source: Source;
  /** Absolute. */
  readonly root: string;
  /** What the controller of this host follows; `null` where none runs. */
  readonly followed: Binding | null;
  /** Whether it was found by what this host follows, not by where the command was called. */
  readonly isRecorded: boolean;
}

/**
 * The repository that is named, else the one around the current directory, else the one that this host follows: an agent in its own
 * pane need not know where the rosters are.
 */
export async function editPlace(
  flags: PlaceFlags,
  facts: HostFacts,
  shipped: ShippedFiles,
  context: Context,
): Promise<EditPlace> {
  const followed = await followedHere(facts, context);
  const here = await rostersHere(flags, shipped, context);
  if ('source' in here && (flags.explicit === true || here.sure)) return placeOf(here.source, followed, false);
  const recorded = followed ?? (await lastCarriedOut(facts, context));
  if (flags.explicit !== true && recorded !== null) {
    const read = { rosters: recorded.rosters, ref: 'HEAD', worktree: true };
    const source = await readSource(recorded.repository, read, shipped, context).catch((error: unknown) => error);
    if (!(source instanceof Error)) return placeOf(source as Source, followed, true);
    throw notHere(recorded.repository, source);
  }
  if ('source' in here) return placeOf(here.source, followed, false);
  throw here.refusal;
}

function placeOf(source: Source, followed: Binding | null, isRecorded: boolean): EditPlace {
  const { root } = source.files;
  if (root === null) throw new Refusal(source.files.diagnostics);
  return { source, root, followed, isRecorded };
}

type Here = { readonly source: Source; readonly sure: boolean } | { readonly refusal: Refusal };

/** `sure`: there is a roster directory by its name, not only some directory with YAML files in it. */
async function rostersHere({ rosters, explicit }: PlaceFlags, shipped: ShippedFiles, context: Context): Promise<Here> {
  const [dir, folder] = explicit === true && path.isAbsolute(rosters) ? [rosters, '.'] : [context.cwd, rosters];
  try {
    const source = await readSource(dir, { rosters: folder, ref: 'HEAD', worktree: true }, shipped, context);
    return { source, sure: !source.files.diagnostics.some(({ code }) => code === 'git/no-rosters') };
  } catch (error) {
    if (error instanceof GitError) return { refusal: new Refusal([error.diagnostic]) };
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

const answerMs = 2000;

/** What the controller of this host follows; `null` where none answers. */
export async function followedHere(facts: HostFacts, context: Context): Promise<Binding | null> {
  const status = await controlOf(facts, context)
    .status(answerMs)
    .catch(() => null);
  return status?.binding ?? null;
}

async function lastCarriedOut(
  { stateDir }: HostFacts,
  { date }: Context,
): Promise<Pick<Binding, 'repository' | 'rosters'> | null> {
  const admitted = await stateReader(stateDir, date)
    .admitted()
    .catch(() => null);
  return admitted?.source == null ? null : { repository: admitted.source.root, rosters: admitted.source.rosters };
}

const notHere = (repository: string, cause: Error): Refusal =>
  refuse({
    code: 'git/no-rosters',
    summary: 'there are no rosters here that could be edited',
    detail: `This host follows ${repository}, which is no working tree with rosters (${cause.message}).`,
    hint: 'Go to a clone of the repository, or name its roster directory with --rosters; push when you are done.',
  });
