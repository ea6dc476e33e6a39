import type { Attempt, Condition, ControllerRecord } from '../model/controller.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Ledger } from './back-off.ts';
import type { Admitted } from './judge.ts';
import type { Lives } from './lives.ts';
import type { Repeats } from './repeats.ts';

/** All that goes from one pass to the next. `record` alone outlives the process. */
export interface Memory {
  readonly record: ControllerRecord;
  /** There was none, or none that could be read: what was in force is told by the ref that keeps it. */
  readonly recordLost: boolean;
  readonly inForce: Admitted | null;
  /** Key of the revision that the host was last seen to be like. */
  readonly applied: string | null;
  /** The revision in force came in here, and it has not been told yet that the host is like it. */
  readonly isNew: boolean;
  /** The revision that the branch named last, and what came of it. */
  readonly attempt: (Attempt & { readonly key: string | null }) | null;
  /** The revision that was denied last: it is not judged again, whatever became of the branch meanwhile. */
  readonly denied: { readonly key: string; readonly diagnostics: readonly Diagnostic[] } | null;
  /** Monotonic milliseconds: when reading the branch is tried again after it failed, and how often it has failed. */
  readonly reading: Retry;
  /** The same for sources of the host. */
  readonly looking: Retry;
  /** When the trial of the revision in force began here. */
  readonly trialBegun: number;
  readonly ledger: Ledger;
  readonly repeats: Repeats;
  readonly lives: Lives;
  /** InvocationID of the run in which each unit was last live, until it is told how that ended. */
  readonly runs: ReadonlyMap<string, string>;
  /** Units that the last pass acted upon. */
  readonly touched: ReadonlySet<string>;
  /** When each unit ended that systemd was starting again, as far as that was told; microseconds since the epoch, by unit. */
  readonly ends: ReadonlyMap<string, number>;
  /** Wall clock, milliseconds: failures before this were forgotten, for another revision or because the operator said so; `null`: none. */
  readonly anewSince: number | null;
  /** Failures that had been there when that came about, as evidence: they say nothing of what is in force. */
  readonly forgiven: { readonly since: number | null; readonly evidence: ReadonlySet<string> };
  /** By fleet. */
  readonly conditions: ReadonlyMap<string, readonly Condition[]>;
}

/** How often something has failed in a row, and when it is tried again; monotonic milliseconds. */
export interface Retry {
  readonly failures: number;
  readonly notBefore: number;
}

export const noRetry: Retry = { failures: 0, notBefore: 0 };

export const nothingForgiven: Memory['forgiven'] = { since: null, evidence: new Set() };

export const emptyRecord: ControllerRecord = {
  format_version: '1.0',
  binding: null,
  admitted: null,
  good: null,
  trial: null,
  quarantined: null,
};

export const freshMemory = (record: ControllerRecord | null): Memory => ({
  record: record ?? emptyRecord,
  recordLost: record === null,
  inForce: null,
  applied: null,
  isNew: false,
  attempt: null,
  denied: null,
  reading: noRetry,
  looking: noRetry,
  trialBegun: 0,
  ledger: new Map(),
  repeats: new Map(),
  lives: new Map(),
  runs: new Map(),
  touched: new Set(),
  ends: new Map(),
  anewSince: null,
  forgiven: nothingForgiven,
  conditions: new Map(),
});
