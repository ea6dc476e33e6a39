import type { Desired } from '../model/desired.ts';
import { parseUnit } from '../model/names.ts';
import type { Derived, Verdict } from './derive.ts';
import type { Holds } from './holds.ts';
import { pointer } from './pointer.ts';
import { desiredRole, heldRole, sameRole } from './roles.ts';

/** What must wait, by unit, file key or place (`/linger`), each with its reason: whoever carries plans out again and again says so. */
export function holdWaiting(held: Holds, waiting: ReadonlyMap<string, string>, desired: Desired, derived: Derived): void {
  for (const [resource, why] of waiting) {
    const unit = parseUnit(resource);
    if (unit !== null && comesBackAsDesired(derived.verdicts.get(resource), desired)) held.unitAlone(resource, unit.name, why);
    else if (unit !== null) held.unit(resource, unit.name, why);
    else if (resource.startsWith('/')) held.place(resource, why);
    else held.place(`/files/${pointer(resource)}`, why);
  }
}

/** On its way down in the role that it is to have: systemd may start it again at once, and had better find the files that are desired. */
function comesBackAsDesired(verdict: Verdict | undefined, desired: Desired): boolean {
  if (verdict?.phase !== 'stopping') return false;
  const held = heldRole(verdict);
  return held !== null && held !== 'unknown' && sameRole(held, desiredRole(verdict.name, desired));
}
