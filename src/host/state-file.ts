import { PortError } from '../model/ports.ts';
import { readRegular } from './read.ts';
import { type Guard, isFields, isText } from './shape.ts';

/**
 * A JSON file of ours as `whole` says it should be; `null` where there is none. Rejects what a newer Muster wrote, and what is
 * damaged: `remedy` says what to do then.
 */
export function readStateFile<T>(file: string, whole: Guard<T>, remedy: string): T | null {
  const content = readRegular(file);
  if (content === null) return null;
  const value = jsonOf(content.toString());
  const newer = newerFormat(value);
  if (newer !== null) throw fromNewer(file, newer);
  if (whole(value)) return value;
  throw new PortError('failed', `${file} is damaged; ${remedy}`);
}

/** What a newer version has written is never written over. */
export function refuseNewer(file: string): void {
  const content = readRegular(file);
  const newer = content === null ? null : newerFormat(jsonOf(content.toString()));
  if (newer !== null) throw fromNewer(file, newer);
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `format_version` of a later major version than this program writes. */
export function newerFormat(value: unknown): string | null {
  const version = isFields(value) ? value.format_version : undefined;
  return isText(version) && /^\d+\.\d+$/.test(version) && Number.parseInt(version, 10) > 1 ? version : null;
}

const fromNewer = (file: string, version: string): PortError =>
  new PortError('refused', `${file} has format ${version}: a newer Muster wrote it`);
