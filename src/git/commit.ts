import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed, noCommit, unknownRevision } from './findings.ts';
import type { Entry, EntryKind, Listing, Listings } from './layout.ts';
import { ObjectReader } from './objects.ts';
import type { Repository } from './repository.ts';

export interface Commit {
  /** Full object name. */
  readonly id: string;
  /** Headers and message, as git keeps them. */
  readonly text: string;
}

/** The commit that a ref names. Rejects with a `GitError` when it names none. */
export async function resolveCommit(
  reader: ObjectReader,
  repository: Repository,
  env: Environment,
  ref: string,
): Promise<Commit> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a ref may not have
  if (ref === '' || ref.startsWith('-') || /[\x00-\x1f\x7f]/.test(ref)) throw new GitError(unknownRevision(ref, null, false));
  const found = await reader.read(`${ref}^{commit}`);
  if (found?.type === 'commit') return { id: found.id, text: found.content?.toString('utf8') ?? '' };
  throw new GitError(await whyUnresolved(repository, env, ref));
}

async function whyUnresolved(repository: Repository, env: Environment, ref: string) {
  const listed = await git(repository, env, [
    'for-each-ref',
    '--count=2000',
    '--format=%(refname)',
    'refs/heads',
    'refs/tags',
    'refs/remotes',
  ]);
  if (listed.status !== 0) return gitFailed('for-each-ref', listed.stderr);
  const names = listed.stdout
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace(/^refs\/(heads|tags|remotes)\//, ''));
  if (ref === 'HEAD') {
    const head = await git(repository, env, ['symbolic-ref', '--quiet', 'HEAD']);
    const branch = head.stdout
      .toString('utf8')
      .trim()
      .replace(/^refs\/heads\//, '');
    if (branch !== '' && !names.includes(branch)) return noCommit(branch);
  }
  const nearest = names.length === 0 ? null : closest(ref, names);
  const isNear = nearest !== null && nearest !== ref && distance(ref, nearest) <= Math.max(2, Math.floor(ref.length / 3));
  return unknownRevision(
    ref,
    isNear ? nearest : null,
    await lstat(join(repository.gitDir, 'shallow')).then(
      () => true,
      () => false,
    ),
  );
}

/** Whether all of these, by full name, are commits that are there. Rejects with a `GitError`. */
export async function areCommits(repository: Repository, env: Environment, commits: readonly string[]): Promise<boolean> {
  const reader = new ObjectReader(repository, env);
  try {
    const found = await Promise.all(commits.map((commit) => reader.read(`${commit}^{commit}`)));
    return found.every((object) => object !== null);
  } finally {
    reader.close();
  }
}

/**
 * What stands in a commit at each of the paths, without what is below the folders in them. The sizes of files are not known yet:
 * a tree does not say them.
 */
export async function listCommit(reader: ObjectReader, commit: string, paths: readonly string[]): Promise<Listings> {
  const trees = new Map<string, Promise<readonly Entry[]>>();
  const treeOf = (name: string): Promise<readonly Entry[]> => {
    const known = trees.get(name) ?? readTree(reader, name);
    trees.set(name, known);
    return known;
  };
  const listings = new Map<string, Listing>();
  for (const path of paths) listings.set(path, await listingAt(path, `${commit}^{tree}`, treeOf));
  return listings;
}

async function listingAt(path: string, root: string, treeOf: (name: string) => Promise<readonly Entry[]>): Promise<Listing> {
  let entries = await treeOf(root);
  for (const segment of path.split('/').filter(Boolean)) {
    const entry = entries.find(({ name }) => name === segment);
    if (entry === undefined) return { kind: 'missing' };
    if (entry.kind !== 'folder') return { kind: entry.kind };
    entries = await treeOf(entry.id);
  }
  return { kind: 'folder', entries };
}

async function readTree(reader: ObjectReader, name: string): Promise<readonly Entry[]> {
  const tree = await reader.read(name);
  if (tree?.type === 'tree' && tree.content !== null) return entriesOf(tree.content, tree.id.length / 2);
  throw new GitError(gitFailed('cat-file', `${name} is not a tree that can be read`));
}

/** The binary form of a tree: mode, space, name, NUL, object name in `idBytes` bytes; once for each entry. */
function entriesOf(tree: Buffer, idBytes: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    if (space < 0 || end < 0 || end + idBytes >= tree.length + 1) throw new GitError(gitFailed('cat-file', 'a tree is damaged'));
    const id = tree.toString('hex', end + 1, end + 1 + idBytes);
    entries.push({
      name: tree.toString('utf8', space + 1, end),
      kind: kindOfMode(tree.toString('latin1', at, space)),
      bytes: 0,
      id,
    });
    at = end + 1 + idBytes;
  }
  return entries;
}

function kindOfMode(mode: string): EntryKind {
  switch (mode) {
    case '40000':
      return 'folder';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    default:
      return mode.startsWith('100') ? 'file' : 'special';
  }
}
