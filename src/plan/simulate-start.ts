import type { Desired } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import { environmentFile, type FileKey, holderUnit, parseUnit } from '../model/names.ts';
import type { Observation, ObservedUnit } from '../model/observation.ts';

/** A host as the judge knows it, before and after. */
export interface SimulationStart {
  readonly units: ReadonlyMap<string, SimulationUnit>;
  readonly files: ReadonlyMap<FileKey, Digest>;
  /** Sessions with our tag that no run of their unit stands behind, by tmux id: the agent that they name. */
  readonly orphans: ReadonlyMap<string, string>;
  readonly linger: boolean;
}

export interface SimulationUnit {
  readonly enabled: boolean;
  /** Its enablement is gone after a reboot. */
  readonly untilBoot?: boolean;
  /** systemd runs it or is bringing it up. Without its session it does not serve, and a start would do nothing. */
  readonly live: boolean;
  /** Of an agent: a living session that this run made. Of the holder: a tmux server. */
  readonly session: boolean;
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
  const seen = observation.units.known ? observation.units.value : {};
  const names = Object.keys(seen);
  const { behind, orphans } = sessionsOf(observation, runningAgents(names, seen));
  const units = new Map<string, SimulationUnit>();
  for (const name of names) {
    const unit = seen[name];
    if (unit !== undefined) units.set(name, unitOf(observation, desired, name, unit, behind));
  }
  return {
    units,
    files: filesOf(observation, desired),
    orphans,
    linger: observation.linger.known ? observation.linger.value : desired.state.linger,
  };
}

function filesOf({ files: seen }: Observation, desired: Desired): Map<FileKey, Digest> {
  const files = new Map<FileKey, Digest>();
  for (const key of Object.keys(seen.known ? seen.value : desired.state.files)) {
    const digest = seen.known ? seen.value[key]?.digest : desired.state.files[key];
    if (digest !== undefined) files.set(key, digest);
  }
  return files;
}

const isLive = ({ active }: ObservedUnit): boolean => active === 'active' || active === 'reloading' || active === 'activating';

function unitOf(
  observation: Observation,
  desired: Desired,
  name: string,
  unit: ObservedUnit,
  behind: ReadonlySet<ObservedUnit>,
): SimulationUnit {
  const record = observation.records.known ? observation.records.value[name] : undefined;
  const live = isLive(unit);
  const runs = live || unit.active === 'deactivating';
  const current = runs && record !== undefined && record.invocation === unit.invocation ? record : null;
  const rests = current === null ? restOf(name, observation) : undefined;
  return {
    enabled: isEnabled(unit, desired.state.units[name]?.enabled ?? false),
    untilBoot: isAtRuntime(unit),
    live,
    session: live && hasSession(observation, name, unit, behind),
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

function hasSession({ tmux }: Observation, name: string, unit: ObservedUnit, behind: ReadonlySet<ObservedUnit>): boolean {
  if (!tmux.known) return parseUnit(name)?.kind !== 'connector';
  return name === holderUnit ? tmux.value.server : behind.has(unit);
}

function restOf(unit: string, { files }: Observation): SimulationUnit['rests'] {
  const parsed = parseUnit(unit);
  return parsed?.kind === 'agent' && files.known ? files.value[environmentFile(parsed.name)]?.role : undefined;
}

/** Until the next boot only: not enough for a unit that is to be enabled, too much for one that is not. */
const isEnabled = (unit: ObservedUnit, wanted: boolean): boolean =>
  unit.enablement === 'enabled' || (isAtRuntime(unit) && !wanted);

const isAtRuntime = ({ enablement }: ObservedUnit): boolean =>
  enablement.endsWith('-runtime') && !enablement.startsWith('masked');

/** Units whose run stands behind a session, and the sessions that no run stands behind. */
function sessionsOf(
  { tmux }: Observation,
  running: ReadonlyMap<string, ObservedUnit>,
): { readonly behind: ReadonlySet<ObservedUnit>; readonly orphans: ReadonlyMap<string, string> } {
  const behind = new Set<ObservedUnit>();
  const orphans = new Map<string, string>();
  for (const session of tmux.known ? tmux.value.sessions : []) {
    if (session.agent === '') continue;
    const unit = running.get(session.agent);
    if (unit !== undefined && session.alive && session.incarnation === unit.invocation) behind.add(unit);
    else orphans.set(session.id, session.agent);
  }
  return { behind, orphans };
}

function runningAgents(names: readonly string[], units: Readonly<Record<string, ObservedUnit>>): Map<string, ObservedUnit> {
  const running = new Map<string, ObservedUnit>();
  for (const name of names) {
    const unit = units[name];
    const parsed = unit !== undefined && isLive(unit) ? parseUnit(name) : null;
    if (unit !== undefined && parsed?.kind === 'agent') running.set(parsed.name, unit);
  }
  return running;
}
