import { parseUnit } from '../model/names.ts';
import type { Holds } from './holds.ts';
import { pointer } from './pointer.ts';

/** What must wait, by unit, file key or place (`/linger`), each with its reason: whoever carries plans out again and again says so. */
export function holdWaiting(held: Holds, waiting: ReadonlyMap<string, string>): void {
  for (const [resource, why] of waiting) {
    const unit = parseUnit(resource);
    if (unit !== null) held.unit(resource, unit.name, why);
    else if (resource.startsWith('/')) held.place(resource, why);
    else held.place(`/files/${pointer(resource)}`, why);
  }
}
