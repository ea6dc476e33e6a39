import type { Desired } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { visible } from '../model/visible.ts';
import { connectorStatus } from './connector-state.ts';
import type { Derived } from './derive.ts';

/**
 * Connectors that run and get nothing through: no action would help, and whoever reads the plan has to know. Only what stays the same from one
 * look to the next is said, so that equal plans are equal.
 */
export function muteConnectors(desired: Desired, derived: Derived): readonly Diagnostic[] {
  return [...desired.connectors.values()].flatMap(({ fleet, kind }): Diagnostic[] => {
    const { state, reason, remedy } = connectorStatus(fleet, desired, derived);
    if (state !== 'unhealthy') return [];
    return [
      {
        severity: 'warning',
        code: 'connector/unhealthy',
        summary: `the connector of fleet ${fleet} (${kind}) gets nothing through: ${visible(reason ?? 'nobody knows why')}`,
        detail: `It says more of it: muster connector health ${fleet}`,
        ...(remedy === null ? {} : { hint: visible(remedy) }),
      },
    ];
  });
}
