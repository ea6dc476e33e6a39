import { connectorRecords } from '../host/connector-records.ts';
import { hostRoots } from '../host/facts.ts';
import { stateReader } from '../host/state.ts';
import type { ConnectorSpec } from '../model/connector-spec.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { type Context, exitStatus } from './context.ts';
import { refuse } from './refusal.ts';
import { namesHere } from './suspend.ts';
import { unknownName } from './target.ts';

/** A fleet of this host: the one that is named, that of the pane, the only one. Refuses what is none. */
export async function fleetHere(named: string | undefined, facts: HostFacts, context: Context): Promise<string> {
  const { fleets } = await namesHere(stateReader(facts.stateDir));
  const wanted = named ?? (context.env.MOSAIC_FLEET || undefined);
  if (wanted !== undefined) {
    if (fleets.includes(wanted) || (await specHere(wanted, facts, context)) !== null) return wanted;
    throw unknownName(wanted, 'fleet', fleets);
  }
  const [only, ...others] = fleets;
  if (only !== undefined && others.length === 0) return only;
  throw refuse(
    {
      code: 'usage',
      summary:
        only === undefined ? 'there is no fleet on this host yet' : `it is not clear which fleet is meant: ${fleets.join(', ')}`,
      hint: only === undefined ? 'Nothing was carried out on this host yet: muster apply' : `Say so, as in: --fleet ${only}`,
    },
    exitStatus.usage,
  );
}

/** What the connector of a fleet was last told to be; `null` where there is none, or it cannot be read. */
export async function specHere(fleet: string, facts: HostFacts, { env }: Pick<Context, 'env'>): Promise<ConnectorSpec | null> {
  if (!isName(fleet)) return null;
  return connectorRecords(fleet, hostRoots(facts, env))
    .spec()
    .catch(() => null);
}
