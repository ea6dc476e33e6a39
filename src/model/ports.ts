/**
 * What Muster asks of a host. Readers and writers are apart: whoever holds only readers cannot change anything.
 * A method that cannot do its work rejects with a `PortError`.
 */

import type { Suspension } from './controller.ts';
import type { SuspensionWriter } from './controller-ports.ts';
import type { FileContent } from './desired.ts';
import type { Digest } from './digest.ts';
import type { FileKey } from './names.ts';
import type {
  AdmittedRecord,
  ObservedConnector,
  ObservedFile,
  ObservedSession,
  ObservedTmux,
  ObservedUnit,
  RunEnd,
  StartRecord,
  UnitDetail,
} from './observation.ts';

/** `unavailable`: nobody there to ask. `refused`: asked, and told no. `timeout`: no answer. `failed`: anything else. */
export type PortErrorKind = 'unavailable' | 'refused' | 'timeout' | 'failed';

export class PortError extends Error {
  readonly kind: PortErrorKind;
  constructor(kind: PortErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PortError';
    this.kind = kind;
  }
}

export interface UnitReader {
  /** Every unit of `unitPatterns`: loaded, enabled on disk, or masked, whether rostered or not. */
  list(): Promise<Readonly<Record<string, ObservedUnit>>>;
  /** With `seen`, as `list` has just given it, they are not listed again; `since` of what runs is then when its run began. */
  details(units: readonly string[], seen?: Readonly<Record<string, ObservedUnit>>): Promise<Readonly<Record<string, UnitDetail>>>;
  /** Whether our unit files on disk are newer than what the manager has loaded. */
  needsReload(): Promise<boolean>;
  /** Environment block of the user manager, which every unit starts with. */
  environment(): Promise<Readonly<Record<string, string>>>;
}

/** systemd's job result (`done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped`), or `lost`: the deadline passed unseen. */
export type JobResult = 'done' | 'failed' | 'timeout' | 'canceled' | 'dependency' | 'skipped' | 'lost';

export interface UnitWriter {
  start(unit: string): Promise<JobResult>;
  stop(unit: string): Promise<JobResult>;
  restart(unit: string): Promise<JobResult>;
  resetFailed(unit: string): Promise<void>;
  enable(units: readonly string[]): Promise<void>;
  disable(units: readonly string[]): Promise<void>;
  reload(): Promise<void>;
  /** Units with more jobs than were asked for here, such as those that systemd brings back. Known since the first job, without asking. */
  unasked(): readonly string[];
}

export interface SessionReader {
  list(socket: string): Promise<ObservedTmux>;
}

/** A session as it was seen: ids are given anew when a tmux server is, tags are not. */
export type SessionTag = Pick<ObservedSession, 'id' | 'agent' | 'incarnation'>;

export interface SessionWriter {
  /** Ends the session with this id if it still carries this tag; a session that is gone or another one by now is left alone. */
  kill(socket: string, session: SessionTag): Promise<void>;
}

export interface FileReader {
  /** Our files by key, present ones only: all below `agents/` and `units/` that are ours by name, and the `also` keys. */
  list(also: readonly FileKey[]): Promise<Readonly<Record<FileKey, ObservedFile>>>;
  /** A file as it is; `null` where there is none. */
  read(key: FileKey): Promise<FileContent | null>;
  /** What running units say they were started with, by unit. */
  records(): Promise<Readonly<Record<string, StartRecord>>>;
  /** What connectors last told of themselves, by fleet. */
  connectors(): Promise<Readonly<Record<string, ObservedConnector>>>;
  /** How the last run of each of these agents ended, as far as it was written down; by agent. */
  ends(agents: readonly string[]): Promise<Readonly<Record<string, RunEnd>>>;
  /** By agent. */
  completed(): Promise<Readonly<Record<string, Digest>>>;
  /** Absolute path of each command on its PATH, or `null`; by the caller's keys. */
  find(
    programs: Readonly<Record<string, { readonly command: string; readonly path: string }>>,
  ): Promise<Readonly<Record<string, string | null>>>;
}

export interface FileWriter {
  /** Durable and atomic: a crash leaves the old file or the new one. */
  write(key: FileKey, content: FileContent): Promise<void>;
  /** Absent already is success. */
  remove(key: FileKey): Promise<void>;
}

export interface LingerReader {
  get(): Promise<boolean>;
}

export interface LingerWriter {
  enable(): Promise<void>;
}

export interface StateReader {
  admitted(): Promise<AdmittedRecord | null>;
  /** Those in force now. One whose file cannot be read is in force, with its reason. */
  suspensions(): Promise<readonly Suspension[]>;
}

export interface StateWriter {
  recordAdmitted(record: AdmittedRecord): Promise<void>;
}

/** One writer per tenant and machine; a crash releases it. */
export interface WriterLock {
  /** Resolves to a release function, or to the holder when somebody else has it. */
  acquire(purpose: string): Promise<{ readonly release: () => Promise<void> } | { readonly heldBy: string }>;
  /** Aborted, for good, when a lock that was acquired here is gone unreleased: nothing may be changed any more. Its reason is a text. */
  readonly lost: AbortSignal;
}

/** All that a plan may use. There is no method here that changes anything. */
export interface HostReaders {
  readonly units: UnitReader;
  readonly sessions: SessionReader;
  readonly files: FileReader;
  readonly linger: LingerReader;
  readonly state: StateReader;
}

export interface HostWriters {
  readonly units: UnitWriter;
  readonly sessions: SessionWriter;
  readonly files: FileWriter;
  readonly linger: LingerWriter;
  readonly state: StateWriter;
  readonly suspensions: SuspensionWriter;
  readonly lock: WriterLock;
}
