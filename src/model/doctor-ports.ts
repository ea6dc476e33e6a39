/**
 * What the doctor asks of a host, unjudged. All of it only reads. A method that cannot be answered rejects with a `PortError`, whose
 * message becomes the reason why a point was not checked.
 */

import type { Desired, FileContent } from './desired.ts';
import type { Known } from './known.ts';
import type { FileKey } from './names.ts';
import type { HostFacts, ObservedFile } from './observation.ts';
import type { StatusConnector, StatusController } from './status.ts';

/** The machine, without asking any service. */
export interface MachineReader {
  /** Version of the interpreter that runs this. */
  node(): Promise<string>;
  session(): Promise<Session>;
  cgroups(): Promise<Cgroups>;
  clock(): Promise<Clock>;
  limits(): Promise<Limits>;
}

export interface Session {
  readonly uid: number;
  readonly user: string;
  /** `$XDG_RUNTIME_DIR` as it is set; `null` where it is not. */
  readonly variable: string | null;
  /** The directory in use: that one, or systemd's default for this user. */
  readonly directory: string;
  /** Owner of that directory; `null` where there is none. */
  readonly owner: number | null;
  /** systemd is process 1 here. */
  readonly booted: boolean;
  /** What kind of container this is; `null` where none is known. */
  readonly container: string | null;
}

export interface Cgroups {
  /** The unified hierarchy is where systemd expects it. */
  readonly unified: boolean;
  /** Controllers that the user manager may use; `null` where its group cannot be read. */
  readonly delegated: readonly string[] | null;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** It cannot be earlier than this: when this program was made. */
  readonly notBefore: number;
  /** `null`: nobody here knows. */
  readonly synchronised: boolean | null;
}

/** `null` is without limit, or not known. */
export interface Limits {
  readonly files: number | null;
  readonly processes: number | null;
  /** Processes and threads of this user's units, and how many there may be. */
  readonly tasks: { readonly current: number; readonly most: number | null } | null;
  readonly inotifyWatches: number | null;
  readonly inotifyInstances: number | null;
}

/** The user manager, over its bus. */
export interface ManagerReader {
  /** Milliseconds that the bus took to answer. */
  bus(): Promise<number>;
  state(): Promise<ManagerState>;
  /** Environment that every unit starts with. */
  environment(): Promise<Readonly<Record<string, string>>>;
  needsReload(): Promise<boolean>;
  controllerUnit(): Promise<ControllerUnit>;
  /** Who has the writer lock, in words; `null`: nobody. */
  lockHolder(): Promise<string | null>;
}

export interface ManagerState {
  /** Such as `252.38-1~deb12u1`. */
  readonly version: string;
  /** systemd's word: `running`, `degraded`, `starting`, `stopping`, `maintenance`, … */
  readonly state: string;
  /** Units that failed. */
  readonly failed: readonly string[];
}

export interface ControllerUnit {
  readonly load: string;
  readonly active: string;
  readonly enabled: boolean;
  /** Program or files are newer than the run under way. */
  readonly outdated: boolean;
  /** How its last run ended, in words; empty while it never did. */
  readonly ending: string;
}

export interface ProgramReader {
  /** Absolute path on a PATH; `null` where it is not there. */
  find(command: string, path: string): Promise<string | null>;
  /** First line of what it says to these arguments. */
  ask(file: string, args: readonly string[]): Promise<string>;
  /** The program that the first line of a script names to be looked for on the PATH; `null` where it names none. */
  interpreter(file: string): Promise<string | null>;
  /** PATH of the shell that runs this. */
  readonly path: string;
  /** Whether entries of this user's units can be read from the journal; else why not. */
  journal(): Promise<{ readonly readable: boolean; readonly why: string }>;
}

export interface PlaceReader {
  /** Ours, and secrets, that are there: with whom they belong to and what they allow. */
  guarded(): Promise<readonly GuardedPlace[]>;
  space(): Promise<readonly Space[]>;
}

export interface GuardedPlace {
  readonly path: string;
  readonly owner: number;
  readonly mode: number;
  /** Bits that it may not have. */
  readonly forbidden: number;
}

export interface Space {
  /** Word for it: `state`, `runtime`, `home`. */
  readonly name: string;
  readonly path: string;
  readonly writable: boolean;
  /** Bytes that this user may still write. */
  readonly free: number;
  /** Inodes; `null` where the file system counts none. */
  readonly inodes: number | null;
}

export interface FleetReader {
  /** The rosters that are in force, else those that are here. */
  rosters(): Promise<FleetRosters>;
  /** Our files as they are. */
  files(): Promise<Readonly<Record<FileKey, ObservedFile>>>;
  controller(): Promise<StatusController>;
  /** How the connector of each of these fleets is, by fleet. */
  connectors(desired: Desired): Promise<Readonly<Record<string, StatusConnector>>>;
  linger(): Promise<boolean>;
  readonly facts: HostFacts;
}

export interface FleetRosters {
  /** `none`: neither in force nor here. */
  readonly from: 'in-force' | 'here' | 'none';
  readonly desired: Known<Desired>;
  /** The controller's own files as this version writes them. */
  readonly controllerFiles: ReadonlyMap<FileKey, FileContent>;
}

export interface DoctorPorts {
  readonly machine: MachineReader;
  readonly manager: ManagerReader;
  readonly programs: ProgramReader;
  readonly places: PlaceReader;
  readonly fleet: FleetReader;
}
