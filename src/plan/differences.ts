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

export interface UnitDifference {
  readonly unit: string;
  readonly fields: readonly UnitField[];
}

export type UnitField = keyof UnitState;

export const unitFields = ['config', 'active', 'enabled'] as const satisfies readonly UnitField[];

/** The differences as JSON Patch (RFC 6902). Both documents have the same keys, so every operation is a `replace`. */
export function patchOf({ linger, files, units, sessions }: Differences, after: NormalState): PatchOperation[] {
  const patch: PatchOperation[] = [];
  const replace = (path: string, value: unknown): unknown => patch.push({ op: 'replace', path, value });
  for (const key of sessions) replace(`/sessions/${pointer(key)}`, after.sessions[key]);
  for (const { unit, fields } of units) {
    const path = `/units/${pointer(unit)}`;
    for (const field of fields) replace(`${path}/${field}`, after.units[unit]?.[field]);
  }
  for (const key of files) replace(`/files/${pointer(key)}`, after.files[key]);
  if (linger) replace('/linger', after.linger);
  return patch;
}
