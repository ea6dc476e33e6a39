import jsonPatch, { type Operation, type ReplaceOperation } from 'fast-json-patch';
import type { UnitState } from '../model/host-state.ts';
import type { FileKey } from '../model/names.ts';
import type { PatchOperation } from '../model/plan.ts';
import type { NormalState } from './normalise.ts';

/** Where observed and desired differ: in each section the last key first, the order of a plan's patch. */
export interface Differences {
  readonly linger: boolean;
  readonly files: readonly FileKey[];
  readonly units: readonly UnitDifference[];
  readonly sessions: readonly string[];
  /** How many keys each section has, on either side. */
  readonly sizes: Readonly<Record<'files' | 'units' | 'sessions', number>>;
}

/** Which fields of a unit differ. */
export interface UnitDifference extends Readonly<Record<keyof UnitState, boolean>> {
  readonly unit: string;
}

const fields = ['config', 'active', 'enabled'] as const satisfies readonly (keyof UnitState)[];

/** Calls back for every field that differs. */
export function eachField(difference: UnitDifference, call: (field: keyof UnitState) => void): void {
  for (const field of fields) if (difference[field]) call(field);
}

/** The differences as JSON Patch (RFC 6902). Both documents have the same keys, so every operation is a `replace`. */
export function patchOf(differences: Differences, before: NormalState, after: NormalState): PatchOperation[] {
  const operations = jsonPatch.compare(differing(before, differences), differing(after, differences));
  if (operations.every(isReplace)) return operations;
  throw new Error(`unexpected ${JSON.stringify(operations.find((operation) => !isReplace(operation)))}`);
}

const isReplace = (operation: Operation): operation is ReplaceOperation<unknown> => operation.op === 'replace';

/** What differs alone: comparing the rest again is work for nothing. */
function differing(state: NormalState, { files, units, sessions, sizes }: Differences): NormalState {
  return {
    ...(state.linger === undefined ? {} : { linger: state.linger }),
    files: picked(state.files, files, sizes.files),
    units: picked(
      state.units,
      units.map(({ unit }) => unit),
      sizes.units,
    ),
    sessions: picked(state.sessions, sessions, sizes.sessions),
  };
}

/** A section of which most differs is compared whole: leaving the rest out costs more. */
function picked<T>(section: Readonly<Record<string, T>>, keys: readonly string[], size: number): Readonly<Record<string, T>> {
  if (keys.length * 2 > size) return section;
  const part: Record<string, T> = {};
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] ?? '';
    const value = section[key];
    if (value !== undefined) part[key] = value;
  }
  return part;
}
