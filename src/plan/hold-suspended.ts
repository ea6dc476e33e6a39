import type { Suspension } from '../model/controller.ts';
import type { Desired, DesiredAgent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { agentUnit, connectorUnit, fleetFile, fleetToldBy, holderUnit, ownerOf } from '../model/names.ts';
import { visible } from '../model/visible.ts';
import type { Derived } from './derive.ts';
import type { Holds } from './holds.ts';
import { pointer } from './pointer.ts';
import { heldRole, isFloorClass, isRunning, type Role, sameRole } from './roles.ts';

/**
 * What somebody suspended is a fixed point: neither brought up nor ended, whatever the rosters say. While nobody can tell what is
 * suspended, everything may be.
 */
export function holdSuspended(held: Holds, desired: Desired, derived: Derived): void {
  const { suspensions } = derived.observation;
  if (suspensions === undefined) return;
  if (!suspensions.known) {
    holdEverybody(held.as('unknown'), desired, derived, `what is suspended here is unknown: ${suspensions.why}`);
    held.diagnostics.push(unreadable(suspensions.why));
    return;
  }
  if (suspensions.value.length === 0) return;
  const fleets = fleetsByAgent(desired, derived);
  for (const [name, of] of fleets) {
    const suspension = suspensionOf(name, of, suspensions.value);
    if (suspension === null) continue;
    holdAgent(held, name, whyHeld(suspension), desired, derived);
    for (const fleet of of) if (fleet !== null && !isDesired(fleet, desired)) holdFacts(held, fleet, whyHeld(suspension));
  }
  for (const suspension of suspensions.value) {
    if (suspension.kind === 'fleet') {
      held.unit(connectorUnit(suspension.name), suspension.name, whyHeld(suspension));
      holdFacts(held, suspension.name, whyHeld(suspension));
    }
    held.diagnostics.push(findingOf(suspension, desired, derived));
  }
}

/** The suspension under which an agent of these fleets is left alone, its own before a fleet's; `null` when it is not. */
export function suspensionOf(
  name: string,
  fleets: readonly (string | null)[],
  suspensions: readonly Suspension[],
): Suspension | null {
  const own = suspensions.find((one) => one.kind === 'agent' && one.name === name);
  return own ?? suspensions.find((one) => one.kind === 'fleet' && (fleets.includes(one.name) || fleets.includes(null))) ?? null;
}

export const whyHeld = ({ by, since, reason }: Suspension): string =>
  `suspended by ${visible(by)} since ${since}${reason === null ? '' : `: ${visible(reason)}`}`;

const isDesired = (fleet: string, { state }: Desired): boolean => state.files[fleetFile(fleet)] !== undefined;

const holdFacts = (held: Holds, fleet: string, why: string): void => held.place(`/files/${pointer(fleetFile(fleet))}`, why);

function holdEverybody(held: Holds, desired: Desired, derived: Derived, why: string): void {
  for (const name of fleetsByAgent(desired, derived).keys()) holdAgent(held, name, why, desired, derived);
  for (const fleet of desired.connectors.keys()) held.unit(connectorUnit(fleet), fleet, why);
  for (const key of [...derived.state.files.keys, ...Object.keys(desired.state.files)].sort())
    if (fleetToldBy(key) !== null) held.place(`/files/${pointer(key)}`, why);
  for (const { kind, unit, name } of derived.verdicts.values()) if (kind === 'connector') held.unit(unit, name, why);
}

function holdAgent(held: Holds, name: string, why: string, desired: Desired, derived: Derived): void {
  const unit = agentUnit(name);
  held.unit(unit, name, why);
  for (const { key, session } of derived.orphans) if (session.agent === name) held.place(`/sessions/${pointer(key)}`, why);
  const verdict = derived.verdicts.get(unit);
  // Its session ends with the tmux server.
  const lives = verdict !== undefined && isRunning(verdict);
  if (lives && desired.state.units[holderUnit]?.active !== true) held.unit(holderUnit, '', why);
}

/**
 * Every agent that there is a trace of, with the fleets that it may belong to: that of its roster and that of its run, or else
 * the one in which it was last admitted. `null` is any fleet: it runs or may have run, and nobody can tell where.
 */
function fleetsByAgent(desired: Desired, derived: Derived): ReadonlyMap<string, readonly (string | null)[]> {
  const fleets = new Map<string, (string | null)[]>();
  const note = (name: string, ...of: readonly (string | null)[]): void => {
    const known = fleets.get(name);
    if (known === undefined) fleets.set(name, [...of]);
    else known.push(...of);
  };
  for (const { name, fleet } of desired.agents.values()) note(name, fleet);
  const last = lastFleets(derived);
  const noteLeft = (name: string, runs: boolean): void => {
    if (desired.agents.has(name)) return;
    const fleet = last.get(name);
    const unsure = runs || !derived.observation.admitted.known;
    note(name, ...(fleet !== undefined ? [fleet] : unsure ? [null] : []));
  };
  for (const verdict of derived.verdicts.values()) {
    if (verdict.kind !== 'agent') continue;
    if (verdict.record !== null) note(verdict.name, verdict.record.fleet);
    else noteLeft(verdict.name, isRunning(verdict));
    if (isRunning(verdict) && !derived.observation.records.known) note(verdict.name, null);
  }
  for (const { session } of derived.orphans) noteLeft(session.agent, false);
  for (const key of derived.state.files.keys) {
    const owner = ownerOf(key);
    if (owner !== null) noteLeft(owner, false);
  }
  return fleets;
}

function lastFleets({ observation: { admitted } }: Derived): ReadonlyMap<string, string> {
  const fleets = admitted.known ? Object.entries(admitted.value?.fleets ?? {}) : [];
  return new Map(fleets.flatMap(([fleet, names]) => names.map((name): [string, string] => [name, fleet])));
}

function findingOf(suspension: Suspension, desired: Desired, derived: Derived): Diagnostic {
  const { kind, name, since, until, by, reason } = suspension;
  const bare = uncovered(suspension, desired, derived);
  const why = reason === null ? [] : [`${visible(reason).replace(/\.$/, '')}.`];
  const lack = bare === null ? [] : [`Fleet ${bare.fleet} has no live ${bare.class}, and nobody is brought up in its place.`];
  const detail = [...why, ...lack].join(' ');
  const agent = kind === 'agent' ? desired.agents.get(name) : undefined;
  return {
    severity: bare === null ? 'notice' : 'warning',
    code: 'suspended',
    summary: `${kind} ${name} is suspended by ${visible(by)} since ${since}${until === null ? '' : `, until ${until}`}`,
    ...(detail === '' ? {} : { detail }),
    hint: `What is suspended is left as it is, drift included. To end it: muster resume ${name}`,
    ...(agent === undefined ? {} : { place: agent.place }),
  };
}

/** The first role of the floor that a suspension keeps vacant. */
function uncovered({ kind, name }: Suspension, desired: Desired, derived: Derived): Role | null {
  if (!derived.observation.units.known) return null;
  const waived = new Set(desired.fleets.filter((fleet) => fleet.waived).map((fleet) => fleet.name));
  const isMeant = (agent: DesiredAgent): boolean => (kind === 'agent' ? agent.name : agent.fleet) === name;
  const isBare = (agent: DesiredAgent): boolean =>
    agent.running && isFloorClass(agent.class) && !waived.has(agent.fleet) && !isHeldByAnyone(agent, derived);
  return [...desired.agents.values()].find((agent) => isMeant(agent) && isBare(agent)) ?? null;
}

function isHeldByAnyone(role: Role, derived: Derived): boolean {
  return [...derived.verdicts.values()].some((verdict) => {
    const held = verdict.phase === 'live' ? heldRole(verdict) : null;
    return held !== 'unknown' && sameRole(held, role);
  });
}

const unreadable = (why: string): Diagnostic => ({
  severity: 'error',
  code: 'state/unreadable',
  summary: 'what is suspended on this host cannot be read',
  detail: `${why}. Until it can, every agent is left as it is: any of them may be suspended.`,
  hint: 'Mend that directory; to suspend nothing, remove it.',
});
