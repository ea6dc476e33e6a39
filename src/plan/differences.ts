import type { UnitState } from '../model/host-state.ts';
import type { FileKey } from '../model/names.ts';
import type { PatchOperation } from '../model/plan.ts';
import type { NormalState } from './normalise.ts';
import { pointer } from './pointer.ts';

/** Where observed and desired differ: in each section the last key first, the order of a plan's patch. */
export interface Differences {
  readonly linger: boolean;
  readonly files: readonly FileKey[];
  readonly units: readonly UnitDifference[];
  readonly sessions: readonly string[];
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
export function patchOf({ linger, files, units, sessions }: Differences, after: NormalState): PatchOperation[] {
  const patch: PatchOperation[] = [];
  const replace = (path: string, value: unknown): unknown => patch.push({ op: 'replace', path, value });
  for (const key of sessions) replace(`/sessions/${pointer(key)}`, after.sessions[key]);
  for (const difference of units) {
    const path = `/units/${pointer(difference.unit)}`;
    const wanted = after.units[difference.unit];
    eachField(difference, (field) => replace(`${path}/${field}`, wanted?.[field]));
  }
  for (const key of files) replace(`/files/${pointer(key)}`, after.files[key]);
  if (linger) replace('/linger', after.linger);
  return patch;
}
