import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import type { FileKey } from '../model/names.ts';
import type { Derived } from './derive.ts';
import type { Differences, UnitDifference } from './differences.ts';
import { type Hidden, hidesNothing, isHidden, type Shade } from './hidden.ts';
import { inOrder } from './keys.ts';

/** `HostState` with every key of both sides, absence spelled out, and hidden places left out: what the patch is made of. */
export interface NormalState {
  readonly linger?: boolean;
  readonly files: Readonly<Record<FileKey, Digest | null>>;
  readonly units: Readonly<Record<string, Partial<UnitState>>>;
  readonly sessions: Readonly<Record<string, boolean>>;
}

export interface Normalised {
  /** Both documents over the union of their keys: the same keys in the same order on both sides. */
  readonly before: NormalState;
  readonly after: NormalState;
  readonly differences: Differences;
}

export function normalise(desired: Desired, derived: Derived, hidden: Hidden): Normalised {
  const observed = derived.state;
  const wanted = desired.state;
  const files = sides<Digest | null>(observed.files, wanted.files, hidden.files, () => null);
  const units = withoutFields(sides<UnitState>(observed.units, wanted.units, hidden.units, absentUnit), hidden.fields);
  const sessions = sides<boolean>(observed.sessions, wanted.sessions, hidden.sessions, () => false);
  const linger = hidden.linger ? [{}, {}] : [{ linger: observed.linger }, { linger: wanted.linger }];
  return {
    before: { ...linger[0], files: files.before, units: units.before, sessions: sessions.before },
    after: { ...linger[1], files: files.after, units: units.after, sessions: sessions.after },
    differences: {
      linger: !hidden.linger && observed.linger !== wanted.linger,
      files: differingKeys(files),
      units: differingUnits(units),
      sessions: differingKeys(sessions),
      sizes: { files: files.keys.length, units: units.keys.length, sessions: sessions.keys.length },
    },
  };
}

/** A new one each time: whoever applies the patch changes it. */
const absentUnit = (): UnitState => ({ enabled: false, active: false, config: null });

type Section<T> = Readonly<Record<string, T>>;

/** One section of both documents, and the keys that both have. */
interface Sides<T> {
  readonly keys: readonly string[];
  readonly before: Section<T>;
  readonly after: Section<T>;
}

function sides<T>(observed: Section<T>, wanted: Section<T>, shade: Shade, absent: () => T): Sides<T> {
  const here = Object.keys(observed);
  const there = Object.keys(wanted);
  const all = union(here, there);
  const keys = hidesNothing(shade) ? all : all.filter((key) => !isHidden(shade, key));
  return { keys, before: padded(observed, here, keys, absent), after: padded(wanted, there, keys, absent) };
}

/** Exactly these keys, in this order. What has them already is taken as it is: on most hosts most is as desired. */
function padded<T>(section: Section<T>, own: readonly string[], keys: readonly string[], absent: () => T): Section<T> {
  if (isSameList(own, keys)) return section;
  const whole: Record<string, T> = {};
  for (const key of keys) whole[key] = section[key] ?? absent();
  return whole;
}

/** In order. */
function union(left: readonly string[], right: readonly string[]): readonly string[] {
  if (left.length === 0 || isSameList(left, right)) return inOrder(right);
  return right.length === 0 ? inOrder(left) : merge(inOrder(left), inOrder(right));
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

/** Of two lists in order; a key of both comes once. */
function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const one = left[i];
    const other = right[j];
    const takesOne = one !== undefined && (other === undefined || one <= other);
    const takesOther = other !== undefined && (one === undefined || other <= one);
    if (takesOne) i++;
    if (takesOther) j++;
    merged.push(takesOne ? one : (other ?? ''));
  }
  return merged;
}

function withoutFields(
  { keys, before, after }: Sides<UnitState>,
  fields: ReadonlyMap<string, ReadonlySet<string>>,
): Sides<Partial<UnitState>> {
  if (fields.size === 0) return { keys, before, after };
  const visible = (units: Section<UnitState>): Section<Partial<UnitState>> => {
    const cut: Record<string, Partial<UnitState>> = {};
    for (const key of keys) cut[key] = units[key] ?? absentUnit();
    for (const [unit, hidden] of fields) {
      const state = units[unit];
      if (state !== undefined) cut[unit] = Object.fromEntries(Object.entries(state).filter(([field]) => !hidden.has(field)));
    }
    return cut;
  };
  return { keys, before: visible(before), after: visible(after) };
}

const differingKeys = ({ keys, before, after }: Sides<unknown>): string[] =>
  before === after ? [] : keys.filter((key) => before[key] !== after[key]).reverse();

function differingUnits({ keys, before, after }: Sides<Partial<UnitState>>): UnitDifference[] {
  const differing: UnitDifference[] = [];
  for (let i = keys.length - 1; i >= 0; i--) {
    const unit = keys[i] ?? '';
    const here = before[unit];
    const there = after[unit];
    const enabled = here?.enabled !== there?.enabled;
    const active = here?.active !== there?.active;
    const config = here?.config !== there?.config;
    if (enabled || active || config) differing.push({ unit, enabled, active, config });
  }
  return differing;
}
