import { basename, dirname, join } from 'node:path';
import type { Binding } from '../model/controller.ts';
import { boundRepository, commonDirectory, identityOf } from './places.ts';

/** What is watched for: files or directories coming, going or changing, whether or not they are there yet. */
export interface Targets {
  readonly paths: readonly string[];
  /** Everything that is directly in these. */
  readonly folders: readonly string[];
}

/** A directory that is there, told apart from any other of that name, and the entries of it that matter. */
export interface Place {
  readonly identity: string;
  readonly names: ReadonlySet<string> | 'any';
}

/** Where the bound ref can be moved: its file, the list of packed refs, reftables; and the repository as a whole. */
export function targetsOfRef({ repository, ref }: Pick<Binding, 'repository' | 'ref'>): Targets {
  const common = commonOf(repository);
  if (common === null) {
    // One is not made in one step.
    const parts = ['.git', 'HEAD', 'refs', 'objects', 'commondir'];
    const paths = parts.flatMap((part) => [join(repository, part), join(repository, '.git', part)]);
    return { paths: [repository, ...paths], folders: [] };
  }
  const paths = ['packed-refs', ref, 'commondir'].map((path) => join(common, path));
  return { paths: [repository, join(repository, '.git'), common, ...paths], folders: [join(common, 'reftable')] };
}

/** The same for a working tree: its roster directory, and the role documents in it. */
export function targetsOfFolder(root: string, rosters: string): Targets {
  const folder = join(root, rosters);
  return { paths: [root, folder], folders: [folder, join(folder, 'roles')] };
}

function commonOf(repository: string): string | null {
  try {
    return commonDirectory(boundRepository({ repository }));
  } catch {
    return null;
  }
}

/** The directories to watch: of each target the nearest one that is there, by path. */
export async function placesOf({ paths, folders }: Targets): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  const missing: string[] = [];
  for (const folder of folders) {
    const identity = await identityOf(folder);
    if (identity === null) missing.push(folder);
    else places.set(folder, { identity, names: 'any' });
  }
  for (const path of [...paths, ...missing]) await addNearest(places, path);
  return places;
}

async function addNearest(places: Map<string, Place>, path: string): Promise<void> {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    const folder = dirname(at);
    const known = places.get(folder);
    const identity = known?.identity ?? (await identityOf(folder));
    if (identity === null) continue;
    const names = known?.names === 'any' ? 'any' : new Set([...(known?.names ?? []), basename(at)]);
    places.set(folder, { identity, names });
    return;
  }
}
