import { selects } from '../admission/selects.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Agent, Roster } from '../model/roster.ts';
import { nearest } from '../roster/wording.ts';
import { type Context, exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

export interface FleetFlags {
  readonly fleet?: string;
}

/** Whoever stands in an agent's pane means that agent's fleet. */
const ownFleet = ({ env }: Context): string | null => env.MOSAIC_FLEET || null;

/** The roster of the fleet that is meant: the one that is named, that of the pane, the only one for this host, the only one. */
export function fleetToEdit(rosters: readonly Roster[], { fleet }: FleetFlags, facts: HostFacts, context: Context): Roster {
  if (fleet !== undefined) return named(rosters, fleet);
  return only(rosters, facts, context) ?? unclear(rosters, 'which fleet is meant');
}

/** An agent and the roster that it stands in, by the same rules among those that have one of that name. */
export function agentToEdit(
  name: string,
  rosters: readonly Roster[],
  { fleet }: FleetFlags,
  facts: HostFacts,
  context: Context,
): { readonly roster: Roster; readonly agent: Agent } {
  const searched = fleet === undefined ? rosters : [named(rosters, fleet)];
  const having = searched.filter(({ agents }) => agents.some((agent) => agent.name === name));
  if (having.length === 0) throw noAgent(name, searched);
  const roster = only(having, facts, context) ?? unclear(having, `which ${name} is meant`);
  const agent = roster.agents.find((one) => one.name === name);
  if (agent === undefined) throw noAgent(name, [roster]);
  return { roster, agent };
}

function only(rosters: readonly Roster[], facts: HostFacts, context: Context): Roster | null {
  const [one, ...others] = rosters;
  const own = rosters.find(({ fleet }) => fleet === ownFleet(context));
  if (own !== undefined) return own;
  if (one !== undefined && others.length === 0) return one;
  const [here, ...more] = rosters.filter((roster) => selects(roster, facts));
  return here !== undefined && more.length === 0 ? here : null;
}

function named(rosters: readonly Roster[], fleet: string): Roster {
  const found = rosters.find((roster) => roster.fleet === fleet);
  if (found !== undefined) return found;
  const fleets = rosters.map((roster) => roster.fleet);
  const near = nearest(fleet, fleets);
  throw refuse(
    {
      code: 'name/unknown',
      summary: `no roster here is of a fleet ${fleet}`,
      hint: near === null ? listedOr(fleets, 'There are no rosters here.') : `Did you mean ${near}?`,
    },
    exitStatus.usage,
  );
}

function unclear(rosters: readonly Roster[], what: string): never {
  const fleets = rosters.map(({ fleet }) => fleet);
  if (fleets.length === 0)
    throw refuse({
      code: 'git/no-rosters',
      summary: 'there is no roster here yet',
      hint: 'Begin with one: muster init',
    });
  throw refuse(
    { code: 'usage', summary: `it is not clear ${what}: ${some(fleets)}`, hint: `Say so, as in: --fleet ${fleets[0]}` },
    exitStatus.usage,
  );
}

function noAgent(name: string, rosters: readonly Roster[]): Refusal {
  const names = [...new Set(rosters.flatMap(({ agents }) => agents.map((agent) => agent.name)))];
  const near = nearest(name, names);
  const hint = near === null ? listedOr(names, 'There are no agents yet.') : `Did you mean ${near}?`;
  return refuse({ code: 'name/unknown', summary: `no agent of these rosters is named ${name}`, hint }, exitStatus.usage);
}

const some = (names: readonly string[]): string => `${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`;
const listedOr = (names: readonly string[], otherwise: string): string =>
  names.length === 0 ? otherwise : `There are ${some(names)}.`;
