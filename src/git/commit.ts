import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed, noCommit, unknownRevision } from './findings.ts';
import type { Entry, EntryKind, Listing, Listings } from './layout.ts';
import type { Repository } from './repository.ts';

/** The full object name of the commit that a ref names. Rejects with a `GitError` when it names none. */
export async function resolveCommit(repository: Repository, env: Environment, ref: string): Promise<string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a ref may not have
  if (ref === '' || ref.startsWith('-') || /[\x00-\x1f\x7f]/.test(ref)) throw new GitError(unknownRevision(ref, null, false));
  const { status, stdout } = await git(repository, env, ['rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`]);
  const id = stdout.toString('latin1').trim();
  if (status === 0 && /^[0-9a-f]{40,64}$/.test(id)) return id;
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

/** What stands in a commit at each of the paths, without what is below the folders in them. */
export async function listCommit(
  repository: Repository,
  env: Environment,
  commit: string,
  paths: readonly string[],
): Promise<Listings> {
  const asked = paths.map((path) => (path === '' ? './' : `${path}/`));
  const { status, stdout, stderr } = await git(repository, env, ['ls-tree', '-l', '-z', '--full-tree', commit, '--', ...asked]);
  if (status !== 0) throw new GitError(gitFailed('ls-tree', stderr));
  const rows = stdout.toString('utf8').split('\0').filter(Boolean).map(treeRow);
  return new Map(paths.map((path) => [path, listingAt(path, rows)]));
}

interface TreeRow extends Entry {
  readonly path: string;
}

/** The size of an object that is not there is `BAD`: the entry stands, and its content is found missing later. */
function treeRow(line: string): TreeRow {
  const [, mode, id, size, path] = /^(\d{6}) \w+ ([0-9a-f]+) +(\w+|-)\t(.*)$/s.exec(line) ?? [];
  if (mode === undefined || id === undefined || path === undefined) throw new GitError(gitFailed('ls-tree', `it said: ${line}`));
  return { path, name: path.slice(path.lastIndexOf('/') + 1), kind: kindOfMode(mode), bytes: Number(size) || 0, id };
}

function kindOfMode(mode: string): EntryKind {
  switch (mode) {
    case '040000':
      return 'folder';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    default:
      return mode.startsWith('100') ? 'file' : 'special';
  }
}

function listingAt(path: string, rows: readonly TreeRow[]): Listing {
  const itself = rows.find((row) => row.path === path);
  if (itself !== undefined && itself.kind !== 'folder') return { kind: itself.kind };
  const below = path === '' ? '' : `${path}/`;
  const inside = rows.filter((row) => row.path.startsWith(below));
  if (inside.length === 0 && path !== '') return { kind: 'missing' };
  return { kind: 'folder', entries: inside.filter((row) => !row.path.slice(below.length).includes('/')) };
}

/** Contents of objects by name, in one run; an object that is not there is left out. */
export async function readObjects(
  repository: Repository,
  env: Environment,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const { status, stdout, stderr } = await git(repository, env, ['cat-file', '--batch'], ids.map((id) => `${id}\n`).join(''));
  if (status !== 0) throw new GitError(gitFailed('cat-file', stderr));
  const objects = new Map<string, Buffer>();
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf('\n', at);
    if (end < 0) break;
    const [id = '', , size] = stdout.toString('latin1', at, end).split(' ');
    at = end + 1;
    if (size === undefined) continue;
    objects.set(id, stdout.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return objects;
}
