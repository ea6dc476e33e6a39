import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { asPortError } from '../model/as-port-error.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { isFormat, isText, recordOf, shapeOf } from './shape.ts';
import { readStateFile, refuseNewer } from './state-file.ts';

/** What the version that this host was last updated to brought along. */
export interface SeededRecord {
  readonly format_version: '1.0';
  /** Of Muster. */
  readonly version: string;
  /** Texts by name: `roles/coder.md`, `presets/coding.yaml`. */
  readonly documents: Readonly<Record<string, string>>;
}

/** Documents of the package that people copy into their repositories. */
export function readSeeds(packageRoot: string): SeededRecord['documents'] {
  const below = path.join(packageRoot, 'rosters');
  const names = [
    ...readdirSync(path.join(below, 'presets'))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `presets/${name}`),
    ...readdirSync(path.join(below, 'roles'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `roles/${name}`),
  ];
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path.join(below, name), 'utf8')]));
}

export interface SeededStore {
  /** `null` where this host was never updated. */
  read(): Promise<SeededRecord | null>;
  /** Does nothing where it says so already. */
  write(record: Omit<SeededRecord, 'format_version'>): Promise<void>;
}

/** The record of a host, `seeded.json` in its state directory. */
export function seededStore(stateDir: string): SeededStore {
  const file = path.join(stateDir, 'seeded.json');
  const read = asPortError(
    () => 'read what was seeded here',
    async () => {
      const record = readStateFile(file, isSeeded, 'move it away: what was changed since is then not told from what was not');
      return record === null ? null : { ...record, format_version: '1.0' as const };
    },
  );
  return {
    read,
    write: asFileError(
      (_record: Omit<SeededRecord, 'format_version'>) => 'record what was seeded here',
      async (record) => {
        const text = `${JSON.stringify({ format_version: '1.0', ...record }, null, 2)}\n`;
        const known = await read();
        if (known !== null && `${JSON.stringify({ ...known }, null, 2)}\n` === text) return;
        refuseNewer(file);
        await makeDirectory(stateDir, 0o700);
        await writeDurably(file, text, 0o600);
      },
    ),
  };
}

/**
 * Records what this version ships, where nothing is recorded: the next update can tell by it what was changed since. Never rejects: without
 * that record it tells less.
 */
export async function noteSeeds(stateDir: string, packageRoot: string, version: string): Promise<void> {
  const store = seededStore(stateDir);
  const known = await store.read().catch(() => undefined);
  if (known === null) await store.write({ version, documents: readSeeds(packageRoot) }).catch(() => {});
}

const isSeeded = shapeOf<SeededRecord>({ format_version: isFormat, version: isText, documents: recordOf(isText) });
