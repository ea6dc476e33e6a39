import path from 'node:path';
import type { FileKey } from '../model/names.ts';
import { PortError } from '../model/ports.ts';

/** Where a host keeps what Muster reads and writes; all absolute. */
export interface HostRoots {
  /** The tenant's own systemd unit directory. */
  readonly unitDir: string;
  /** `$MOSAIC_HOME/fleet`. */
  readonly fleetDir: string;
  /** `$XDG_RUNTIME_DIR`. */
  readonly runtimeDir: string;
  /** State of this machine. */
  readonly stateDir: string;
}

/** Where the units leave how their last run ended: `NAME.json`. */
export const endsDir = ({ runtimeDir }: Pick<HostRoots, 'runtimeDir'>): string => path.join(runtimeDir, 'mosaic', 'ended');

/** Absolute path of a key, which is plain and needs no resolving, and the root that it must not leave. Rejects keys that are none: throws a PortError. */
export function placeOf(
  key: FileKey,
  roots: Pick<HostRoots, 'unitDir' | 'fleetDir'>,
): { readonly root: string; readonly file: string } {
  const segments = key.split('/');
  const [folder = '', ...rest] = segments;
  if (!folders.has(folder) || rest.length === 0 || !segments.every(isPlain)) {
    throw new PortError('refused', `${JSON.stringify(key)} is no file of ours`);
  }
  return folder === 'units'
    ? { root: roots.unitDir, file: `${roots.unitDir}/${rest.join('/')}` }
    : { root: roots.fleetDir, file: `${roots.fleetDir}/${key}` };
}

/** Secrets of connectors, a directory for each fleet: no files of ours, a person put them there. */
export const secretsDir = ({ fleetDir }: Pick<HostRoots, 'fleetDir'>): string => path.join(fleetDir, 'secrets');

const folders: ReadonlySet<string> = new Set(['units', 'agents', 'roles', 'fleets', 'connectors', 'bin']);

const isPlain = (segment: string): boolean => /^[\w@.\\-]+$/.test(segment) && segment !== '.' && segment !== '..';
