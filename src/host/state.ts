import path from 'node:path';
import type { AdmittedRecord } from '../model/observation.ts';
import { PortError, type StateReader, type StateWriter } from '../model/ports.ts';
import { makeDirectory, writeDurably } from './durable.ts';
import { asFileError } from './errors.ts';
import { readRegular } from './read.ts';

const fileIn = (stateDir: string): string => path.join(stateDir, 'admitted.json');

/** A record that cannot be read is not an absent one: pruning is judged by it. */
export function stateReader(stateDir: string): StateReader {
  const file = fileIn(stateDir);
  return {
    admitted: asFileError(
      () => 'read the last admitted revision',
      async () => {
        const content = readRegular(file);
        return content === null ? null : parse(content.toString('utf8'), file);
      },
    ),
  };
}

export function stateWriter(stateDir: string): StateWriter {
  return {
    recordAdmitted: asFileError(
      (_record: AdmittedRecord) => 'record the admitted revision',
      async (record) => {
        refuseNewer(fileIn(stateDir));
        await makeDirectory(stateDir, 0o700);
        await writeDurably(fileIn(stateDir), `${JSON.stringify(record, null, 2)}\n`, 0o600);
      },
    ),
  };
}

/** What a newer version has written is never written over. */
function refuseNewer(file: string): void {
  const content = readRegular(file);
  const record = content === null ? undefined : jsonOf(content.toString('utf8'));
  const version = isFields(record) ? record.format_version : undefined;
  if (isNewer(version)) throw new PortError('refused', `${file} has format ${version}: a newer Muster wrote it`);
}

const isNewer = (version: unknown): version is string =>
  typeof version === 'string' && /^\d+\.\d+$/.test(version) && !version.startsWith('1.');

function parse(text: string, file: string): AdmittedRecord {
  const record = jsonOf(text);
  const version = isFields(record) ? record.format_version : undefined;
  if (isNewer(version)) {
    throw new PortError('refused', `${file} has format ${version}: a newer Muster wrote it`);
  }
  if (isRecord(record)) return { ...record, format_version: '1.0' };
  throw new PortError(
    'failed',
    `${file} is damaged; move it away to begin anew: nothing is pruned until a revision has been admitted`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function isRecord(value: unknown): value is AdmittedRecord {
  if (!isFields(value) || typeof value.format_version !== 'string' || typeof value.at !== 'string') return false;
  return isRevision(value.revision) && isSource(value.source) && areFleets(value.fleets) && isHostState(value.state);
}

const isRevision = (value: unknown): boolean =>
  value === null || (typeof value === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value));

const isSource = (value: unknown): boolean =>
  value === null || (isFields(value) && typeof value.root === 'string' && typeof value.rosters === 'string');

const areFleets = (value: unknown): boolean =>
  isFields(value) && Object.values(value).every((names) => Array.isArray(names) && names.every(isText));

const isHostState = (value: unknown): boolean =>
  isFields(value) &&
  typeof value.linger === 'boolean' &&
  every(value.files, isText) &&
  every(value.units, isUnitState) &&
  every(value.sessions, (session) => session === true);

const isUnitState = (value: unknown): boolean =>
  isFields(value) &&
  typeof value.enabled === 'boolean' &&
  typeof value.active === 'boolean' &&
  (value.config === null || isText(value.config));

const every = (value: unknown, holds: (entry: unknown) => boolean): boolean =>
  isFields(value) && Object.values(value).every(holds);

const isText = (value: unknown): value is string => typeof value === 'string';
