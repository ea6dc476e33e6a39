import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RevisionFiles, RosterFiles, TextFile } from '../model/roster.ts';
import type { Environment } from './command.ts';
import { listCommit, resolveCommit } from './commit.ts';
import { aboutPath, GitError, noRepository } from './findings.ts';
import { candidates, type Listing, type Listings, locate, rolesFolder } from './layout.ts';
import { type GitObject, ObjectReader } from './objects.ts';
import { findRepository, type Repository } from './repository.ts';
import { eligible, maxFiles, type Selected, type Selection, select } from './select.ts';
import { decode } from './text.ts';
import { allowedPrunes } from './trailers.ts';

export interface ReadOptions {
  /** A repository, bare or not, a directory in one, or the roster directory itself. */
  readonly dir: string;
  /** The roster directory, relative to `dir` or else to the root of the repository; `.` is `dir` itself. */
  readonly rosters: string;
  /** The caller's environment; git is given its PATH, and a hook's object directories. */
  readonly env: Environment;
}

const nothing: RevisionFiles = {
  rosters: [],
  roles: [],
  diagnostics: [],
  revision: null,
  dirty: false,
  trailers: [],
  root: null,
  folder: null,
};

/**
 * Rosters and role documents of a commit. The repository is not trusted: nothing of it is run, links are not followed,
 * sizes are bounded. Never rejects for what a repository or its user can cause: that is in `diagnostics` (`git/…`,
 * `roster/too-large`, `roster/syntax`).
 */
export async function readRevision(options: ReadOptions & { readonly ref: string }): Promise<RevisionFiles> {
  return reporting(async () => {
    const repository = findRepository(options.dir, options.env);
    const reader = new ObjectReader(repository, options.env);
    try {
      return await readCommit(reader, repository, options);
    } finally {
      reader.close();
    }
  });
}

async function readCommit(
  reader: ObjectReader,
  repository: Repository,
  options: ReadOptions & { readonly ref: string },
): Promise<RevisionFiles> {
  const { root, prefix } = repository;
  const commit = await resolveCommit(reader, repository, options.env, options.ref);
  const listings = await listCommit(reader, commit.id, foldersOf(prefix, options.rosters));
  const { folder, notices } = locate(listings, prefix, options.rosters, `${root} at ${commit.id.slice(0, 12)}`);
  const contents = await readFiles(reader, listings, folder);
  const files = await decoded(select(withSizes(listings, contents), folder), async ({ id }) => contents.get(id)?.content ?? null);
  return {
    ...files,
    diagnostics: [...notices, ...files.diagnostics],
    revision: commit.id,
    dirty: false,
    trailers: allowedPrunes(commit.text),
    root,
    folder,
  };
}

/** Every file that may be selected; too many are counted, not read. */
async function readFiles(reader: ObjectReader, listings: Listings, folder: string): Promise<ReadonlyMap<string, GitObject>> {
  const ids = new Set(eligible(listings, folder).map(({ id }) => id));
  if (ids.size > maxFiles) return new Map();
  const objects = await Promise.all([...ids].map((id) => reader.read(id)));
  return new Map(objects.flatMap((object) => (object === null ? [] : [[object.id, object]])));
}

function withSizes(listings: Listings, contents: ReadonlyMap<string, GitObject>): Listings {
  const sized = (listing: Listing): Listing =>
    listing.kind !== 'folder'
      ? listing
      : { kind: 'folder', entries: listing.entries.map((entry) => ({ ...entry, bytes: contents.get(entry.id)?.bytes ?? 0 })) };
  return new Map([...listings].map(([path, listing]) => [path, sized(listing)]));
}

/**
 * The same of the files on disk, committed or not, in a repository or not. `revision` is what `HEAD` names; consent in
 * its message counts only while the files are those of that commit.
 */
export async function readWorktree(options: ReadOptions): Promise<RevisionFiles> {
  return reporting(async () => {
    const { listFolders, readFile } = await import('./worktree.ts');
    const repository = await workingTree(options);
    const { root, prefix } = repository;
    const listings = await listFolders(root, foldersOf(prefix, options.rosters));
    const { folder, notices } = locate(listings, prefix, options.rosters, root);
    const selection = select(listings, folder);
    const ids = new Map<string, Buffer>();
    const files = await decoded(selection, async (file) => {
      const bytes = await readFile(root, file.path, file.bytes);
      if (bytes !== null) ids.set(file.path, bytes);
      return bytes;
    });
    const head = repository.gitDir === '' ? noHead : await headOf(repository, options.env, folder, ids);
    return { ...files, diagnostics: [...notices, ...files.diagnostics], ...head, root, folder };
  });
}

async function reporting(read: () => Promise<RevisionFiles>): Promise<RevisionFiles> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GitError) return nothingRead(error.diagnostic);
    throw error;
  }
}

/** What is read where nothing can be, and why. */
export const nothingRead = (diagnostic: Diagnostic): RevisionFiles => ({ ...nothing, diagnostics: [diagnostic] });

const foldersOf = (prefix: string, rosters: string): readonly string[] =>
  candidates(prefix, rosters).flatMap((folder) => [folder, rolesFolder(folder)]);

/** Outside any working tree the directory asked for is the root. */
async function workingTree({ dir, env }: ReadOptions): Promise<Repository> {
  const found = repositoryOf(dir, env);
  if (found !== null && found.gitDir !== found.root) return found;
  const root = await realpath(dir).catch(() => null);
  if (root === null) throw new GitError(noRepository(dir, 'There is no such directory.'));
  return { gitDir: '', root, prefix: '', isCallers: false };
}

function repositoryOf(dir: string, env: Environment): Repository | null {
  try {
    return findRepository(dir, env);
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

const noHead = { revision: null, dirty: true, trailers: [] };

/** What the commit is that the files on disk came from, and whether they still are those of it. Without git: unknown. */
async function headOf(repository: Repository, env: Environment, folder: string, files: ReadonlyMap<string, Buffer>) {
  const reader = new ObjectReader(repository, env);
  try {
    const commit = await resolveCommit(reader, repository, env, 'HEAD');
    const committed = select(await listCommit(reader, commit.id, [folder, rolesFolder(folder)]), folder);
    const dirty = differs(committed, files);
    return { revision: commit.id, dirty, trailers: dirty ? [] : allowedPrunes(commit.text) };
  } catch (error) {
    if (error instanceof GitError) return noHead;
    throw error;
  } finally {
    reader.close();
  }
}

function differs({ rosters, roles }: Selection, files: ReadonlyMap<string, Buffer>): boolean {
  const committed = [...rosters, ...roles];
  return committed.length !== files.size || committed.some(({ path, id }) => blobId(files.get(path), id.length) !== id);
}

/** git's name of a file's content; its length tells the hash that the repository uses. */
function blobId(bytes: Buffer | undefined, length: number): string | null {
  if (bytes === undefined) return null;
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}

async function decoded(selection: Selection, contentOf: (file: Selected) => Promise<Buffer | null>): Promise<RosterFiles> {
  const diagnostics: Diagnostic[] = [...selection.diagnostics];
  const texts = async (files: readonly Selected[]): Promise<readonly TextFile[]> => {
    const read: TextFile[] = [];
    for (const file of files) {
      const bytes = await contentOf(file);
      const outcome = bytes === null ? { finding: unreadable(file.path) } : decode(file.path, bytes);
      if ('text' in outcome) read.push(outcome.text);
      else diagnostics.push(outcome.finding);
    }
    return read;
  };
  return { rosters: await texts(selection.rosters), roles: await texts(selection.roles), diagnostics };
}

const unreadable = (path: string): Diagnostic =>
  aboutPath(
    'git/failed',
    path,
    'cannot be read',
    'Check its permissions; a partial clone lacks contents, which are never fetched: clone it in full.',
  );
