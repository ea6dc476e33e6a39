import type { Diagnostic } from '../model/diagnostic.ts';
import { visible } from '../model/visible.ts';
import { aboutPath } from './findings.ts';
import { type Entry, isRoleName, isRosterName, type Listings, refusal, rolesFolder } from './layout.ts';

const maxFileBytes = 1024 * 1024;
export const maxFiles = 1000;
const maxTotalBytes = 32 * 1024 * 1024;

/** A file that may be read: `path` from the root. */
export interface Selected extends Entry {
  readonly path: string;
}

export interface Selection {
  readonly rosters: readonly Selected[];
  readonly roles: readonly Selected[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Which files of the roster directory are read: `*.yaml`, `*.yml` and `roles/*.md`, without names that begin with a dot.
 * Links, submodules, names that cannot be shown and files over 1 MiB are found wanting and left out; so is everything
 * when there are more than 1000 files or 32 MiB.
 */
export function select(listings: Listings, folder: string): Selection {
  const roles = rolesFolder(folder);
  const rolesListing = listings.get(roles);
  const notAFolder = refusal(roles, rolesListing?.kind ?? 'missing');
  const judged = [...judge(listings, folder, isRosterName), ...judge(listings, roles, isRoleName)];
  const good = judged.flatMap(({ selected }) => (selected === null ? [] : [selected]));
  const diagnostics = [
    ...(notAFolder === null ? [] : [notAFolder]),
    ...judged.flatMap(({ finding }) => (finding === null ? [] : [finding])),
  ];
  const excess = tooMuch(folder, judged.length, good);
  if (excess !== null) return { rosters: [], roles: [], diagnostics: [excess] };
  return {
    rosters: good.filter(({ path }) => !path.startsWith(`${roles}/`)),
    roles: good.filter(({ path }) => path.startsWith(`${roles}/`)),
    diagnostics,
  };
}

interface Judged {
  readonly selected: Selected | null;
  readonly finding: Diagnostic | null;
}

/** Files of the roster directory that have the name of one that is read. */
export function eligible(listings: Listings, folder: string): readonly Entry[] {
  const named = (path: string, isWanted: (name: string) => boolean): readonly Entry[] => {
    const listing = listings.get(path);
    return listing?.kind === 'folder' ? listing.entries.filter(({ name, kind }) => kind === 'file' && isWanted(name)) : [];
  };
  return [...named(folder, isRosterName), ...named(rolesFolder(folder), isRoleName)];
}

function judge(listings: Listings, folder: string, isWanted: (name: string) => boolean): readonly Judged[] {
  const listing = listings.get(folder);
  if (listing?.kind !== 'folder') return [];
  return listing.entries
    .filter(({ name }) => isWanted(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => {
      const selected = { ...entry, path: folder === '' ? entry.name : `${folder}/${entry.name}` };
      const finding = fault(selected);
      return { selected: finding === null ? selected : null, finding };
    });
}

function fault({ path, name, kind, bytes }: Selected): Diagnostic | null {
  if (kind === 'symlink')
    return aboutPath('git/symlink', path, 'is a symbolic link, which is never followed', 'Commit the file itself.');
  if (kind === 'submodule')
    return aboutPath('git/submodule', path, 'is a submodule, which is another repository', 'Commit the file itself.');
  if (kind !== 'file')
    return aboutPath('git/odd-path', path, 'has the name of a file that is read, but is no file', 'Rename it.');
  if (visible(name) !== name || name.includes('\ufffd')) {
    return aboutPath('git/odd-path', path, 'has a name with characters that cannot be shown', 'Rename it.');
  }
  if (bytes > maxFileBytes)
    return aboutPath('roster/too-large', path, `has ${bytes} bytes; at most ${maxFileBytes} are read`, 'Split it up.');
  return null;
}

function tooMuch(folder: string, count: number, good: readonly Selected[]): Diagnostic | null {
  const bytes = good.reduce((sum, file) => sum + file.bytes, 0);
  if (count <= maxFiles && bytes <= maxTotalBytes) return null;
  const summary = `holds ${count} files with ${bytes} bytes; at most ${maxFiles} files with ${maxTotalBytes} bytes are read`;
  return aboutPath('roster/too-large', folder || '.', summary, 'Is this the roster directory? Name it with --rosters.');
}
