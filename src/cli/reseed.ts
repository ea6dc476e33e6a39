import path from 'node:path';
import type { Environment } from '../git/command.ts';
import { isRosterName } from '../git/layout.ts';
import { mergeTexts } from '../git/merge-file.ts';
import { pastOf } from '../git/past-blobs.ts';
import type { Repository } from '../git/repository.ts';
import { readFile } from '../git/worktree.ts';
import { repositorySeeds, seedsFile, unwritable, unwritableRecord, writeCopy } from '../host/repository-seeds.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { readRosterSet } from '../roster/read.ts';
import { validateRoster } from '../roster/validator.ts';
import { yamlReaderFor } from '../roster/yaml-reader.ts';
import { copiesAmong, nextSeeds, type Seeds, type Shipped, sameSeeds, type WasOnce } from '../update/copies.ts';
import { type Copy, type Merged, needsMerge, type Reseed, reseed } from '../update/three-way.ts';
import type { Context } from './context.ts';
import { largest, leftAlone, locate, readFound } from './copies.ts';
import { type Refusal, refuse } from './refusal.ts';

/** What of a repository's working tree an update would change; nothing is changed yet. */
export interface Reseeding {
  /** Absolute path of the working tree. */
  readonly root: string;
  /** Roster directory, from `root`. */
  readonly folder: string;
  readonly copies: readonly Reseeded[];
  /** Files that were left out, and why. */
  readonly findings: readonly Diagnostic[];
  /** What is to be recorded; `null` where the record says so already. */
  readonly seeds: Seeds | null;
}

export interface Reseeded extends Reseed {
  /** From the root of the working tree. */
  readonly file: string;
  readonly mine: string;
  /** What is written in its place; for a conflict, the new one. */
  readonly after: string | null;
}

export interface ReseedInput {
  readonly dir: string | undefined;
  readonly rosters: string;
  readonly shipped: Shipped;
  /** What the version before brought along, where that is known. */
  readonly shippedThen: Shipped;
}

/** `null` where no directory is named, and the current one holds no working tree with rosters. */
export async function proposeReseed(input: ReseedInput, context: Pick<Context, 'cwd' | 'env'>): Promise<Reseeding | null> {
  const place = await locate(input, context);
  if (place === null) return null;
  const { repository, root, folder } = place;
  const known = await repositorySeeds(path.join(root, folder)).read();
  const { found, findings } = await readFound(place, known, input.shipped, context.env);
  const past = await pastOf(repository, folder, context.env);
  const wasOnce: WasOnce = (file, text) => past(path.posix.join(folder, file), text);
  const copies = await Promise.all(
    copiesAmong(found, known, input.shipped, input.shippedThen, wasOnce).map(async (copy) => ({
      ...(await decided(copy, repository, context.env)),
      file: path.posix.join(folder, copy.path),
    })),
  );
  const blocked = await readOnly(root, copies);
  // What cannot be written stays as it was recorded, too.
  const able = copies.filter(({ file }) => !blocked.has(file));
  const next = {
    ...kept(known, [...blocked.keys(), ...findings.map(({ place: at }) => at?.file ?? '')], folder),
    ...nextSeeds(able),
  };
  const record = path.posix.join(folder, seedsFile);
  const closed = sameSeeds(known, next) ? null : await unwritableRecord(path.join(root, record));
  if (closed !== null) blocked.set(record, closed);
  return {
    root,
    folder,
    copies: able.sort((a, b) => (a.file < b.file ? -1 : 1)),
    findings: [...findings, ...[...blocked].map(([file, why]) => leftAlone(file, why, 'Make it writable, then: muster update'))],
    seeds: sameSeeds(known, next) || closed !== null ? null : next,
  };
}

async function decided(copy: Copy, repository: Repository, env: Environment): Promise<Omit<Reseeded, 'file'>> {
  const outcome = reseed(copy, needsMerge(copy) ? await merge(copy, repository, env) : null);
  const after = outcome.text ?? (outcome.status === 'conflict' ? copy.theirs : null);
  return { ...outcome, mine: copy.mine, after };
}

/** New ones come before what they are beside, and the record last: whoever is interrupted goes on from there. */
export async function carryOutReseed({ root, folder, copies, seeds }: Reseeding): Promise<void> {
  for (const { file, text, beside, mine } of copies) {
    if (beside !== null) await writeCopy(path.join(root, `${file}.new`), beside);
    if (text === null) continue;
    if ((await readFile(root, file, largest))?.toString('utf8') !== mine) throw changedMeanwhile(file);
    await writeCopy(path.join(root, file), text);
  }
  if (seeds !== null) await repositorySeeds(path.join(root, folder)).write(seeds);
}

/** A clean merge of two rosters may still be none. */
async function merge({ path: file, mine, base, theirs }: Copy, repository: Repository, env: Environment): Promise<Merged> {
  const merged = await mergeTexts(repository, env, { mine, base: base ?? '', theirs: theirs ?? '' });
  if (!merged.clean || !isRosterName(path.posix.basename(file))) return merged;
  const read = await yamlReaderFor([merged.text]);
  const { diagnostics } = readRosterSet(
    { rosters: [{ file, text: merged.text }], roles: [], diagnostics: [] },
    {},
    validateRoster,
    read,
  );
  return { ...merged, clean: !diagnostics.some(isError) };
}

async function readOnly(root: string, copies: readonly Reseeded[]): Promise<Map<string, string>> {
  const written = copies.filter(({ text, beside }) => text !== null || beside !== null);
  const reasons = await Promise.all(
    written.map(
      async ({ file, text }) => [file, await unwritable(path.join(root, text === null ? `${file}.new` : file))] as const,
    ),
  );
  return new Map(reasons.flatMap(([file, why]) => (why === null ? [] : [[file, why]])));
}

const kept = (known: Seeds, files: readonly string[], folder: string): Seeds =>
  Object.fromEntries(Object.entries(known).filter(([name]) => files.includes(path.posix.join(folder, name))));

const changedMeanwhile = (file: string): Refusal =>
  refuse({
    code: 'update/left-alone',
    summary: `${file} was changed meanwhile`,
    detail: 'It is left as it is, and what comes after it was not done.',
    hint: 'Look at it, then: muster update',
  });
