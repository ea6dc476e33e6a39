/** Words of the controller: what it follows, what it remembers, and what it tells. Formats: `docs/controller.md`. */

import type { PlanDiagnostic, Verb } from './plan.ts';

/** What a controller is bound to: made when it is installed or first started, and kept. */
export interface Binding {
  /** Absolute path of the repository. */
  readonly repository: string;
  /** Full name, such as `refs/heads/main`: checking out another branch changes nothing. */
  readonly ref: string;
  /** Roster directory, relative to the repository. */
  readonly rosters: string;
}

/** What the operator may set; every default filled in. Durations in milliseconds. */
export interface ControllerConfig {
  /** `null`: whatever repository the controller is started in. */
  readonly repository: string | null;
  /** URL or path that is fetched into a repository of the controller's own; `null`: `repository` is read where it is. */
  readonly remote: { readonly url: string; readonly intervalMs: number } | null;
  /** Branch; `null`: the one that is checked out when the controller is first started. */
  readonly ref: string | null;
  readonly rosters: string;
  readonly worktree: boolean;
  /** Whether a revision has to descend from the one in force. */
  readonly fastForwardOnly: boolean;
  readonly signatures: SignaturePolicy | null;
  readonly health: { readonly deadlineMs: number; readonly stableMs: number };
  readonly resyncMs: number;
  /** `null`: no metrics. */
  readonly metrics: { readonly host: string; readonly port: number } | { readonly socket: string } | null;
  /** Write the outcome of each revision as a git note (`refs/notes/muster`). */
  readonly notes: boolean;
  /** argv of a program that is told each outcome. */
  readonly hook: readonly string[] | null;
}

export type SignaturePolicy =
  | { readonly format: 'ssh' /** Absolute path, see ssh-keygen(1). */; readonly allowedSigners: string }
  | {
      readonly format: 'gpg' /** Absolute path of a GnuPG home directory that holds the trusted keys, and no others. */;
      readonly home: string;
    };

/** Somebody asked that a fleet or an agent be left as it is. */
export interface Suspension {
  readonly kind: 'fleet' | 'agent';
  readonly name: string;
  readonly reason: string | null;
  /** RFC 3339, UTC. */
  readonly since: string;
  /** When it ends by itself; `null`: when it is resumed. */
  readonly until: string | null;
  /** Who asked: a user name. */
  readonly by: string;
}

/**
 * What a controller remembers over its own end, in `controller.json`. All of it can be lost: what is in force is then found from
 * the refs that it keeps, and from the host.
 */
export interface ControllerRecord {
  readonly format_version: '1.0';
  readonly binding: Binding | null;
  /** Commit in force: admitted last, and healed since. */
  readonly admitted: string | null;
  /** Commit under which the floor last proved healthy. */
  readonly good: string | null;
  /** The commit in force has yet to prove itself. `blamed`: the floor was healthy before it, so that what is wrong now is its doing. */
  readonly trial: { readonly revision: string; readonly blamed: boolean } | null;
  /** Not tried again until the branch names another one. */
  readonly quarantined: Quarantine | null;
}

export interface Quarantine {
  readonly revision: string;
  readonly why: string;
  readonly at: string;
}

export const conditionTypes = ['Admitted', 'Reconciled', 'Healthy', 'FloorHeld', 'ConnectorReady', 'Suspended'] as const;
export type ConditionType = (typeof conditionTypes)[number];

/** Shape and meaning as in Kubernetes: `since` is when `status` last changed. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** One word in CamelCase, from a closed list: `docs/controller.md`. */
  readonly reason: string;
  readonly message: string;
  readonly since: string;
  readonly observed_revision: string | null;
}

/** An agent (or another resource) that keeps failing: what is done about it waits. */
export interface BackOff {
  /** Unit, file key, or what else actions act upon. */
  readonly resource: string;
  readonly failures: number;
  readonly why: string;
  /** RFC 3339, UTC; `null`: not before something changes. */
  readonly until: string | null;
  readonly quarantined: boolean;
}

/** What the controller tells of itself: `status.json`, and `GET /v1/status`. */
export interface ControllerStatus {
  readonly format_version: '1.0';
  readonly host: string;
  readonly tenant: string;
  readonly pid: number;
  readonly started: string;
  readonly binding: Binding | null;
  /** Commit that the branch names, what came of it, and which one is in force. */
  readonly attempted: Attempt | null;
  readonly applied: string | null;
  readonly good: string | null;
  readonly quarantined: Quarantine | null;
  readonly fleets: readonly { readonly name: string; readonly conditions: readonly Condition[] }[];
  readonly back_offs: readonly BackOff[];
  readonly suspensions: readonly Suspension[];
  /** Actions that the last look still asked for, and places that are left alone. */
  readonly left: readonly string[];
  readonly drift: readonly string[];
  /** Why nothing can be done at all just now, such as a bus that is away; `null` otherwise. */
  readonly obstacle: string | null;
  /** Why what the remote has now is not known, such as a server that is away; absent where it is. */
  readonly unfetched?: string;
  readonly passes: number;
  readonly last_pass: { readonly at: string; readonly took_ms: number } | null;
}

export interface Attempt {
  /** Commit; `null` where the branch cannot be read. */
  readonly revision: string | null;
  readonly outcome: 'admitted' | 'denied' | 'quarantined' | 'unreadable';
  readonly diagnostics: readonly PlanDiagnostic[];
  readonly at: string;
}

/** One line of the history. Each is written after the deed. */
export type HistoryEntry = HistoryBase &
  (
    | {
        readonly kind: 'pass';
        /** What woke it: `revision`, `unit`, `session`, `connector`, `file`, `resync`, `signal`, `reconcile`, `suspension`, `start`. */
        readonly triggers: readonly string[];
        readonly plan: string;
        readonly took_ms: number;
        /** What was found out of order before it; without actions, what systemd was starting again by itself. */
        readonly seen: readonly Sighting[];
        readonly actions: readonly HistoryAction[];
      }
    | {
        readonly kind: 'revision';
        /** The revision that it is about. */
        readonly subject: string;
        /** `applied`: the host is as it says. `good`: and the floor has proved well under it. `returned`: it came back in place of another. */
        readonly outcome: 'admitted' | 'denied' | 'applied' | 'good' | 'quarantined' | 'returned';
        readonly message: string;
        readonly diagnostics: readonly PlanDiagnostic[];
      }
    | { readonly kind: 'suspended' | 'resumed'; readonly target: string; readonly by: string; readonly message: string }
    | { readonly kind: 'controller'; readonly event: 'started' | 'stopped' | 'failed'; readonly message: string }
  );

interface HistoryBase {
  readonly format_version: '1.0';
  readonly at: string;
  /** Commit in force. */
  readonly revision: string | null;
}

export interface HistoryAction {
  readonly id: string;
  readonly verb: Verb;
  readonly fleet: string | null;
  readonly name: string | null;
  readonly unit: string | null;
  readonly reason: string;
  readonly outcome: 'done' | 'failed' | 'blocked' | 'not-run' | 'unfinished';
  readonly detail?: string;
}

/** How a unit came to be as it was found. */
export interface Sighting {
  readonly unit: string;
  readonly name: string;
  readonly cause: SightingCause;
  /** Such as `exit status 7`, `signal 9 (KILL)`. */
  readonly detail: string;
}

export type SightingCause =
  | 'stopped-by-hand'
  | 'disabled-by-hand'
  | 'masked-by-hand'
  | 'crashed'
  | 'killed'
  | 'out-of-memory'
  | 'timed-out'
  | 'misconfigured'
  | 'session-ended'
  | 'not-started'
  /** Started again before anybody could see how it had ended. */
  | 'ended';
