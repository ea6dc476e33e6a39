import type { HistoryAction, SightingCause } from './controller.ts';
import type { Action } from './plan.ts';
import type { StatusAgent, StatusConnector } from './status.ts';

export const whyCodes = [
  'desired-unknown',
  'not-rostered',
  'suspended',
  'masked',
  'foreign',
  'program-missing',
  'left-alone',
  'unknown',
  'back-off',
  'quarantined',
  'failed',
  'waiting',
  'connector',
  'drift',
  'pending',
  'stopped-in-roster',
  'completed',
  'revision-denied',
  'revision-quarantined',
  'revision-unreadable',
  'no-controller',
] as const;
export type WhyCode = (typeof whyCodes)[number];

/** What `explain --json` prints: format_version 1.0, fields in `docs/cli.md`. */
export interface Explanation {
  readonly format_version: '1.0';
  readonly host: string;
  readonly tenant: string;
  /** Commit that was last carried out here. */
  readonly revision: string | null;
  readonly name: string;
  /** `null`: no roster names it, or, where `why` says `desired-unknown`, nobody can tell. */
  readonly desired: ExplainedDesire | null;
  readonly state: StatusAgent['state'];
  readonly unit: string;
  readonly session: StatusAgent['session'];
  readonly since: string | null;
  readonly restarts: number | null;
  readonly drift: readonly string[];
  /** Every reason why it is so, the weightiest first; empty when it is as it should be. */
  readonly why: readonly Why[];
  /** Of an orchestrator: the channel that ends at it; `null` of anybody else. */
  readonly connector: (StatusConnector & { readonly kind: string }) | null;
  /** How it last came to an end, or to be otherwise than desired. */
  readonly ended: Ended | null;
  /** What was done to it, newest last. */
  readonly actions: readonly ExplainedAction[];
  /** What a plan would do to it now. */
  readonly plan: readonly Action[];
}

interface ExplainedDesire {
  readonly fleet: string;
  readonly class: string;
  readonly runtime: string;
  readonly state: 'running' | 'stopped';
  /** Starts at boot. */
  readonly enabled: boolean;
  readonly lifecycle: 'core' | 'ephemeral';
  /** Its place in the roster. */
  readonly file: string;
  readonly line: number;
}

export interface Why {
  readonly code: WhyCode;
  readonly text: string;
  readonly hint?: string;
}

export interface Ended {
  readonly at: string | null;
  readonly cause: SightingCause;
  readonly detail: string;
  /** `host`: as it is now; `history`: as it was seen once. */
  readonly from: 'host' | 'history';
}

export interface ExplainedAction extends Pick<HistoryAction, 'id' | 'verb' | 'reason' | 'outcome' | 'detail'> {
  readonly at: string;
  readonly revision: string | null;
  /** Id of the plan that it was part of. */
  readonly plan: string;
}
