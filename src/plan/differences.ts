import jsonPatch, { type Operation, type ReplaceOperation } from 'fast-json-patch';
import type { Digest } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import type { PatchOperation } from '../model/plan.ts';
import type { Rows } from './normalise.ts';
import { pointer } from './pointer.ts';

/** Where observed and desired differ: in each section the last key first, the order of a plan's patch. */
export interface Differences {
  /** What it is to be, where that is another thing. */
  readonly linger: boolean | null;
  readonly files: readonly Difference<Digest | null>[];
  readonly units: readonly UnitDifference[];
  readonly sessions: readonly Difference<boolean>[];
}

export interface Difference<T> {
  readonly key: string;
  readonly before: T;
  readonly after: T;
}

/** Says of each field whether it differs. */
export interface UnitDifference extends Difference<Partial<UnitState>>, Readonly<Record<keyof UnitState, boolean>> {}

export interface Compared {
  /** `null` where nobody may look. */
  readonly linger: { readonly before: boolean; readonly after: boolean } | null;
  readonly files: Rows<Digest | null>;
  readonly units: Rows<Partial<UnitState>>;
  readonly sessions: Rows<boolean>;
}

export const differences = ({ linger, files, units, sessions }: Compared): Differences => ({
  linger: linger === null || linger.before === linger.after ? null : linger.after,
  files: differing(files, plain),
  units: differing(units, unitDifference),
  sessions: differing(sessions, plain),
});

/** Made of a row; `null` where its sides are the same. */
type Compare<T, D> = (key: string, before: T, after: T) => D | null;

function differing<T, D>({ keys, before, after }: Rows<T>, compare: Compare<T, D>): D[] {
  const found: D[] = [];
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i];
    const here = before[i];
    const there = after[i];
    const difference = key === undefined || here === undefined || there === undefined ? null : compare(key, here, there);
    if (difference !== null) found.push(difference);
  }
  return found;
}

const plain = <T>(key: string, before: T, after: T): Difference<T> | null => (before === after ? null : { key, before, after });

function unitDifference(key: string, before: Partial<UnitState>, after: Partial<UnitState>): UnitDifference | null {
  const enabled = before.enabled !== after.enabled;
  const active = before.active !== after.active;
  const config = before.config !== after.config;
  return enabled || active || config ? { key, before, after, enabled, active, config } : null;
}

const fields = ['config', 'active', 'enabled'] as const satisfies readonly (keyof UnitState)[];

/** Calls back for every field that differs. */
export function eachField(difference: UnitDifference, call: (field: keyof UnitState) => void): void {
  for (const field of fields) if (difference[field]) call(field);
}

/** The differences as JSON Patch (RFC 6902). Both documents have the same keys, so every operation is a `replace`. */
export function patchOf({ linger, files, units, sessions }: Differences): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const { key, after } of sessions) operations.push({ op: 'replace', path: `/sessions/${pointer(key)}`, value: after });
  for (const { key, before, after } of units) {
    for (const operation of jsonPatch.compare(before, after)) operations.push(within(`/units/${pointer(key)}`, operation));
  }
  for (const { key, after } of files) operations.push({ op: 'replace', path: `/files/${pointer(key)}`, value: after });
  if (linger !== null) operations.push({ op: 'replace', path: '/linger', value: linger });
  return operations;
}

function within(place: string, operation: Operation): PatchOperation {
  if (!isReplace(operation)) throw new Error(`unexpected ${JSON.stringify(operation)} at ${place}`);
  return { op: operation.op, path: place + operation.path, value: operation.value };
}

const isReplace = (operation: Operation): operation is ReplaceOperation<unknown> => operation.op === 'replace';
