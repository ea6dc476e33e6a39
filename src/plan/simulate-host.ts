import type { Desired, DesiredAgent, KnownUnit } from '../model/desired.ts';
import type { Digest } from '../model/digest.ts';
import { type FileKey, parseUnit, type UnitKind } from '../model/names.ts';
import type { SimulationUnit } from './simulate-start.ts';

/** A host that plans are tried out on. Teams are counted as units change, so that no rule has to look at every unit. */
export interface SimulatedHost {
  readonly units: Map<string, Unit>;
  readonly fleets: Map<string, Fleet>;
  readonly files: Map<FileKey, Digest>;
  readonly orphans: Map<string, string>;
  readonly holder: Unit;
  linger: boolean;
  /** Agents with a living session, and units of each kind that are live. */
  serving: number;
  readonly live: Record<UnitKind, number>;
}

export interface Unit {
  readonly unit: string;
  readonly kind: UnitKind;
  readonly name: string;
  /** As desired state has it. */
  readonly agent: DesiredAgent | null;
  readonly start: SimulationUnit | null;
  readonly masked: boolean;
  readonly foreign: boolean;
  /** What desired state would have it run as; worked out when first asked for. */
  next: Running | null;
  enabled: boolean;
  /** Only until the next boot. */
  untilBoot: boolean;
  live: boolean;
  ending: boolean;
  session: boolean;
  failed: boolean;
  class: string | null;
  fleet: string | null;
  config: Digest | null;
  /** Teams in which it is counted: as live, as being started, as serving. */
  liveIn: Team | null;
  enteringIn: Team | null;
  servingIn: Team | null;
  /** Fleet of which it would be an orchestrator after a power loss. */
  bootsIn: Fleet | null;
}

/** What a unit runs as from now on. */
export interface Running {
  readonly class: string | null;
  readonly fleet: string | null;
  readonly config: Digest | null;
  readonly team: Team | null;
}

/** The orchestrators, or the enhancers, of one fleet. */
export interface Team {
  readonly role: 'orchestrator' | 'enhancer';
  readonly fleet: Fleet;
  live: number;
  serving: number;
  /** Live units that nobody knows as what, and that are to belong to it. */
  doubtful: number;
  /** Agents of it that desired state has running. */
  wanted: number;
  /** Units that serve at the start or that the plan brings up: with more than one there need not be a gap. */
  providers: number;
  /** One that the plan brings in. */
  entrant: Unit | null;
  /** One that the plan brings in from the enhancers of another fleet: they may change places. */
  exchanged: Unit | null;
}

export interface Fleet {
  readonly name: string;
  /** Desired, and not waived. */
  readonly floor: boolean;
  orchestrator: Team | null;
  enhancer: Team | null;
  gap: Gap | null;
  /** Orchestrators that would come up after a power loss. */
  booting: number;
  /** A way back has been taken: what the plan still does counts no more. */
  undone: boolean;
}

/** A team without a serving agent, for as long as `closer` needs to come up. */
export interface Gap {
  readonly team: Team;
  readonly ended: Unit;
  readonly closer: Unit;
}

export const emptyUnit = (unit: string, { kind, name, agent }: KnownUnit, start: SimulationUnit | null): Unit => ({
  unit,
  kind,
  name,
  agent,
  start,
  masked: start?.masked ?? false,
  foreign: start?.foreign ?? false,
  next: null,
  enabled: false,
  untilBoot: false,
  live: false,
  ending: false,
  session: false,
  failed: false,
  class: null,
  fleet: null,
  config: null,
  liveIn: null,
  enteringIn: null,
  servingIn: null,
  bootsIn: null,
});

export function teamOf(fleet: Fleet | undefined, className: string | null): Team | null {
  if (fleet === undefined || (className !== 'orchestrator' && className !== 'enhancer')) return null;
  fleet[className] ??= {
    role: className,
    fleet,
    live: 0,
    serving: 0,
    doubtful: 0,
    wanted: 0,
    providers: 0,
    entrant: null,
    exchanged: null,
  };
  return fleet[className];
}

/** By its name alone: the judge shares no table with the planner. */
export function identified(name: string, { agents }: Desired): KnownUnit | null {
  const parsed = parseUnit(name);
  if (parsed === null) return null;
  return { kind: parsed.kind, name: parsed.name, agent: (parsed.kind === 'agent' ? agents.get(parsed.name) : undefined) ?? null };
}

export const unitNamed = (host: SimulatedHost, desired: Desired, name: string): Unit | null => {
  const existing = host.units.get(name);
  if (existing !== undefined) return existing;
  const known = identified(name, desired);
  if (known === null) return null;
  const unit = emptyUnit(name, known, null);
  host.units.set(name, unit);
  return unit;
};

/** Both witnesses agree: systemd runs it, and its session is there. A connector has no session. */
export const isServing = (unit: Unit): boolean => unit.live && !unit.ending && (unit.kind === 'connector' || unit.session);
