import type { FileContent } from '../model/desired.ts';
import { digestOfFile } from '../model/digest.ts';
import type { Finding } from '../model/doctor.ts';
import { controllerUnit, type FileKey, isUnitFile, launcherFile, supervisorFile, unitFile } from '../model/names.ts';
import type { ObservedFile } from '../model/observation.ts';
import { ok, type Point } from './point.ts';

export interface UnitsFacts {
  readonly found: Readonly<Record<FileKey, ObservedFile>>;
  /** As this version writes them; of the controller only where it is installed. */
  readonly written: ReadonlyMap<FileKey, FileContent>;
  readonly needsReload: boolean;
}

export const units: Point<UnitsFacts> = {
  id: 'units',
  group: 'files',
  gather: async ({ fleet, manager }) => {
    const [found, { desired, controllerFiles }, needsReload] = await Promise.all([
      fleet.files(),
      fleet.rosters(),
      manager.needsReload().catch(() => false),
    ]);
    const shared = desired.known ? [...desired.value.files].filter(([key]) => isShared(key)) : [];
    const own = found[unitFile(controllerUnit)] === undefined ? [] : [...controllerFiles];
    return { found, written: new Map([...shared, ...own]), needsReload };
  },
  judge: ({ found, written, needsReload }) => {
    const keys = Object.keys(found).filter((key) => isUnitFile(key) || isShared(key));
    if (keys.length === 0) return [ok('none is here yet: the first apply writes them')];
    const findings = [
      ...keys.flatMap((key) => strange(key, found[key])),
      ...old(found, written),
      ...(needsReload ? [stale] : []),
    ];
    return findings.length > 0 ? findings : [ok(`${keys.length} files, as this version writes them`)];
  },
};

/** What all agents share. Their own files are for plans, which know what they should say. */
const isShared = (key: FileKey): boolean =>
  key === supervisorFile || key === launcherFile || (isUnitFile(key) && key.split('/').length === 2);

function strange(key: FileKey, file: ObservedFile | undefined): readonly Finding[] {
  if (file === undefined) return [];
  if (file.ours && (file.format === undefined || file.format.startsWith('1.'))) return [];
  if (file.ours)
    return [
      {
        about: key,
        state: 'failing',
        finding: `${key} is written in format ${file.format} by a newer muster`,
        detail: 'A file of a newer format is never rewritten: nothing that depends on it is changed.',
        mend: ['npm install -g musterd@latest'],
      },
    ];
  return [
    {
      about: key,
      state: 'failing',
      finding: `${key} is there, and not marked as muster's`,
      detail: 'It is left as it is, and nothing starts from it. A plan shows what taking it over would do.',
      mend: ['muster plan --adopt'],
    },
  ];
}

function old(found: UnitsFacts['found'], written: UnitsFacts['written']): readonly Finding[] {
  const differing = [...written].flatMap(([key, { text, mode }]) => {
    const file = found[key];
    return file?.ours === true && file.digest !== digestOfFile(text, mode) ? [key] : [];
  });
  const isOwn = (key: FileKey): boolean => key === unitFile(controllerUnit);
  return differing.length === 0
    ? []
    : [
        {
          about: 'age',
          state: 'warning',
          finding: `not as this version writes them: ${differing.join(', ')}`,
          detail: 'They are of another version, or somebody changed them.',
          mend: [
            ...(differing.some((key) => !isOwn(key)) ? ['muster apply'] : []),
            ...(differing.some(isOwn) ? ['muster install'] : []),
          ],
        },
      ];
}

const stale: Finding = {
  about: 'reload',
  state: 'warning',
  finding: 'the user manager has not read the unit files that are there',
  detail: 'They changed after it last did. An apply sees to it, too.',
  mend: ['systemctl --user daemon-reload'],
};
