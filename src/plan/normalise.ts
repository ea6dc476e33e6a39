import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import type { FileKey } from '../model/names.ts';
import { documentOf, indexIn, type Section } from '../model/section.ts';
import type { Derived } from './derive.ts';
import { type Differences, differences } from './differences.ts';
import { type Hidden, hidesNothing, isHidden, type Shade } from './hidden.ts';

/** `HostState` with every key of both sides, absence spelled out, and hidden places left out: what the patch is made of. */
export interface NormalState {
  readonly linger?: boolean;
  readonly files: Readonly<Record<FileKey, Digest | null>>;
  readonly units: Readonly<Record<string, Partial<UnitState>>>;
  readonly sessions: Readonly<Record<string, boolean>>;
}

/** Both sides of a part of the state over the union of their keys, in order: those of `keys[i]` are `before[i]` and `after[i]`. */
export interface Rows<T> {
  readonly keys: readonly string[];
  readonly before: readonly T[];
  readonly after: readonly T[];
}

export interface Normalised {
  /** Both documents have the same keys in the same order. They are made when asked for. */
  readonly before: NormalState;
  readonly after: NormalState;
  readonly differences: Differences;
}

export function normalise(desired: Desired, { state }: Derived, hidden: Hidden): Normalised {
  const { sections: wanted } = desired;
  const files = rowsOf<Digest | null>(state.files, wanted.files, hidden.files, null);
  const units = withoutFields(rowsOf(state.units, wanted.units, hidden.units, absentUnit), hidden.fields);
  const sessions = rowsOf<boolean>(state.sessions, wanted.sessions, hidden.sessions, false);
  const linger = hidden.linger ? null : { before: state.linger, after: desired.state.linger };
  const side = (which: 'before' | 'after'): NormalState => ({
    ...(linger === null ? {} : { linger: linger[which] }),
    files: documentOf({ keys: files.keys, values: files[which] }),
    units: documentOf({ keys: units.keys, values: units[which].map(own) }),
    sessions: documentOf({ keys: sessions.keys, values: sessions[which] }),
  });
  return {
    differences: differences({ linger, files, units, sessions }),
    get before() {
      return side('before');
    },
    get after() {
      return side('after');
    },
  };
}

const absentUnit: UnitState = { enabled: false, active: false, config: null };

/** What stands for absence is one thing in all rows; whoever applies a patch to a document changes that. */
const own = (unit: Partial<UnitState>): Partial<UnitState> => (unit === absentUnit ? { ...unit } : unit);

function rowsOf<T>(observed: Section<T>, wanted: Section<T>, shade: Shade, absent: T): Rows<T> {
  const rows: { readonly keys: string[]; readonly before: T[]; readonly after: T[] } = { keys: [], before: [], after: [] };
  const isClear = hidesNothing(shade);
  if (isClear && isSameList(observed.keys, wanted.keys))
    return { keys: wanted.keys, before: observed.values, after: wanted.values };
  for (let i = 0, j = 0; i < observed.keys.length || j < wanted.keys.length; ) {
    const here = observed.keys[i];
    const there = wanted.keys[j];
    const isHere = here !== undefined && (there === undefined || here === there || here < there);
    const isThere = there !== undefined && (here === undefined || here === there || there < here);
    const key = (isHere ? here : there) ?? '';
    const before = isHere ? observed.values[i++] : undefined;
    const after = isThere ? wanted.values[j++] : undefined;
    if (!isClear && isHidden(shade, key)) continue;
    rows.keys.push(key);
    rows.before.push(before ?? absent);
    rows.after.push(after ?? absent);
  }
  return rows;
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

function withoutFields(
  { keys, before, after }: Rows<UnitState>,
  fields: ReadonlyMap<string, ReadonlySet<string>>,
): Rows<Partial<UnitState>> {
  if (fields.size === 0) return { keys, before, after };
  const cut: { readonly before: Partial<UnitState>[]; readonly after: Partial<UnitState>[] } = {
    before: [...before],
    after: [...after],
  };
  for (const [unit, hidden] of fields) {
    const row = indexIn(keys, unit);
    if (row < 0) continue;
    for (const side of [cut.before, cut.after])
      side[row] = Object.fromEntries(Object.entries(side[row] ?? {}).filter(([field]) => !hidden.has(field)));
  }
  return { keys, ...cut };
}
