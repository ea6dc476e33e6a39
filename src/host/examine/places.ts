import { accessSync, constants, existsSync, lstatSync, readdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GuardedPlace, PlaceReader, Space } from '../../model/doctor-ports.ts';
import { agentTemplate, connectorTemplate, controllerUnit, holderUnit } from '../../model/names.ts';
import type { HostFacts } from '../../model/observation.ts';
import type { HostRoots } from '../roots.ts';

/** Nobody else may read, write or enter. */
const closed = 0o077;
/** Nobody else may write. */
const unwritable = 0o022;

/** Ours on disk: to whom it belongs, and how much room there is. Opens nothing. `tmuxDirectory` is where its sockets are: `$TMUX_TMPDIR`. */
export function placeReader(roots: HostRoots, facts: HostFacts, uid: number, tmuxDirectory: string | undefined): PlaceReader {
  return {
    guarded: async () => guardedPlaces(roots, facts, uid, tmuxDirectory ?? tmpdir()),
    space: async () => [
      space('state', roots.stateDir),
      space('files', roots.fleetDir),
      // systemd makes it: where it is not there, there is no room to speak of.
      ...(existsSync(roots.runtimeDir) ? [space('runtime', roots.runtimeDir)] : []),
    ],
  };
}

function guardedPlaces(
  { unitDir, fleetDir, runtimeDir, stateDir }: HostRoots,
  { home }: HostFacts,
  uid: number,
  tmuxDirectory: string,
): readonly GuardedPlace[] {
  const below = (directory: string, forbidden: number) =>
    entries(directory).map((name) => [path.join(directory, name), forbidden] as const);
  const places = [
    [home, unwritable],
    [path.dirname(fleetDir), unwritable],
    [fleetDir, unwritable],
    ...['agents', 'bin', 'connectors', 'fleets', 'roles'].map((name) => [path.join(fleetDir, name), unwritable] as const),
    ...below(path.join(fleetDir, 'agents'), closed),
    ...below(path.join(fleetDir, 'connectors'), closed),
    ...secrets(path.join(fleetDir, 'secrets')),
    ...below(path.join(fleetDir, 'bin'), unwritable),
    ...below(path.join(fleetDir, 'fleets'), unwritable),
    ...below(path.join(fleetDir, 'roles'), unwritable),
    [path.join(fleetDir, 'controller.yaml'), unwritable],
    [unitDir, unwritable],
    ...[agentTemplate, connectorTemplate, holderUnit, controllerUnit].map(
      (name) => [path.join(unitDir, name), unwritable] as const,
    ),
    [stateDir, closed],
    ...below(stateDir, 0),
    [path.join(runtimeDir, 'mosaic'), unwritable],
    [path.join(runtimeDir, 'mosaic/controller.sock'), closed],
    // tmux refuses a directory that others may enter.
    [path.join(tmuxDirectory, `tmux-${uid}`), 0o007],
  ] as const;
  return places.flatMap(([place, forbidden]) => guarded(place, forbidden) ?? []);
}

/** A directory for each fleet, a file for each secret. */
function secrets(directory: string): readonly (readonly [string, number])[] {
  const folders = entries(directory).map((fleet) => path.join(directory, fleet));
  const files = folders.flatMap((folder) => entries(folder).map((name) => path.join(folder, name)));
  return [directory, ...folders, ...files].map((place) => [place, closed] as const);
}

/** Links are not followed: a file that was linked from elsewhere has a guard of its own. */
function guarded(place: string, forbidden: number): GuardedPlace | null {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return null;
  // A group of the user's own, as most systems make them, is nobody else.
  const harmless = stats.gid === stats.uid && forbidden === unwritable ? 0o020 : 0;
  return { path: place, owner: stats.uid, mode: stats.mode & 0o7777, forbidden: forbidden & ~harmless };
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // One that may not be read belongs to somebody else, and is told of itself.
    return [];
  }
}

/** Of the directory, or of the one in which it would be made. */
function space(name: string, wanted: string): Space {
  const place = nearest(wanted);
  const { bavail, bsize, files, ffree } = statfsSync(place);
  return { name, path: place, writable: isWritable(place), free: bavail * bsize, inodes: files === 0 ? null : ffree };
}

const nearest = (directory: string): string =>
  existsSync(directory) || directory === path.dirname(directory) ? directory : nearest(path.dirname(directory));

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
