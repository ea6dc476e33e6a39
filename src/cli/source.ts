import path from 'node:path';
import { type Admission, admit, type Scope } from '../admission/admit.ts';
import { factories } from '../connectors/registry.ts';
import { readRevision, readWorktree } from '../git/read.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { RevisionFiles, RosterSet } from '../model/roster.ts';
import { readRosterSet } from '../roster/read.ts';
import { validateRoster } from '../roster/validator.ts';
import { yamlReaderFor } from '../roster/yaml-reader.ts';
import type { Context } from './context.ts';
import { exitStatus } from './context.ts';
import type { SourceFlags } from './flags.ts';
import { Refusal } from './refusal.ts';
import { rehearsable } from './rehearsable.ts';

/** Rosters as read, before anybody judged them. */
export interface Source {
  readonly files: RevisionFiles;
  readonly set: RosterSet;
}

/** Refuses with status 1 where nothing could be read, which is not the same as a roster that is wrong. */
export async function readSource(
  dir: string | undefined,
  flags: SourceFlags,
  shipped: ShippedFiles,
  context: Context,
): Promise<Source> {
  const options = { dir: path.resolve(context.cwd, dir ?? '.'), rosters: flags.rosters, env: context.env };
  const files = flags.worktree === true ? await readWorktree(options) : await readRevision({ ...options, ref: flags.ref });
  const read = await yamlReaderFor(files.rosters.map(({ text }) => text));
  const written = readRosterSet(files, shipped.roles, validateRoster, read);
  const set = flags.rehearsed === undefined ? written : rehearsable(written, flags.rehearsed);
  if (files.root === null && files.diagnostics.some(isError)) throw new Refusal(files.diagnostics, exitStatus.failed);
  return { files, set };
}

/** Refuses with status 3 what admission denies. */
export function admitSource(
  { set, files }: Source,
  scope: Scope | null,
  previous: { readonly fleets: Readonly<Record<string, readonly string[]>> } | null,
): Admission {
  const admission = admit({ set, scope, connectors: factories, previous, consents: files.trailers });
  refuseDenied(admission.diagnostics, set);
  return admission;
}

/** Refuses findings of admission among which there are errors. */
export function refuseDenied(diagnostics: readonly Diagnostic[], set: RosterSet): void {
  if (diagnostics.some(isError)) throw new Refusal(diagnostics, statusOf(diagnostics), set.sources);
}

/** A revision that cannot be read is status 1; one that says something wrong is status 3. */
const statusOf = (diagnostics: readonly Diagnostic[]): number =>
  diagnostics.filter(isError).every(({ code }) => unreadable.has(code)) ? exitStatus.failed : exitStatus.denied;

const unreadable: ReadonlySet<string> = new Set([
  'git/not-found',
  'git/not-a-repository',
  'git/no-commit',
  'git/unknown-revision',
  'git/no-rosters',
  'git/failed',
]);
