import type { Suspension } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';
import type { AdmittedRecord } from '../model/observation.ts';
import { PortError } from '../model/ports.ts';
import { nearest } from '../roster/wording.ts';

type Target = Pick<Suspension, 'kind' | 'name'>;

/** Throws a `PortError` for a name that neither what is in force nor what was last reached here has. */
export function refuseUnknown({ kind, name }: Target, inForce: Desired | null, reached: AdmittedRecord | null): void {
  const fleets = reached?.fleets ?? {};
  const known = new Set(
    kind === 'agent'
      ? [...(inForce?.agents.keys() ?? []), ...Object.values(fleets).flat()]
      : [...(inForce?.fleets.map((fleet) => fleet.name) ?? []), ...Object.keys(fleets)],
  );
  if (!known.has(name)) throw new PortError('refused', `no ${kind} here is named ${name}: ${hint(name, [...known])}`);
}

const most = 12;

function hint(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'nothing was carried out on this host yet';
  const meant = nearest(name, known);
  if (meant !== null) return `did you mean ${meant}?`;
  return `there are ${[...known].sort().slice(0, most).join(', ')}${known.length > most ? ', …' : ''}`;
}
