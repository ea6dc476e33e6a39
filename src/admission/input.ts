import type { ConnectorChannel, ConnectorTerms } from '../model/connectors.ts';
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
  /** Connectors that this version serves. */
  readonly connectors: readonly ConnectorTerms[];
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

/** The terms of its kind; `null` where it declares none, or nobody serves that. */
export function termsOf({ connector }: Roster, { connectors }: Pick<AdmissionInput, 'connectors'>): ConnectorTerms | null {
  return connector.declared ? (connectors.find(({ kind }) => kind === connector.kind) ?? null) : null;
}

/** Where it meets its operators, as far as its settings can be made sense of; `null` where that is on this host alone. */
export function channelOf(roster: Roster, input: Pick<AdmissionInput, 'connectors'>): ConnectorChannel | null {
  const terms = termsOf(roster, input);
  return terms === null || terms.problems(roster.connector).length > 0 ? null : terms.channel(roster.connector.settings);
}

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
