import path from 'node:path';
import { watch } from 'chokidar';
import { makeDirectory } from './durable.ts';
import type { HostRoots } from './roots.ts';

type Watched = Pick<HostRoots, 'unitDir' | 'fleetDir' | 'stateDir'>;

/**
 * Says that one of our files may have changed, come or gone, by whomever: unit files, drop-ins and links of our names, all below
 * the fleet's directory, and suspensions; directories that are missing are made. Gives the function that ends it; a watch that cannot be had is
 * none, as every look finds what it would have told.
 */
export async function watchFiles({ unitDir, fleetDir, stateDir }: Watched, onChange: () => void): Promise<() => Promise<void>> {
  const suspensions = path.join(stateDir, 'suspensions');
  const folders = [unitDir, ...['agents', 'roles', 'fleets', 'connectors', 'bin'].map((folder) => path.join(fleetDir, folder))];
  // What is not there cannot be watched.
  for (const folder of folders) await makeDirectory(folder, 0o755).catch(() => {});
  await makeDirectory(suspensions, 0o700).catch(() => {});
  const watcher = watch([...folders, suspensions], {
    ignoreInitial: true,
    // Drop-ins are one folder down.
    depth: 1,
    followSymlinks: false,
    ignored: (file) => file.startsWith(`${unitDir}/`) && !isOfOurs(path.relative(unitDir, file)),
  });
  watcher.on('all', (_event, file) => {
    if (!path.basename(file).endsWith('.draft')) onChange();
  });
  watcher.on('error', () => {});
  return () => watcher.close();
}

/** Anything else in the user's unit directory is none of our business; enablement is told by systemd. */
const isOfOurs = (file: string): boolean => file.startsWith('mosaic-');
