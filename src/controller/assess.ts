import type { Desired, DesiredAgent } from '../model/desired.ts';
import { agentUnit, environmentFile, type FileKey, holderUnit, parseUnit } from '../model/names.ts';
import type { Observation, UnitDetail } from '../model/observation.ts';
import type { UnitReader } from '../model/ports.ts';
import { type Changes, planChanges } from '../plan/changes.ts';
import { type Derived, derive } from '../plan/derive.ts';
import { isFloorClass, sameRole } from '../plan/roles.ts';
import { cleared, type Failing, heldBy, type Ledger, noteFailure, noteWell } from './back-off.ts';
import type { Admitted } from './judge.ts';
import { type Lives, noteLives } from './lives.ts';
import type { Memory } from './memory.ts';
import type { World } from './world.ts';

/** What one look says, with all that has been learnt before. */
export interface Assessment {
  readonly observation: Observation;
  readonly derived: Derived;
  readonly changes: Changes;
  /** One that has failed is up again: others wait for it to prove that it lives. */
  readonly isProving: boolean;
  readonly lives: Lives;
  readonly ledger: Ledger;
  readonly forgiven: Memory['forgiven'];
  /** What must not be acted upon now, by unit, file key or place. */
  readonly held: ReadonlyMap<string, string>;
  /** When that was so, in monotonic milliseconds: what has become due since was held all the same. */
  readonly at: number;
}

/** systemd's own convention, EX_CONFIG of sysexits(3): our unit file says that it prevents a restart. */
const configurationStatus = 78;

export async function assess(
  memory: Memory,
  { desired, rosterless }: Admitted,
  observation: Observation,
  world: World,
): Promise<Assessment> {
  const now = world.now();
  const derived = derive(observation, desired);
  // What could not be seen has neither ended nor failed.
  const isBlind = !observation.units.known;
  const lives = isBlind ? memory.lives : noteLives(memory.lives, derived.verdicts.values(), now);
  const { forgiven, ...noted } = isBlind ? memory : await noteFailedUnits(memory, desired, derived, world);
  const ledger = noteWell(
    noted.ledger,
    (resource) => wellSince(resource, isBlind ? new Map() : lives),
    (resource) => isWanted(resource, desired),
    now,
  );
  // Later than the failures that were just noted: some of them may be tried at once.
  const at = world.now();
  const held = new Map([...ending(derived), ...withHolder(heldBy(ledger, at), desired, lives)]);
  const failing = failingMates(desired, derived, { ledger, lives, now: at, probationMs: world.pace.probationMs });
  const changes = planFor(desired, derived, { rosterless, held, failing });
  const isProving = failing.some(({ name }) => lives.has(agentUnit(name)));
  return { observation, derived, lives, ledger, forgiven, held, at, changes, isProving };
}

/** Those of the floor that fail with what they have never been well with: it may be the fault of what is in force. */
function failingMates(
  { agents, state }: Desired,
  { verdicts }: Derived,
  { ledger, lives, now, probationMs }: Pick<Memory, 'ledger' | 'lives'> & { readonly now: number; readonly probationMs: number },
): readonly DesiredAgent[] {
  return [...agents.values()].filter((agent) => {
    const unit = agentUnit(agent.name);
    if (!agent.running || !isFloorClass(agent.class) || !ledger.has(unit)) return false;
    const isNew = (verdicts.get(unit)?.reached ?? null) !== state.units[unit]?.config;
    return isNew && now - (lives.get(unit)?.since ?? now) < probationMs;
  });
}

interface Restraint {
  readonly rosterless: boolean;
  readonly held: ReadonlyMap<string, string>;
  readonly failing: readonly DesiredAgent[];
}

/** While one who holds the floor is coming up, no other of that floor is ended; while one fails, none that has the same post. */
function planFor(desired: Desired, derived: Derived, { rosterless, held, failing }: Restraint): Changes {
  const { observation, verdicts } = derived;
  const changes = planChanges(desired, observation, { adopt: false, rosterless, held });
  const coming = changes.waiting.flatMap((unit) => {
    const agent = [...desired.agents.values()].find(({ name }) => agentUnit(name) === unit);
    return agent !== undefined && isFloorClass(agent.class) ? [agent] : [];
  });
  if (coming.length + failing.length === 0) return changes;
  const open = new Set(coming.map(({ fleet }) => fleet));
  // They come up as what they were, and nobody can start them as what they are to be before that has ended.
  const unready = coming.filter(({ name }) => !isWritten(environmentFile(name), desired, derived));
  const kept = changes.actions.flatMap(({ disruptive, unit, name }): [string, string][] => {
    if (!disruptive || unit === null || name === null) return [];
    const agent = desired.agents.get(name);
    if (agent !== undefined && isFloorClass(agent.class) && open.has(agent.fleet))
      return [[unit, 'another of its floor is coming up']];
    const role = verdicts.get(unit)?.record ?? agent ?? null;
    if (unready.some((one) => one.name !== name && sameRole(one, role))) return [[unit, 'its successor is coming up']];
    const mate = failing.find((one) => one.name !== name && sameRole(one, role));
    return mate === undefined ? [] : [[unit, `${mate.name} fails with what is in force`]];
  });
  return kept.length === 0
    ? changes
    : planChanges(desired, observation, { adopt: false, rosterless, held: new Map([...held, ...kept]) });
}

const isWritten = (key: FileKey, desired: Desired, { observation: { files } }: Derived): boolean =>
  (files.known ? files.value[key]?.digest : undefined) === desired.state.files[key];

type Noted = Pick<Memory, 'ledger' | 'forgiven'>;

/** Each failed unit that should run is one more failure, unless it was counted before. */
async function noteFailedUnits(memory: Memory, desired: Desired, derived: Derived, world: World): Promise<Noted> {
  const failed = [...derived.verdicts.values()].filter(
    ({ unit, phase }) => phase === 'failed' && desired.state.units[unit]?.active === true,
  );
  const units = failed.map(({ unit }) => unit);
  const details = units.length === 0 ? {} : await detailsOf(units, world.readers.units);
  const forgiven = forgivenNow(memory, units, details);
  const chance = { now: world.now(), random: world.random };
  const ledger = units.reduce((noted, unit) => {
    const detail = details[unit];
    const evidence = detail === undefined ? evidenceWithout(unit, noted.get(unit), chance.now) : evidenceOf(unit, detail);
    // What failed under another revision may do better under this one.
    if (detail !== undefined && (forgiven.since !== memory.anewSince || forgiven.evidence.has(evidence))) return noted;
    // What waited for its next start has not failed with what it is to be started with.
    const config = memory.lives.get(unit)?.config ?? null;
    const isOther = config !== null && config !== desired.state.units[unit]?.config;
    const permanent = !isOther && detail?.exit?.how === 'exited' && detail.exit.status === configurationStatus;
    return noteFailure(noted, { resource: unit, why: whyFailed(unit, detail), evidence, source: 'unit', permanent }, chance);
  }, memory.ledger);
  return { ledger, forgiven };
}

/** Once for each new beginning, as soon as it can be seen. Not told by the time of day: clocks are set. */
function forgivenNow(
  { forgiven, anewSince }: Memory,
  units: readonly string[],
  details: Readonly<Record<string, UnitDetail>>,
): Memory['forgiven'] {
  if (forgiven.since === anewSince) return forgiven;
  const told = units.flatMap((unit) => (details[unit] === undefined ? [] : [evidenceOf(unit, details[unit])]));
  return told.length === 0 && units.length > 0 ? forgiven : { since: anewSince, evidence: new Set(told) };
}

const evidenceOf = (unit: string, { since }: UnitDetail): string => `${unit} failed at ${since}`;

/** systemd does not say when it failed: until that was cleared it is the failure that was noted before. */
const evidenceWithout = (unit: string, last: Failing | undefined, now: number): string =>
  last === undefined || last.evidence === cleared ? `${unit} was seen failed at ${now}` : last.evidence;

export const detailsOf = (units: readonly string[], reader: UnitReader): Promise<Readonly<Record<string, UnitDetail>>> =>
  reader.details(units).catch(() => ({}));

function whyFailed(unit: string, detail: UnitDetail | undefined): string {
  const ended =
    detail?.exit === undefined
      ? ''
      : detail.exit.how === 'exited'
        ? `, its last exit status was ${detail.exit.status}`
        : `, its last run was ended by signal ${detail.exit.status}`;
  const result = detail?.result === undefined || detail.result === 'exit-code' ? '' : ` (${detail.result})`;
  return `${unit} failed${result}${ended}`;
}

function wellSince(resource: string, lives: Lives): number {
  if (!isUnit(resource)) return 0;
  return lives.get(resource)?.since ?? Number.POSITIVE_INFINITY;
}

const isUnit = (resource: string): boolean => parseUnit(resource) !== null;

const isWanted = (resource: string, { state }: Desired): boolean => !isUnit(resource) || state.units[resource]?.active === true;

/** Without the tmux server no agent can start: while its unit waits, those that are down wait with it. */
function withHolder(held: ReadonlyMap<string, string>, desired: Desired, lives: Lives): ReadonlyMap<string, string> {
  const why = held.get(holderUnit);
  if (why === undefined) return held;
  const down = [...desired.agents.keys()].map(agentUnit).filter((unit) => !lives.has(unit));
  return new Map([...down.map((unit): [string, string] => [unit, why]), ...held]);
}

/**
 * What is on its way down is waited for: a start in between would cancel somebody's stop, and comes as soon as it has ended; who is
 * to rest need not be told so time after time.
 */
function ending(derived: Derived): [string, string][] {
  return [...derived.verdicts.values()]
    .filter(({ phase }) => phase === 'stopping')
    .map(({ unit }) => [unit, 'it is on its way down']);
}
