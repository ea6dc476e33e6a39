import { admit } from '../admission/admit.ts';
import { composeDesired } from '../desired/compose.ts';
import type { UnitTemplates } from '../desired/units.ts';
import type { ConnectorTerms } from '../model/connectors.ts';
import type { RevisionSource } from '../model/controller-ports.ts';
import type { Desired } from '../model/desired.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { HostFacts } from '../model/observation.ts';
import type { RevisionFiles } from '../model/roster.ts';
import { readRosterSet } from '../roster/read.ts';
import { validateRoster } from '../roster/validator.ts';
import { yamlReaderFor } from '../roster/yaml-reader.ts';

/** A revision that may be carried out. */
export interface Admitted {
  readonly key: string;
  readonly commit: string | null;
  readonly desired: Desired;
  /** The roster directory holds no roster at all. */
  readonly rosterless: boolean;
  readonly origin: { readonly root: string; readonly rosters: string } | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** `passing`: what could not be read may be readable in a moment. */
export type Judgement =
  | { readonly outcome: 'admitted'; readonly admitted: Admitted }
  | { readonly outcome: 'denied'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly outcome: 'passing'; readonly diagnostics: readonly Diagnostic[] };

export interface JudgeInput {
  readonly source: RevisionSource;
  readonly facts: HostFacts;
  readonly shipped: { readonly roles: Readonly<Record<string, string>>; readonly templates: UnitTemplates };
  readonly connectors: readonly ConnectorTerms[];
  readonly fastForwardOnly: boolean;
  readonly verifies: boolean;
}

/** What ran before, as admission compares with it; `null` where nothing did. */
export type Previous = { readonly fleets: Readonly<Record<string, readonly string[]>> } | null;

/** Nothing of a commit is used before its line of descent and its signature are known to be right. */
export async function judgeTip(
  tip: { readonly key: string; readonly commit: string | null },
  inForce: string | null,
  previous: Previous,
  input: JudgeInput,
): Promise<Judgement> {
  if (tip.commit !== null) {
    const obstacle = (await descentFinding(tip.commit, inForce, input)) ?? (await signatureFinding(tip.commit, input));
    if (obstacle !== null) return { outcome: 'denied', diagnostics: [obstacle] };
  }
  return judgeFiles(tip, await input.source.read(tip.key), previous, input);
}

async function descentFinding(
  commit: string,
  inForce: string | null,
  { source, fastForwardOnly }: JudgeInput,
): Promise<Diagnostic | null> {
  if (!fastForwardOnly || inForce === null || inForce === commit || (await source.isAncestor(inForce, commit))) return null;
  return {
    severity: 'error',
    code: 'revision/not-fast-forward',
    summary: `${commit.slice(0, 12)} does not descend from ${inForce.slice(0, 12)}, which is in force`,
    detail: 'The history of the branch was rewritten, or it was reset. What is in force stays.',
    hint: 'Commit on top of what is in force (git revert undoes a commit), or allow it: fast_forward_only: false in controller.yaml.',
  };
}

async function signatureFinding(commit: string, { source, verifies }: JudgeInput): Promise<Diagnostic | null> {
  if (!verifies) return null;
  const verification = await source.verify(commit);
  if (verification.trusted) return null;
  return {
    severity: 'error',
    code: 'revision/untrusted',
    summary: `${commit.slice(0, 12)} is not signed by anybody who is trusted`,
    detail: `${verification.why}. Nothing of it was read.`,
    hint: 'Sign the commit with a key that controller.yaml trusts: git commit --amend --gpg-sign',
  };
}

export async function judgeFiles(
  tip: { readonly key: string; readonly commit: string | null },
  files: RevisionFiles,
  previous: Previous,
  { facts, shipped, connectors }: Pick<JudgeInput, 'facts' | 'shipped' | 'connectors'>,
): Promise<Judgement> {
  const set = readRosterSet(files, shipped.roles, validateRoster, await yamlReaderFor(files.rosters.map(({ text }) => text)));
  if (files.diagnostics.some(({ code, severity }) => severity === 'error' && passing.has(code))) {
    return { outcome: 'passing', diagnostics: files.diagnostics.filter(isError) };
  }
  const admission = admit({ set, scope: facts, connectors, previous, consents: files.trailers });
  if (!admission.admitted) return { outcome: 'denied', diagnostics: admission.diagnostics };
  const desired = composeDesired({ rosters: admission.selected, roles: set.roles, facts, templates: shipped.templates });
  const origin = files.root === null ? null : { root: files.root, rosters: files.folder ?? '.' };
  return {
    outcome: 'admitted',
    admitted: { ...tip, desired, rosterless: set.rosters.length === 0, origin, diagnostics: admission.diagnostics },
  };
}

/** Not the revision's fault, perhaps: asked again. */
const passing: ReadonlySet<string> = new Set(['git/not-found', 'git/not-a-repository', 'git/unknown-revision', 'git/failed']);
