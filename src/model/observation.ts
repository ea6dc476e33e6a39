import type { ReportedProblem } from './connector-spec.ts';
import type { Suspension } from './controller.ts';
import type { Digest } from './digest.ts';
import type { HostState } from './host-state.ts';
import type { Known } from './known.ts';
import type { FileKey } from './names.ts';

/** Everything that was read of a host in one look, unjudged. It is also the snapshot format of `ps --snapshot`. */
export interface Observation {
  readonly format_version: '1.0';
  readonly facts: HostFacts;
  readonly linger: Known<boolean>;
  /** Files below our two roots that are ours by name; absent files have no key. */
  readonly files: Known<Readonly<Record<FileKey, ObservedFile>>>;
  /** By unit. A unit file of a name that we write, elsewhere than we write it and not ours, stands under that name with its `ownFile`. */
  readonly units: Known<Readonly<Record<string, ObservedUnit>>>;
  /** The manager has not loaded what our unit files on disk say. */
  readonly stale: Known<boolean>;
  readonly tmux: Known<ObservedTmux>;
  /** What each unit says it was started with, by unit. A unit without a readable record has no key. */
  readonly records: Known<Readonly<Record<string, StartRecord>>>;
  /** Configuration with which an ephemeral agent last ended with exit status 0, by agent. */
  readonly completed: Known<Readonly<Record<string, Digest>>>;
  /** Where each asked-for program was found on the PATH its unit will have, by agent; `null` where it was not. */
  readonly programs: Known<Readonly<Record<string, string | null>>>;
  /** The last revision that was carried out here; `null` before the first. */
  readonly admitted: Known<AdmittedRecord | null>;
  /** What each connector has last told of itself, by fleet. Absent in snapshots of older versions: not known. */
  readonly connectors?: Known<Readonly<Record<string, ObservedConnector>>>;
  /** Fleets and agents that are to be left as they are. Absent in snapshots of older versions: none. */
  readonly suspensions?: Known<readonly Suspension[]>;
}

/** What desired state may depend on besides the rosters. */
export interface HostFacts {
  /** Lower-case short host name, or what `--host` says. */
  readonly host: string;
  readonly tenant: string;
  /** Absolute path of the tenant's home directory. */
  readonly home: string;
  /** Absolute path; `fleet/` below it holds our files. */
  readonly mosaicHome: string;
  /** Absolute path of the state directory of this machine. */
  readonly stateDir: string;
  /** argv that starts this program on this host: the interpreter and its entry file. */
  readonly launcher: readonly string[];
}

export interface ObservedFile {
  readonly digest: Digest;
  /** Carries our marker. */
  readonly ours: boolean;
  /** The `format_version` that it carries. */
  readonly format?: string;
  /** It is no unit file but a mask (a link to /dev/null, or nothing in it), as `systemctl mask` makes them. */
  readonly masked?: true;
  /** Of an agent's environment file: what a start from it would run as. */
  readonly role?: { readonly fleet: string; readonly class: string };
}

/** systemd's words, as it says them. */
export interface ObservedUnit {
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`; `unloaded` when only links on disk name the unit. */
  readonly load: string;
  /** `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`, `maintenance`. */
  readonly active: string;
  readonly sub: string;
  /** `enabled`, `enabled-runtime`, `disabled`, `masked`, `masked-runtime`, `linked`, `linked-runtime`, `static`, … */
  readonly enablement: string;
  /** Hexadecimal InvocationID of the run that is under way; empty when there is none. */
  readonly invocation: string;
  /** Path of a unit file made for just this instance, where it is not an instance of our template. */
  readonly ownFile?: string;
}

/** Written by the supervisor (or the holder) when its unit starts. */
export interface StartRecord {
  readonly invocation: string;
  /** Digest of environment, role, runtime and resources. */
  readonly config: Digest;
  /** Digest of unit template and supervisor. */
  readonly units: Digest;
  /** Digest of the role document; absent in the holder's record, and where an older supervisor wrote it. */
  readonly role?: Digest;
  readonly fleet: string;
  readonly class: string;
  /** tmux session id, such as `$3`. */
  readonly session: string;
  /** tmux socket name; only in the holder's record. */
  readonly socket?: string;
  /** Only in the record of a connector, which has neither class nor session. */
  readonly kind?: string;
}

/** From the health file of a connector. */
export interface ObservedConnector {
  readonly invocation: string;
  readonly kind: string;
  /** It was told within the time that a report is good for, when it was read. */
  readonly fresh: boolean;
  readonly healthy: boolean;
  readonly problems: readonly ReportedProblem[];
  /** Messages that are to be handed over, and to be sent. */
  readonly waiting: { readonly inbound: number; readonly outbound: number };
}

/** Written by a unit when its run has ended, and claimed by the run that follows. */
export interface RunEnd {
  /** Of the run that ended. */
  readonly invocation: string;
  /** Of the run that followed it; empty while none has claimed it. */
  readonly next: string;
  /** As in `UnitDetail`. */
  readonly result: string;
  readonly exit?: NonNullable<UnitDetail['exit']>;
  /** RFC 3339, UTC. */
  readonly at: string;
}

export interface ObservedTmux {
  /** Socket that was asked. */
  readonly socket: string;
  /** No server on the socket is a known state: it has no sessions. */
  readonly server: boolean;
  readonly sessions: readonly ObservedSession[];
}

export interface ObservedSession {
  /** tmux's id, such as `$3`. */
  readonly id: string;
  readonly name: string;
  /** Agent that our tag names; empty on a session that is not ours. */
  readonly agent: string;
  /** InvocationID of the unit run that made the session; empty on a session that is not ours. */
  readonly incarnation: string;
  /** At least one pane of it has a living process. */
  readonly alive: boolean;
  /** Process id of the first pane. */
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Seconds since the epoch of the last output; absent where that was not asked. */
  readonly changed?: number;
}

export interface AdmittedRecord {
  readonly format_version: '1.0';
  /** Commit, 40 or 64 hexadecimal digits; `null` when the rosters came from outside git. */
  readonly revision: string | null;
  /** Absolute path of the repository and its roster directory; `null` when the rosters came from a plain directory. */
  readonly source: { readonly root: string; readonly rosters: string } | null;
  /** Agent names by fleet, as admitted. */
  readonly fleets: Readonly<Record<string, readonly string[]>>;
  /** The desired state that had been reached: what differs from it since is drift. */
  readonly state: HostState;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** Details for people and for what is done about failures, never part of a plan. */
export interface UnitDetail {
  /** Microseconds since the epoch; 0 where systemd does not say. */
  readonly since: number;
  readonly restarts: number;
  /** systemd's word for how its last run ended: `success`, `exit-code`, `signal`, `core-dump`, `oom-kill`, `timeout`, `start-limit-hit`, … */
  readonly result?: string;
  /** Of the main process's last run: `exited`, `killed` or `dumped`, and its exit status or signal number; absent while it never ended. */
  readonly exit?: { readonly how: 'exited' | 'killed' | 'dumped'; readonly status: number };
}
