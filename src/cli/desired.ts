import type { Admission } from '../admission/admit.ts';
import { composeDesired } from '../desired/compose.ts';
import type { ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RosterSet } from '../model/roster.ts';

/** What admitted rosters ask of a host. */
export const desiredOf = (admission: Admission, set: RosterSet, facts: HostFacts, shipped: ShippedFiles): Desired =>
  composeDesired({ rosters: admission.selected, roles: set.roles, facts, templates: shipped.templates });
