import { lstat, readlink, realpath, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { FileContent } from '../model/desired.ts';
import { type FileKey, isUnitFile } from '../model/names.ts';
import { type FileWriter, PortError } from '../model/ports.ts';
import { makeDirectory, syncDirectory, writeDurably } from './durable.ts';
import { asFileError, hasCode, isMissing } from './errors.ts';
import { type HostRoots, placeOf } from './roots.ts';

/**
 * Writes our files. A directory on the way that is a link out of its root is refused; the roots themselves may be links.
 * A link in the place of the file is replaced, unless it masks a unit: a mask is the operator's word.
 */
export function fileWriter(roots: Pick<HostRoots, 'unitDir' | 'fleetDir'>): FileWriter {
  return {
    write: asFileError(
      (key: FileKey, _content: FileContent) => `write ${key}`,
      async (key, { text, mode }) => {
        const { root, file } = placeOf(key, roots);
        await makeDirectory(path.dirname(file), isUnitFile(key) ? 0o755 : 0o700);
        await refuseOutside(root, file);
        await refuseMask(file);
        await writeDurably(file, text, mode);
      },
    ),
    remove: asFileError(
      (key: FileKey) => `remove ${key}`,
      async (key) => {
        const { root, file } = placeOf(key, roots);
        if (!(await exists(file))) return;
        await refuseOutside(root, file);
        await refuseMask(file);
        await unlink(file);
        await tidy(root, path.dirname(file));
      },
    ),
  };
}

async function refuseOutside(root: string, file: string): Promise<void> {
  const [inside, directory] = await Promise.all([realpath(root), realpath(path.dirname(file))]);
  if (directory === inside || directory.startsWith(`${inside}/`)) return;
  throw new PortError('refused', `${path.dirname(file)} is a link that leaves ${root} (to ${directory})`);
}

async function refuseMask(file: string): Promise<void> {
  const target = await readlink(file).catch(() => null);
  if (target === '/dev/null') throw new PortError('refused', `${file} is masked (a link to /dev/null)`);
}

async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A drop-in directory goes with its last file. */
async function tidy(root: string, directory: string): Promise<void> {
  const removed = path.dirname(directory) === root && directory.endsWith('.d') && (await removeEmpty(directory));
  await syncDirectory(removed ? root : directory);
}

async function removeEmpty(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTEMPTY') || hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}
