import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import type { FileKey } from '../model/names.ts';
import type { Derived } from './derive.ts';
import { type Hidden, isHidden } from './hidden.ts';

/** `HostState` with every key of both sides, absence spelled out, and hidden places left out: what the patch is made of. */
export interface NormalState {
  readonly linger?: boolean;
  readonly files: Readonly<Record<FileKey, Digest | null>>;
  readonly units: Readonly<Record<string, Partial<UnitState>>>;
  readonly sessions: Readonly<Record<string, boolean>>;
}

/** A new one each time: whoever applies the patch changes it. */
const absentUnit = (): UnitState => ({ enabled: false, active: false, config: null });

/** Both documents over the union of their keys. Same keys in the same order on both sides. */
export function normalise(desired: Desired, derived: Derived, hidden: Hidden): { before: NormalState; after: NormalState } {
  const observed = derived.state;
  const wanted = desired.state;
  const files = sides<Digest | null>(
    observed.files,
    wanted.files,
    (key) => isHidden(hidden.files, key),
    () => null,
  );
  const units = sides<UnitState>(observed.units, wanted.units, (key) => isHidden(hidden.units, key), absentUnit);
  const sessions = sides<boolean>(
    observed.sessions,
    wanted.sessions,
    (key) => isHidden(hidden.sessions, key),
    () => false,
  );
  const linger = hidden.linger ? [{}, {}] : [{ linger: observed.linger }, { linger: wanted.linger }];
  return {
    before: { ...linger[0], files: files.before, units: withoutFields(units.before, hidden.fields), sessions: sessions.before },
    after: { ...linger[1], files: files.after, units: withoutFields(units.after, hidden.fields), sessions: sessions.after },
  };
}

interface Sides<P> {
  readonly before: Record<string, P>;
  readonly after: Record<string, P>;
}

function sides<P>(
  observed: Readonly<Record<string, P>>,
  wanted: Readonly<Record<string, P>>,
  skip: (key: string) => boolean,
  absent: () => P,
): Sides<P> {
  const result: Sides<P> = { before: {}, after: {} };
  for (const key of unionOfKeys(observed, wanted)) {
    if (skip(key)) continue;
    result.before[key] = observed[key] ?? absent();
    result.after[key] = wanted[key] ?? absent();
  }
  return result;
}

/** Both come sorted, so they are merged; a document that is not is sorted first. */
function unionOfKeys(a: object, b: object): string[] {
  const left = sortedKeys(a);
  const right = sortedKeys(b);
  const union: string[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const one = left[i];
    const other = right[j];
    if (one !== undefined && (other === undefined || one <= other)) i++;
    if (other !== undefined && (one === undefined || other <= one)) j++;
    union.push(one !== undefined && (other === undefined || one <= other) ? one : (other ?? ''));
  }
  return union;
}

function sortedKeys(document: object): string[] {
  const keys = Object.keys(document);
  return keys.every((key, index) => index === 0 || key >= (keys[index - 1] ?? '')) ? keys : keys.sort();
}

function withoutFields(
  units: Record<string, Partial<UnitState>>,
  fields: ReadonlyMap<string, ReadonlySet<string>>,
): Record<string, Partial<UnitState>> {
  for (const [unit, hidden] of fields) {
    const state = units[unit];
    if (state !== undefined) units[unit] = Object.fromEntries(Object.entries(state).filter(([field]) => !hidden.has(field)));
  }
  return units;
}
