import type { Desired } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { Observation, UnitDetail } from '../model/observation.ts';
import type { Status, StatusAgent, StatusConnector, StatusController } from '../model/status.ts';
import { type Derived, derive } from './derive.ts';
import { statusOf, witnessed } from './status.ts';

/** A host of which nobody can tell now what is desired of it. */
export interface Unread {
  /** Desires nothing. */
  readonly nothing: Desired;
  /** Why that cannot be told. */
  readonly why: string;
}

/**
 * Both witnesses beside what is not known. Who is there is told by the record of what was carried out last; without that one, whoever
 * has a unit here may be in a roster.
 */
export function statusUnread(
  { nothing, why }: Unread,
  observation: Observation,
  details: Readonly<Record<string, UnitDetail>>,
  controller: StatusController,
): Status {
  const derived = derive(observation, nothing);
  const fleets = recordedFleets(observation);
  const agents = (fleets === null ? seen(derived) : recorded(fleets)).map((one) => agentUnread(one, derived, details));
  const named = new Set(agents.map(({ name }) => name));
  const told = statusOf(nothing, observation, details, controller);
  return {
    ...told,
    fleets: Object.keys(fleets ?? {}).map((name) => ({
      name,
      profile: null,
      connector: unknown,
      connector_status: connectorUnread(why),
      agents: agents.filter(({ fleet }) => fleet === name).length,
      live: agents.filter(({ fleet, state }) => fleet === name && state === 'live').length,
      conditions: controller.status?.fleets.find((fleet) => fleet.name === name)?.conditions ?? [],
    })),
    agents,
    unrostered: fleets === null ? [] : told.unrostered.filter(({ unit, name }) => isStray(unit, name, named, derived)),
    differing: 0,
    pending: [],
    unknown: [{ path: '', why }, ...told.unknown],
  };
}

const unknown = 'unknown';

const connectorUnread = (detail: string): StatusConnector => ({
  state: unknown,
  reason: null,
  detail,
  remedy: null,
  waiting_in: null,
  waiting_out: null,
});

type Named = Pick<StatusAgent, 'fleet' | 'name'>;

const recordedFleets = ({ admitted }: Observation): Readonly<Record<string, readonly string[]>> | null =>
  admitted.known && admitted.value !== null ? admitted.value.fleets : null;

const recorded = (fleets: Readonly<Record<string, readonly string[]>>): Named[] =>
  Object.entries(fleets).flatMap(([fleet, names]) => [...names].sort().map((name) => ({ fleet, name })));

const seen = ({ verdicts }: Derived): Named[] =>
  [...verdicts.values()]
    .filter(({ kind }) => kind === 'agent')
    .map(({ name, record }) => ({ fleet: record?.fleet ?? unknown, name }));

function agentUnread({ fleet, name }: Named, derived: Derived, details: Readonly<Record<string, UnitDetail>>): StatusAgent {
  const unit = agentUnit(name);
  return {
    fleet,
    name,
    class: derived.verdicts.get(unit)?.record?.class ?? unknown,
    runtime: unknown,
    desired: 'unknown',
    ...witnessed(name, derived, details[unit]),
    drift: [],
  };
}

/** Only of agents the record tells; the holder and the connectors may be there for them. */
const isStray = (unit: string | null, name: string, named: ReadonlySet<string>, { verdicts }: Derived): boolean =>
  !named.has(name) && (unit === null || verdicts.get(unit)?.kind === 'agent');
