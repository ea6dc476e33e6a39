import type { Diagnostic, DiagnosticCode, Place } from '../model/diagnostic.ts';
import type { Roster, RosterSet } from '../model/roster.ts';

export interface Scope {
  readonly host: string;
  readonly tenant: string;
}

export interface AdmissionInput {
  readonly set: RosterSet;
  /** `null` judges for every host and tenant that the selectors can tell apart. */
  readonly scope: Scope | null;
  /** Connector kinds that can be served here; tmux always is. */
  readonly servedKinds: readonly string[];
  /** Agents by fleet as last admitted on this host, or in the base revision; `null` when there is nothing to compare with. */
  readonly previous: { readonly fleets: Readonly<Record<string, readonly string[]>> } | null;
  /** Fleets whose shrinking the commit consents to with `Muster-Allow-Prune` trailers. */
  readonly consents: readonly string[];
}

/** What a rule sees: one host and tenant, and the rosters that select it. */
export interface RuleInput extends AdmissionInput {
  readonly scope: Scope;
  readonly selected: readonly Roster[];
}

export type Rule = (input: RuleInput) => readonly Diagnostic[];

/** A rule about the repository, whoever its rosters select. */
export type RepositoryRule = (input: AdmissionInput) => readonly Diagnostic[];

export function denial(
  code: DiagnosticCode,
  summary: string,
  more: { detail?: string; hint?: string; place?: Place },
): Diagnostic {
  return { severity: 'error', code, summary, ...more };
}

export function notice(
  code: DiagnosticCode,
  summary: string,
  more: { detail?: string; hint?: string; place?: Place },
): Diagnostic {
  return { severity: 'notice', code, summary, ...more };
}
