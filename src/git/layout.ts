import { posix } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { aboutPath, GitError, noRosters, rostersElsewhere } from './findings.ts';

/** `special`: a device, a socket, a named pipe. */
export type EntryKind = 'file' | 'folder' | 'symlink' | 'submodule' | 'special';

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
  readonly bytes: number;
  /** Of a blob in a commit; empty in a working tree. */
  readonly id: string;
}

/** What stands at a path, never through a link; entries are those of a folder, unsorted. */
export type Listing =
  | { readonly kind: 'folder'; readonly entries: readonly Entry[] }
  | { readonly kind: Exclude<EntryKind, 'folder'> | 'missing' };

/** By path from the root, empty for the root itself. */
export type Listings = ReadonlyMap<string, Listing>;

export interface Layout {
  /** From the root; empty when the root itself is the roster directory. */
  readonly folder: string;
  readonly notices: readonly Diagnostic[];
}

const rosterName = /^[^.].*\.ya?ml$/su;
const roleName = /^[^.].*\.md$/su;

export const isRosterName = (name: string): boolean => rosterName.test(name);
export const isRoleName = (name: string): boolean => roleName.test(name);
export const rolesFolder = (folder: string): string => posix.join(folder, 'roles');

/** Where rosters may be, first choice first: below the directory asked for, that directory itself, below the root. */
export function candidates(prefix: string, rosters: string): readonly string[] {
  const wanted = normalised(rosters);
  return [...new Set([inside(prefix, wanted), prefix, wanted].filter((path) => path !== null))];
}

/**
 * Picks the roster directory among the candidates. Rejects with a `GitError` when none is one, or when a link or a
 * submodule stands where it should be.
 */
export function locate(listings: Listings, prefix: string, rosters: string, where: string): Layout {
  const wanted = normalised(rosters);
  const below = inside(prefix, wanted);
  if (wanted === null || below === null) throw new GitError(noRosters(rosters, where));
  if (kindOf(listings, below) !== 'missing') return folderAt(listings, below);
  if (holdsRosters(listings.get(prefix)))
    return { folder: prefix, notices: isNamed(prefix, wanted) ? [] : [rostersElsewhere(prefix || where, rosters)] };
  if (kindOf(listings, wanted) !== 'missing') return folderAt(listings, wanted);
  throw new GitError(noRosters(rosters, where));
}

/** `null` for a path that leaves the repository. */
function normalised(rosters: string): string | null {
  const path = posix.normalize(rosters).replace(/\/+$/, '');
  if (path.startsWith('/') || path === '..' || path.startsWith('../') || path.includes('\0')) return null;
  return path === '.' ? '' : path;
}

const inside = (prefix: string, wanted: string | null): string | null =>
  wanted === null ? null : [prefix, wanted].filter((part) => part !== '').join('/');
const kindOf = (listings: Listings, path: string): Listing['kind'] => listings.get(path)?.kind ?? 'missing';
const isNamed = (folder: string, wanted: string): boolean => posix.basename(folder) === posix.basename(wanted);

const holdsRosters = (listing: Listing | undefined): boolean =>
  listing?.kind === 'folder' && listing.entries.some(({ name, kind }) => kind !== 'folder' && isRosterName(name));

function folderAt(listings: Listings, folder: string): Layout {
  const finding = refusal(folder, kindOf(listings, folder));
  if (finding !== null) throw new GitError(finding);
  return { folder, notices: [] };
}

/** Why a path cannot be read as a folder, or `null`. */
export function refusal(path: string, kind: Listing['kind']): Diagnostic | null {
  switch (kind) {
    case 'folder':
    case 'missing':
      return null;
    case 'symlink':
      return aboutPath('git/symlink', path, 'is a symbolic link, which is never followed', 'Commit the directory itself.');
    case 'submodule':
      return aboutPath(
        'git/submodule',
        path,
        'is a submodule, which is another repository',
        'Commit the files themselves, or run in that repository.',
      );
    case 'file':
    case 'special':
      return aboutPath('git/odd-path', path, 'is no directory', 'Name the roster directory with --rosters.');
  }
}
