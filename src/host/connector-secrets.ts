import { constants } from 'node:fs';
import { chmod, lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { isName } from '../model/names.ts';
import { PortError } from '../model/ports.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError, hasCode, isMissing } from './errors.ts';
import type { HostRoots } from './roots.ts';

/** Where a secret of a connector was found, or why it is not there. No text but `value` bears it. */
export type Secret =
  | { readonly found: true; readonly value: string; readonly from: 'credential' | 'file' | 'environment' }
  | { readonly found: false; readonly why: string };

export interface SecretPlaces {
  readonly fleet: string;
  readonly roots: Pick<HostRoots, 'fleetDir'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const longestSecret = 64 * 1024;

/** Absolute path of the file that keeps a secret; `connector login` writes it. */
export function secretFile(name: string, { fleet, roots }: Pick<SecretPlaces, 'fleet' | 'roots'>): string {
  if (!isName(fleet) || !/^[A-Z][A-Z0-9_]{0,62}$/.test(name))
    throw new PortError('refused', `${JSON.stringify(name)} of ${JSON.stringify(fleet)} cannot be the name of a secret`);
  return path.join(roots.fleetDir, 'secrets', fleet, name);
}

/**
 * A systemd credential, else a file that nobody else can read, else a variable of this process. A place that has it and is not safe counts as
 * none, and says why: what follows it is not tried, so that nobody goes on with an older one without knowing.
 */
export async function readSecret(name: string, places: SecretPlaces): Promise<Secret> {
  const { CREDENTIALS_DIRECTORY: credentials = '' } = places.env;
  if (path.isAbsolute(credentials)) {
    const given = await secretIn(path.join(credentials, name), 'credential');
    if (given !== null) return given;
  }
  const file = secretFile(name, places);
  const kept = await secretIn(file, 'file');
  if (kept !== null) return kept;
  const value = places.env[name]?.trim() ?? '';
  if (value !== '') return { found: true, value, from: 'environment' };
  return { found: false, why: `there is no credential of this name, no file ${file}, and no such variable` };
}

async function secretIn(file: string, from: 'credential' | 'file'): Promise<Secret | null> {
  try {
    const directory = from === 'file' ? await openTo(path.dirname(file)) : null;
    if (directory !== null) return { found: false, why: directory };
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { mode, size } = await handle.stat();
      if ((mode & constants.S_IFMT) !== constants.S_IFREG) return { found: false, why: `${file} is no file` };
      if (from === 'file' && (mode & 0o077) !== 0)
        return { found: false, why: `${file} can be read by others: chmod 600 ${file}` };
      const value = size <= longestSecret ? await handle.readFile('utf8') : '';
      if (value.trim() === '') return { found: false, why: `${file} holds no secret` };
      return { found: true, value: value.trim(), from };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return null;
    if (hasCode(error, 'ELOOP')) return { found: false, why: `${file} is a link, which is not followed` };
    return { found: false, why: `${file} cannot be read` };
  }
}

/** Why a directory is none for secrets. */
async function openTo(directory: string): Promise<string | null> {
  const { mode } = await lstat(directory);
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) return `${directory} is no directory`;
  return (mode & 0o022) === 0 ? null : `${directory} can be written to by others: chmod 700 ${directory}`;
}

/** Keeps secrets for the next start of a connector, each in a file of its own that nobody else can read. Gives their paths. */
export const storeSecrets: (
  secrets: Readonly<Record<string, string>>,
  places: Pick<SecretPlaces, 'fleet' | 'roots'>,
) => Promise<readonly string[]> = asFileError(
  (_secrets: Readonly<Record<string, string>>, { fleet }: Pick<SecretPlaces, 'fleet' | 'roots'>) =>
    `keep the secrets of the connector of ${fleet}`,
  async (secrets, places) => {
    const written: string[] = [];
    for (const [name, value] of Object.entries(secrets)) {
      const file = secretFile(name, places);
      const directory = path.dirname(file);
      await makeDirectory(directory, 0o700);
      await chmod(directory, 0o700);
      await writeDurably(file, `${value}\n`, 0o600);
      written.push(file);
    }
    return written;
  },
);
