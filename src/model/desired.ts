import type { Place } from './diagnostic.ts';
import type { Digest } from './digest.ts';
import type { HostState, UnitState } from './host-state.ts';
import { type FileKey, parseUnit, type UnitKind } from './names.ts';
import type { Section } from './section.ts';

/** What admitted rosters ask of one host and tenant. */
export interface Desired {
  readonly state: HostState;
  /** What `state` says, to be gone through in the order of its keys. */
  readonly sections: {
    readonly files: Section<Digest>;
    readonly units: Section<UnitState>;
    readonly sessions: Section<true>;
  };
  /** Content of every file in `state.files`. */
  readonly files: ReadonlyMap<FileKey, FileContent>;
  readonly agents: ReadonlyMap<string, DesiredAgent>;
  /** The same by their units. */
  readonly agentsByUnit: ReadonlyMap<string, DesiredAgent>;
  readonly connectors: ReadonlyMap<string, DesiredConnector>;
  readonly fleets: readonly DesiredFleet[];
  /** Socket and holder session that all rosters here agree on. */
  readonly tmux: { readonly socket: string; readonly holderSession: string };
  /** Digest of unit template and supervisor: a running agent with another one is pending. */
  readonly units: Digest;
  /** Digest of what the holder starts with. */
  readonly holder: Digest;
}

export interface FileContent {
  readonly text: string;
  readonly mode: number;
}

export interface DesiredAgent {
  readonly name: string;
  readonly fleet: string;
  readonly class: string;
  readonly runtime: string;
  /** Program to be found on the PATH of the unit; `path` is the agent's own PATH where its roster sets one. */
  readonly program: { readonly command: string; readonly path: string | null };
  readonly lifecycle: 'core' | 'ephemeral';
  readonly onChange: 'restart' | 'next-start';
  readonly running: boolean;
  /** Files that have to be in place before it starts: environment, role, drop-in. */
  readonly files: readonly FileKey[];
  /** Digest of environment, runtime and resources, and of a role document that came with the rosters. */
  readonly config: Digest;
  /** Digest of the text of its role document. */
  readonly role?: Digest;
  readonly place: Place;
}

export interface DesiredConnector {
  readonly fleet: string;
  readonly kind: string;
  readonly config: Digest;
}

export interface DesiredFleet {
  readonly name: string;
  readonly profile: string | null;
  /** The profile waives the floor. */
  readonly waived: boolean;
  readonly connector: string;
  readonly file: string;
}

/** What a unit name stands for, as `parseUnit` says it, and the agent that desired state has there. */
export interface KnownUnit {
  readonly kind: UnitKind;
  readonly name: string;
  readonly agent: DesiredAgent | null;
}

/** The name of a desired agent is the very text that it is known by, which is found sooner than one that reads the same. */
export function knownUnit(unit: string, { agentsByUnit }: Desired): KnownUnit | null {
  const agent = agentsByUnit.get(unit);
  if (agent !== undefined) return { kind: 'agent', name: agent.name, agent };
  const parsed = parseUnit(unit);
  return parsed === null ? null : { ...parsed, agent: null };
}
