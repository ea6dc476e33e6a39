import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import { environmentFile, type FileKey, holderUnit, parseUnit } from '../model/names.ts';
import type { Observation, ObservedSession, ObservedUnit } from '../model/observation.ts';

/** A host as the judge knows it, before and after. */
export interface SimulationStart {
  readonly units: Readonly<Record<string, SimulationUnit>>;
  readonly files: Readonly<Record<FileKey, Digest>>;
  /** Sessions that a run of their unit stands behind, by agent; the holder's by its session name. */
  readonly sessions: Readonly<Record<string, true>>;
  /** Other sessions with our tag, by tmux id: the agent that they name. */
  readonly orphans?: Readonly<Record<string, string>>;
  readonly linger: boolean;
}

export interface SimulationUnit {
  readonly enabled: boolean;
  /** systemd runs it or is bringing it up. Without its session it does not serve, and a start would do nothing. */
  readonly live: boolean;
  /** On its way down: not serving any more, not gone yet. */
  readonly ending?: boolean;
  readonly masked?: boolean;
  readonly failed?: boolean;
  /** Has our kind of name, but a unit file of its own. */
  readonly foreign?: boolean;
  /** What it was started as; `null` when it does not run or nobody knows. */
  readonly class: string | null;
  readonly fleet: string | null;
  readonly config: Digest | null;
  /** What it would come up as from its file as that is; absent where it was started as that, or nobody can tell. */
  readonly rests?: { readonly fleet: string; readonly class: string };
}

/**
 * What an observation says, as the judge sees it. Where a source could not be read the most harmless is taken: a session beside
 * every unit that systemd runs, files as desired, no units at all.
 */
export function startOf(observation: Observation, desired: Desired): SimulationStart {
  const units = observation.units.known ? observation.units.value : {};
  const sessions = sessionsOf(observation, desired, units);
  return {
    units: mapped(units, (unit, name) => unitOf(observation, desired, name, unit)),
    files: observation.files.known ? mapped(observation.files.value, ({ digest }) => digest) : desired.state.files,
    ...sessions,
    linger: observation.linger.known ? observation.linger.value : desired.state.linger,
  };
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  const result: Record<string, U> = {};
  for (const key of Object.keys(record)) {
    const value = record[key];
    if (value !== undefined) result[key] = change(value, key);
  }
  return result;
}

const isLive = ({ active }: ObservedUnit): boolean => active === 'active' || active === 'reloading' || active === 'activating';

function unitOf(observation: Observation, desired: Desired, name: string, unit: ObservedUnit): SimulationUnit {
  const record = observation.records.known ? observation.records.value[name] : undefined;
  const runs = isLive(unit) || unit.active === 'deactivating';
  const current = runs && record !== undefined && record.invocation === unit.invocation ? record : null;
  const rests = current === null ? restOf(name, observation) : undefined;
  return {
    enabled: isEnabled(unit, desired.state.units[name]?.enabled ?? false),
    live: isLive(unit),
    ending: unit.active === 'deactivating',
    masked: unit.load === 'masked' || unit.enablement.startsWith('masked'),
    failed: unit.active === 'failed',
    foreign: unit.ownFile !== undefined,
    class: current?.class || null,
    fleet: current?.fleet || null,
    config: current?.config ?? null,
    ...(rests === undefined ? {} : { rests }),
  };
}

function restOf(unit: string, { files }: Observation): SimulationUnit['rests'] {
  const parsed = parseUnit(unit);
  return parsed?.kind === 'agent' && files.known ? files.value[environmentFile(parsed.name)]?.role : undefined;
}

/** Until the next boot only: not enough for a unit that is to be enabled, too much for one that is not. */
const isEnabled = ({ enablement }: ObservedUnit, wanted: boolean): boolean =>
  enablement === 'enabled' || (enablement.endsWith('-runtime') && !enablement.startsWith('masked') && !wanted);

function sessionsOf(
  observation: Observation,
  desired: Desired,
  units: Readonly<Record<string, ObservedUnit>>,
): Pick<SimulationStart, 'sessions' | 'orphans'> {
  const sessions: Record<string, true> = {};
  const orphans: Record<string, string> = {};
  const tmux = observation.tmux;
  const holder = units[holderUnit];
  if (holder !== undefined && isLive(holder) && (!tmux.known || tmux.value.server)) sessions[desired.tmux.holderSession] = true;
  if (!tmux.known) {
    for (const name of runningAgents(units).keys()) sessions[name] = true;
    return { sessions, orphans };
  }
  const running = runningAgents(units);
  for (const session of tmux.value.sessions) {
    if (session.agent === '') continue;
    if (standsBehind(running.get(session.agent), session)) sessions[session.agent] = true;
    else orphans[session.id] = session.agent;
  }
  return { sessions, orphans };
}

function runningAgents(units: Readonly<Record<string, ObservedUnit>>): Map<string, ObservedUnit> {
  const running = new Map<string, ObservedUnit>();
  for (const name of Object.keys(units)) {
    const unit = units[name];
    if (unit === undefined || !isLive(unit)) continue;
    const parsed = parseUnit(name);
    if (parsed?.kind === 'agent') running.set(parsed.name, unit);
  }
  return running;
}

const standsBehind = (unit: ObservedUnit | undefined, session: ObservedSession): boolean =>
  unit !== undefined && session.alive && session.incarnation === unit.invocation;
