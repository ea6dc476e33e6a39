import type { Severity } from './diagnostic.ts';
import type { Digest } from './digest.ts';

export const verbs = [
  'write',
  'linger',
  'reload',
  'reset-failed',
  'enable',
  'start',
  'restart',
  'stop',
  'disable',
  'kill-session',
  'remove',
] as const;
export type Verb = (typeof verbs)[number];

export const reasons = [
  'rostered',
  'not-rostered',
  'config-changed',
  'role-changed',
  'fleet-changed',
  'connector-switched',
  'unit-file-changed',
  'stopped-in-roster',
  'disabled-in-roster',
  'drifted',
  'failed',
  'session-missing',
  'orphan-session',
  'enablement-changed',
  'handover-failed',
  'taken-over',
] as const;
export type Reason = (typeof reasons)[number];

export type TargetKind = 'file' | 'host' | 'manager' | 'holder' | 'agent' | 'connector' | 'session';

/** One step. `id` is the verb and its target; ids are unique in a plan. */
export interface Action {
  readonly id: string;
  readonly verb: Verb;
  readonly kind: TargetKind;
  readonly fleet: string | null;
  /** Agent, or fleet of a connector. */
  readonly name: string | null;
  readonly unit: string | null;
  /** File key of `write` and `remove`, tmux session id of `kill-session`. */
  readonly target: string | null;
  readonly reason: Reason;
  /** Actions that have to succeed first; a `reload` only waits for them to end. */
  readonly after: readonly string[];
  /** Ends a running agent. */
  readonly disruptive: boolean;
}

/** Ending one orchestrator for another: if the entering one fails, the leaving one comes back in the same run. */
export interface Handover {
  readonly fleet: string;
  readonly leaving: string;
  readonly entering: string;
  /** Those of the two that go on in another role: to come back, they need the files that they had. */
  readonly movers: readonly string[];
}

export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  /** JSON Pointer into HostState. */
  readonly path: string;
  readonly value?: unknown;
}

/** A difference that waits for the unit's next start: no action comes of it. */
export interface Pending {
  readonly unit: string;
  readonly name: string;
  readonly fleet: string | null;
  readonly reason: 'config-changed' | 'unit-file-changed' | 'role-changed';
}

/** A place that could not be read, and why; nothing is ever stopped, disabled or removed because of it. */
export interface UnknownPlace {
  readonly path: string;
  readonly why: string;
}

export interface PlanDiagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly summary: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** The plan as scripts see it, format_version 1.0: `docs/cli.md`. */
export interface Plan {
  readonly format_version: '1.0';
  readonly id: Digest;
  readonly revision: string | null;
  /** Made from uncommitted files. */
  readonly dirty: boolean;
  readonly host: string;
  readonly tenant: string;
  /** `host`, `snapshot`, or the revision of `--base`. */
  readonly against: string;
  readonly observed_digest: Digest;
  readonly summary: Readonly<Partial<Record<Verb, number>>>;
  readonly actions: readonly Action[];
  readonly handovers: readonly Handover[];
  readonly patch: readonly PatchOperation[];
  /** Units and files that differ from a state that had been reached. */
  readonly drift: readonly string[];
  readonly pending: readonly Pending[];
  /** Units that systemd is bringing up by itself: waited for, not fought. */
  readonly waiting: readonly string[];
  readonly unknown: readonly UnknownPlace[];
  readonly diagnostics: readonly PlanDiagnostic[];
}

export const isEmptyPlan = (plan: Pick<Plan, 'actions'>): boolean => plan.actions.length === 0;
