import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { classKnown } from './class-known.ts';
import { connectorOneHost } from './connector-one-host.ts';
import { connectorOperators } from './connector-operators.ts';
import { connectorShape } from './connector-shape.ts';
import { connectorShared } from './connector-shared.ts';
import { connectorUnavailable } from './connector-unavailable.ts';
import { floorEnhancer } from './floor-enhancer.ts';
import { floorOneOrchestrator } from './floor-one-orchestrator.ts';
import { floorIsWaived } from './floor-waived.ts';
import type { AdmissionInput, RepositoryRule, Rule, RuleInput, Scope } from './input.ts';
import { namesUnique } from './names-unique.ts';
import { pruneMass } from './prune-mass.ts';
import { rostersNone } from './rosters-none.ts';
import { runtimeKnown } from './runtime-known.ts';
import { scopesOf } from './scopes.ts';
import { secretsLiteral } from './secrets-literal.ts';
import { selects } from './selects.ts';
import { tmuxOneSocket } from './tmux-one-socket.ts';

export type { AdmissionInput, Scope } from './input.ts';

export interface Admission {
  /** No finding is an error: the revision may be carried out. */
  readonly admitted: boolean;
  /** Rosters that select the scope; without a scope, all of them. */
  readonly selected: readonly Roster[];
  /** Sorted by file, line, column and code, without duplicates; those without a place first. */
  readonly diagnostics: readonly Diagnostic[];
}

const rules: readonly Rule[] = [
  floorOneOrchestrator,
  floorEnhancer,
  floorIsWaived,
  namesUnique,
  tmuxOneSocket,
  runtimeKnown,
  classKnown,
  connectorShape,
  connectorUnavailable,
  connectorOperators,
];

/** Only where somebody asks for one host: without a host there is nothing to be missed, and no record of what ran. */
const hostRules: readonly Rule[] = [rostersNone, pruneMass];

const repositoryRules: readonly RepositoryRule[] = [secretsLiteral, connectorShared, connectorOneHost];

/** Judges a revision as a whole: pure, the same wherever it is asked. */
export function admit(input: AdmissionInput): Admission {
  const { set, scope } = input;
  const findings = [...set.diagnostics, ...repositoryRules.flatMap((rule) => rule(input))];
  if (scope === null) {
    for (const each of scopesOf(set.rosters)) findings.push(...judged(ruleInput(input, each), rules));
  } else {
    findings.push(...judged(ruleInput(input, scope), [...rules, ...hostRules]));
  }
  const diagnostics = sorted(findings);
  const selected = scope === null ? set.rosters : set.rosters.filter((roster) => selects(roster, scope));
  return { admitted: !diagnostics.some(isError), selected, diagnostics };
}

const ruleInput = (input: AdmissionInput, scope: Scope): RuleInput => ({
  ...input,
  scope,
  selected: input.set.rosters.filter((roster) => selects(roster, scope)),
});

const judged = (input: RuleInput, by: readonly Rule[]): Diagnostic[] => by.flatMap((rule) => [...rule(input)]);

function sorted(findings: readonly Diagnostic[]): Diagnostic[] {
  const unique = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.place?.file ?? '', b.place?.file ?? '') ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0) ||
      compare(a.code, b.code) ||
      compare(a.summary, b.summary),
  );
}

/** By code unit, the same under every locale. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
