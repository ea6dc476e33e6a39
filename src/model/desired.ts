import type { Place } from './diagnostic.ts';
import type { Digest } from './digest.ts';
import type { HostState } from './host-state.ts';
import type { FileKey } from './names.ts';

/** What admitted rosters ask of one host and tenant. */
export interface Desired {
  readonly state: HostState;
  /** Content of every file in `state.files`. */
  readonly files: ReadonlyMap<FileKey, FileContent>;
  readonly agents: ReadonlyMap<string, DesiredAgent>;
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
