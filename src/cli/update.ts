import path from 'node:path';
import { isConverged } from '../apply/converge.ts';
import { seedsFile } from '../host/repository-seeds.ts';
import { readSeeds, type SeededRecord, seededStore } from '../host/seeds.ts';
import { isError } from '../model/diagnostic.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Pending } from '../model/plan.ts';
import { isOpen } from '../update/three-way.ts';
import { renderOutcome } from '../views/apply.ts';
import { renderDiff } from '../views/diff.ts';
import { renderStep } from '../views/install.ts';
import { renderJson } from '../views/json.ts';
import { renderPlan } from '../views/plan-text.ts';
import { counted, plain } from '../views/style.ts';
import { renderController, renderCopies, renderEdited, renderSaved, renderVersions } from '../views/update.ts';
import { agree } from './agree.ts';
import { lockLost } from './apply.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { refuse } from './refusal.ts';
import { carryOutReseed, proposeReseed, type Reseeding } from './reseed.ts';
import { branchFor, commitReseed, filesToCommit, type UpdateCommit } from './update-commit.ts';
import { type HostUpdate, type HostUpdated, isDue, isPlanned, obstaclesOf, proposeOnHost, updateHost } from './update-host.ts';

export interface UpdateFlags extends OutputFlags {
  readonly rosters: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly relaunch?: boolean;
  /** Commit what was written in the repository. */
  readonly commit?: boolean;
  /** False with `--no-reseed`. */
  readonly reseed?: boolean;
}

interface Proposal {
  readonly before: SeededRecord | null;
  readonly reseeding: Reseeding | null;
  readonly onHost: HostUpdate;
}

/** Brings host and repository to the version that runs: shows what that changes, asks, does it. A second time there is nothing to do. */
export async function update(dir: string | undefined, flags: UpdateFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  return withHost(facts, context, async (host) => {
    const before = await seededStore(facts.stateDir).read();
    const reseeding = await reseedingOf(dir, before, flags, context);
    const proposal = { before, reseeding, onHost: await proposeOnHost(host, facts, flags, context) };
    if (formatOf(flags) === 'text') showProposal(proposal, flags, context);
    const isDoing = flags.dryRun !== true && isAnything(proposal);
    if (!isDoing) return concluded(proposal, nothingDone, facts, flags, context);
    const branch =
      flags.commit === true && reseeding !== null && isToCommit(reseeding) ? await branchFor(reseeding, context) : null;
    await askFirst(flags, context);

    const steps: object[] = [];
    if (reseeding !== null) await carryOutReseed(reseeding);
    const done = await updateHost(
      proposal.onHost,
      host,
      facts,
      (step) => {
        steps.push(step);
        if (flags.quiet !== true && formatOf(flags) === 'text' && step.outcome === 'done')
          tell(renderStep(step, styleOf(flags, context.stderr, context)), context);
      },
      context,
    );
    // Not before: a controller would follow it, and the plan is of what was in force.
    const commit = branch === null || reseeding === null ? null : await commitReseed(reseeding, branch, context);
    return concluded(proposal, { onHost: done, commit, steps }, facts, flags, context);
  });
}

async function reseedingOf(
  dir: string | undefined,
  before: SeededRecord | null,
  flags: UpdateFlags,
  context: Context,
): Promise<Reseeding | null> {
  if (flags.reseed === false) return null;
  const shipped = readSeeds(context.packageRoot);
  return proposeReseed({ dir, rosters: flags.rosters, shipped, shippedThen: before?.documents ?? {} }, context);
}

/** Where it is to be written. */
const recordOf = ({ folder, seeds }: Reseeding): string | null => (seeds === null ? null : path.posix.join(folder, seedsFile));

const isToCommit = (reseeding: Reseeding): boolean => filesToCommit(reseeding).length > 0;

const isWritten = ({ copies, seeds }: Reseeding): boolean =>
  seeds !== null || copies.some(({ text, beside }) => text !== null || beside !== null);

const isAnything = ({ reseeding, onHost }: Proposal): boolean => (reseeding !== null && isWritten(reseeding)) || isDue(onHost);

function showProposal({ before, reseeding, onHost }: Proposal, flags: UpdateFlags, context: Context): void {
  const style = styleOf(flags, context.stdout, context);
  const findings = [...(reseeding?.findings ?? []), ...obstaclesOf(onHost)];
  showFindings(flags.quiet === true ? findings.filter(isError) : findings, { sources: new Map() }, flags, context);
  if (flags.quiet === true) return;
  show(`${renderVersions(before?.version ?? null, context.version, style)}\n`, context);
  if (reseeding !== null) show(renderCopies({ ...reseeding, record: recordOf(reseeding) }, style), context);
  if (onHost.planned !== null && isPlanned(onHost)) show(`${renderPlan(onHost.planned.plan, style)}\n`, context);
  show(`${renderEdited(onHost.edited, style)}${renderController(onHost.controller, style)}`, context);
}

async function askFirst(flags: UpdateFlags, context: Context): Promise<void> {
  if (flags.yes === true || (await agree('Carry this out?', 'muster update --yes', flags, context))) return;
  throw refuse({ code: 'apply/failed', summary: 'nothing was done: you did not agree' });
}

interface Done {
  /** `null` where nothing was to be done, or nothing was. */
  readonly onHost: HostUpdated | null;
  readonly commit: UpdateCommit | null;
  readonly steps: readonly object[];
}

const nothingDone: Done = { onHost: null, commit: null, steps: [] };

/** What could not be done is told, and only what was done is recorded. */
async function concluded(
  proposal: Proposal,
  done: Done,
  facts: HostFacts,
  flags: UpdateFlags,
  context: Context,
): Promise<ExitStatus> {
  const { reseeding, onHost } = proposal;
  const result = done.onHost?.applied?.result ?? null;
  const isOnHost = result === null ? obstaclesOf(onHost).length === 0 : isConverged(result);
  const isSettled = reseeding === null || (reseeding.findings.length === 0 && !reseeding.copies.some(isOpen));
  if (flags.dryRun !== true && isOnHost) await record(proposal, facts, context);
  if (formatOf(flags) === 'json') show(renderJson(documentOf(proposal, done, flags, context)), context);
  else tellOutcome(proposal, done, flags, context);
  if (result?.lockLost != null) throw lockLost(result.lockLost);
  return isOnHost && isSettled ? exitStatus.done : exitStatus.failed;
}

/** Documents that no repository was compared with stay those of then: copies are told by them. */
function record({ before, reseeding }: Proposal, { stateDir }: HostFacts, context: Context): Promise<void> {
  const documents = before === null || reseeding !== null ? readSeeds(context.packageRoot) : before.documents;
  return seededStore(stateDir).write({ version: context.version, documents });
}

function tellOutcome(proposal: Proposal, done: Done, flags: UpdateFlags, context: Context): void {
  const style = styleOf(flags, context.stdout, context);
  const { onHost } = done;
  if (onHost?.applied != null) show(renderOutcome(onHost.applied.result, style), context);
  if (flags.quiet === true) return;
  for (const saved of onHost?.saved ?? []) show(renderSaved(saved, style), context);
  show(`${closing(proposal, done, flags)}\n`, context);
}

function closing(proposal: Proposal, done: Done, { dryRun }: UpdateFlags): string {
  const { reseeding, onHost } = proposal;
  const pending = done.onHost?.applied?.result.changes.pending ?? onHost.planned?.plan.pending ?? [];
  if (!isAnything(proposal)) return ['Nothing to do.', ...waiting(pending)].join('\n');
  if (dryRun === true) return 'Nothing was done. To carry it out: muster update';
  const isEdited = reseeding !== null && isWritten(reseeding);
  return [
    'Updated.',
    ...(done.commit !== null
      ? [`Committed as ${done.commit.id.slice(0, 12)} on ${done.commit.branch}. ${carriedOutBy(onHost)}`]
      : []),
    ...(isEdited && done.commit === null ? [`Look at the files and commit them: git -C ${reseeding.root} status`] : []),
    ...waiting(pending),
  ].join('\n');
}

const carriedOutBy = ({ controller }: HostUpdate): string =>
  controller === 'none' || controller === 'at-rest'
    ? 'To carry it out here: muster apply'
    : 'The controller carries it out, if it follows that branch.';

/** The holder has no name. */
function waiting(pending: readonly Pending[]): readonly string[] {
  const agents = new Set(pending.map(({ name }) => name).filter((name) => name !== ''));
  const isHolder = pending.some(({ name }) => name === '');
  return [
    ...(agents.size > 0
      ? [
          `${counted(agents.size, 'agent')} kept with what an earlier version gave, until the next start: muster update --relaunch`,
        ]
      : []),
    ...(isHolder ? ['The tmux server, in which all agents are, stays as it is until the next boot.'] : []),
  ];
}

function documentOf(
  { before, reseeding, onHost }: Proposal,
  { onHost: done, commit, steps }: Done,
  { dryRun }: UpdateFlags,
  { version }: Context,
): object {
  const result = done?.applied?.result ?? null;
  return {
    format_version: '1.0',
    from: before?.version ?? null,
    to: version,
    dry_run: dryRun === true,
    repository: reseeding === null ? null : { root: reseeding.root, rosters: reseeding.folder },
    record: reseeding === null ? null : recordOf(reseeding),
    copies: (reseeding?.copies ?? []).map(({ file, of, status, mine, after }) => ({
      file,
      of,
      status,
      diff: after === null ? null : renderDiff(file, mine, after, plain),
    })),
    commit,
    left_alone: (reseeding?.findings ?? []).map(({ place, summary }) => ({ file: place?.file ?? null, why: summary })),
    plan: onHost.planned?.plan ?? null,
    edited: onHost.edited.map((file) => ({ file, saved: done?.saved.find(({ key }) => key === file)?.saved ?? null })),
    controller: onHost.controller,
    steps,
    results: (result?.results ?? []).map(({ action, outcome, detail }) => ({
      ...action,
      outcome,
      ...(detail === undefined ? {} : { detail }),
    })),
    left: result?.left ?? [],
    waiting: result?.waiting ?? [],
    held: result?.held ?? [],
  };
}
