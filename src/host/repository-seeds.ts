import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import path from 'node:path';
import { PortError } from '../model/ports.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { isFormat, isText, recordOf, shapeOf } from './shape.ts';
import { readStateFile, refuseNewer } from './state-file.ts';

/** By path of the copy in the roster directory: of which document it is a copy, and how that was then. */
export type RecordedSeeds = Readonly<Record<string, { readonly of: string; readonly text: string }>>;

/** Where the record is, in the roster directory. It is committed with the copies: whoever has them has it. */
export const seedsFile = '.muster/seeded.json';

/** The record of a roster directory, an absolute path. Nothing is read or written through a link. */
export function repositorySeeds(directory: string) {
  const file = path.join(directory, seedsFile);
  return {
    read: asFileError(
      () => `read ${seedsFile}`,
      async (): Promise<RecordedSeeds> => {
        await refuseLinks(file);
        return (
          readStateFile(file, isRecord, 'take it back from git, or remove it: then what was changed since is not told')
            ?.documents ?? {}
        );
      },
    ),
    write: asFileError(
      (_documents: RecordedSeeds) => `write ${seedsFile}`,
      async (documents) => {
        await refuseLinks(file);
        refuseNewer(file);
        await makeDirectory(path.dirname(file), 0o755);
        await writeDurably(file, `${JSON.stringify({ format_version: '1.0', documents }, null, 2)}\n`, 0o644);
      },
    ),
  };
}

/** Writes a file of the user's working tree. A link in its place is refused, and so is what may not be written. */
export const writeCopy = asFileError(
  (file: string, _text: string) => `write ${file}`,
  async (file, text) => {
    const why = await unwritable(file);
    if (why !== null) throw new PortError('refused', why);
    const mode = await lstat(file).then(
      ({ mode: bits }) => bits & 0o777,
      () => 0o644,
    );
    await writeDurably(file, text, mode);
  },
);

/** Why a file cannot be replaced; `null` where it can, or where there is none yet and it can be made. */
export async function unwritable(file: string): Promise<string | null> {
  const stats = await lstat(file).catch(() => null);
  if (stats !== null && !stats.isFile()) return stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is no regular file';
  const mayWrite = async (place: string): Promise<boolean> =>
    access(place, constants.W_OK).then(
      () => true,
      () => false,
    );
  if (stats !== null && !(await mayWrite(file))) return 'it is read-only';
  return (await mayWrite(path.dirname(file))) ? null : 'its directory is read-only';
}

/** The same of the record, whose directory may not be there yet. */
export async function unwritableRecord(file: string): Promise<string | null> {
  const isThere = (await lstat(path.dirname(file)).catch(() => null)) !== null;
  return unwritable(isThere ? file : path.dirname(file));
}

async function refuseLinks(file: string): Promise<void> {
  for (const place of [path.dirname(file), file]) {
    const stats = await lstat(place).catch(() => null);
    if (stats?.isSymbolicLink()) throw new PortError('refused', `${place} is a symbolic link, which is never followed`);
  }
}

const isRecord = shapeOf<{ readonly format_version: '1.0'; readonly documents: RecordedSeeds }>({
  format_version: isFormat,
  documents: recordOf(shapeOf<{ readonly of: string; readonly text: string }>({ of: isText, text: isText })),
});
