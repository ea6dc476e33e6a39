import { type Desired, type DesiredAgent, knownUnit } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import type { UnitState } from '../model/host-state.ts';
import type { UnitKind } from '../model/names.ts';
import type { Observation, ObservedSession, ObservedUnit, StartRecord } from '../model/observation.ts';
import type { UnknownPlace } from '../model/plan.ts';
import { collect, type Section } from '../model/section.ts';
import { markForeignRuns } from './foreign-runs.ts';
import { inOrder, sortedKeys } from './keys.ts';
import { pointer } from './pointer.ts';

/**
 * What both witnesses together say of a unit. `sessionless`: systemd says active and tmux shows no living session of that run.
 * `starting` covers auto-restart: systemd is at it, so it is waited for.
 */
export type Phase = 'live' | 'starting' | 'stopping' | 'down' | 'failed' | 'sessionless' | 'unknown';

export interface Verdict {
  readonly unit: string;
  readonly kind: UnitKind;
  /** Agent, fleet of a connector, or empty for the holder. */
  readonly name: string;
  /** As desired state has it. */
  readonly agent: DesiredAgent | null;
  readonly phase: Phase;
  readonly raw: ObservedUnit;
  /** What it runs with, when its record is of this run. */
  readonly record: StartRecord | null;
  /** Configuration that the last admitted revision brought it to. */
  readonly reached: Digest | null;
  /** Runs from somebody else's unit files, to be ended before they are taken over; its phase is `sessionless`. */
  readonly foreignRun?: true;
}

export interface Orphan {
  readonly key: string;
  readonly session: ObservedSession;
}

/** What a host was seen to be, as `HostState` has it. */
export interface ObservedState {
  readonly linger: boolean;
  readonly files: Section<Digest>;
  readonly units: Section<UnitState>;
  readonly sessions: Section<true>;
}

export interface Derived {
  readonly observation: Observation;
  readonly state: ObservedState;
  readonly unknown: readonly UnknownPlace[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** By the agent that their tag names; those without a tag under the empty name. */
  readonly sessions: ReadonlyMap<string, readonly ObservedSession[]>;
  /** Sessions with our tag that belong to no run that is under way. */
  readonly orphans: readonly Orphan[];
}

/** Observed state and the raw states behind it. Desired only decides which side of a two-sided state counts (`enabled-runtime`). */
export function derive(observation: Observation, desired: Desired): Derived {
  const unknown: UnknownPlace[] = [];
  const sessions = sessionsByAgent(observation);
  const verdicts = judgeUnits(observation, desired, sessions);
  markForeignRuns(verdicts, observation, desired);
  const orphans = findOrphans(observation, verdicts, sessions);
  const state: ObservedState = {
    linger: observation.linger.known && observation.linger.value,
    files: observedFiles(observation),
    units: {
      keys: [...verdicts.keys()],
      values: Array.from(verdicts.values(), (verdict) => unitState(verdict, desired, unknown)),
    },
    sessions: observedSessions(observation, verdicts, orphans),
  };
  return { observation, state, unknown: [...unreadable(observation), ...unknown], verdicts, sessions, orphans };
}

function judgeUnits(observation: Observation, desired: Desired, sessions: Derived['sessions']): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  if (!observation.units.known) return verdicts;
  const records = observation.records.known ? observation.records.value : {};
  const reached = observation.admitted.known ? observation.admitted.value?.state.units : undefined;
  for (const unit of sortedKeys(observation.units.value)) {
    const raw = observation.units.value[unit];
    const parsed = knownUnit(unit, desired);
    if (raw === undefined || parsed === null) continue;
    const written = records[unit];
    const record = written !== undefined && written.invocation === raw.invocation && raw.invocation !== '' ? written : null;
    const phase = phaseOf(raw, parsed.kind === 'agent' ? witness(observation, sessions.get(parsed.name), raw) : 'alive');
    const { kind, name, agent } = parsed;
    verdicts.set(unit, { unit, kind, name, agent, phase, raw, record, reached: reached?.[unit]?.config ?? null });
  }
  return verdicts;
}

type Witness = 'alive' | 'gone' | 'unknown';

function witness(observation: Observation, sessions: readonly ObservedSession[] | undefined, raw: ObservedUnit): Witness {
  if (!observation.tmux.known) return 'unknown';
  return sessions?.some((session) => session.alive && session.incarnation === raw.invocation) === true ? 'alive' : 'gone';
}

function phaseOf(raw: ObservedUnit, session: Witness): Phase {
  switch (raw.active) {
    case 'active':
    case 'reloading':
      return session === 'alive' ? 'live' : session === 'gone' ? 'sessionless' : 'unknown';
    case 'activating':
      return 'starting';
    case 'deactivating':
      return 'stopping';
    case 'failed':
      return 'failed';
    case 'inactive':
      return 'down';
    default:
      return 'unknown';
  }
}

function sessionsByAgent(observation: Observation): Map<string, ObservedSession[]> {
  const byAgent = new Map<string, ObservedSession[]>();
  if (!observation.tmux.known) return byAgent;
  for (const session of observation.tmux.value.sessions) {
    const known = byAgent.get(session.agent);
    if (known === undefined) byAgent.set(session.agent, [session]);
    else known.push(session);
  }
  return byAgent;
}

function unitState(verdict: Verdict, desired: Desired, unknown: UnknownPlace[]): UnitState {
  const { unit, phase, raw, record } = verdict;
  const at = (field: keyof UnitState): string => `/units/${pointer(unit)}/${field}`;
  if (phase === 'unknown') {
    const why = 'systemd says active; tmux could not be asked';
    unknown.push({ path: at('active'), why }, { path: at('config'), why });
  }
  const wanted = desired.state.units[unit];
  const active = isActive(phase, wanted?.active ?? false);
  if (active && phase === 'live' && record === null)
    unknown.push({ path: at('config'), why: 'there is no record of what this run was started with' });
  return { enabled: isEnabled(raw, wanted?.enabled ?? false), active, config: active ? (record?.config ?? null) : null };
}

/** A unit without its session, or on its way down, is neither running nor stopped: it counts as what is not desired. */
function isActive(phase: Phase, desired: boolean): boolean {
  if (phase === 'sessionless' || phase === 'stopping') return !desired;
  return phase === 'live' || phase === 'starting' || phase === 'unknown';
}

/** Runtime enablement is neither: it is gone after a reboot, yet it starts the unit until then. It counts as what is not desired. */
function isEnabled(raw: ObservedUnit, desired: boolean): boolean {
  if (raw.enablement === 'enabled-runtime' || raw.enablement === 'linked-runtime') return !desired;
  return raw.enablement === 'enabled';
}

function findOrphans(
  { tmux, units }: Observation,
  verdicts: ReadonlyMap<string, Verdict>,
  sessions: Derived['sessions'],
): readonly Orphan[] {
  if (!tmux.known || !units.known) return [];
  const claimed = new Set<ObservedSession>();
  for (const { kind, name, raw } of verdicts.values()) {
    if (kind !== 'agent' || raw.invocation === '') continue;
    for (const session of sessions.get(name) ?? none) if (session.incarnation === raw.invocation) claimed.add(session);
  }
  return tmux.value.sessions
    .filter((session) => session.agent !== '' && !claimed.has(session))
    .map((session) => ({ key: `${session.agent}${session.id}`, session }));
}

const none: readonly ObservedSession[] = [];

function observedSessions(
  observation: Observation,
  verdicts: ReadonlyMap<string, Verdict>,
  orphans: readonly Orphan[],
): Section<true> {
  if (!observation.tmux.known) return { keys: [], values: [] };
  const keys = orphans.map((orphan) => orphan.key);
  for (const verdict of verdicts.values()) {
    if (verdict.kind === 'agent' && (verdict.phase === 'live' || verdict.phase === 'starting')) keys.push(verdict.name);
  }
  return collect(inOrder(keys), () => true);
}

function observedFiles({ files }: Observation): Section<Digest> {
  return files.known ? collect(sortedKeys(files.value), (key) => files.value[key]?.digest) : { keys: [], values: [] };
}

function unreadable(observation: Observation): UnknownPlace[] {
  const places: UnknownPlace[] = [];
  if (!observation.linger.known) places.push({ path: '/linger', why: observation.linger.why });
  if (!observation.files.known) places.push({ path: '/files', why: observation.files.why });
  if (!observation.units.known) places.push({ path: '/units', why: observation.units.why });
  const sessions = observation.tmux.known ? observation.units : observation.tmux;
  if (!sessions.known) places.push({ path: '/sessions', why: sessions.why });
  return places;
}
