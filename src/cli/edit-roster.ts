import type { Edit } from '../edit/change.ts';
import { GitError } from '../git/findings.ts';
import { branchToCommitOn, commitFile } from '../git/own-commit.ts';
import { readText, rewrite } from '../git/rewrite.ts';
import { readShipped } from '../host/shipped.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { messageOf } from '../model/message-of.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { renderDiff } from '../views/diff.ts';
import { type EditReport, renderEdit } from '../views/edit.ts';
import { renderJson } from '../views/json.ts';
import { plain } from '../views/style.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { admitCandidate, admitCommit, edited } from './edit-judge.ts';
import { type EditPlace, editPlace } from './edit-place.ts';
import { pruneRemarks } from './edit-prune.ts';
import { bringToHost, refuseUnaskable, refuseUnfollowed } from './edit-start.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';

export interface EditFlags extends OutputFlags {
  readonly rosters: string;
  readonly explicit?: boolean;
  readonly fleet?: string;
  readonly commit?: boolean;
  readonly start?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** What is to be changed in which roster, and how it is told. */
export interface Wanted {
  readonly change: EditReport['change'];
  readonly agent: EditReport['agent'];
  readonly roster: Roster;
  readonly edit: Edit;
  /** First line of the commit message, and the rest of it. */
  readonly subject: string;
  readonly body: string;
  /** What to do instead, by the code of what admission says against it. */
  readonly instead: Readonly<Record<string, string>>;
  /** For whoever reads the edit. */
  readonly remarks: readonly string[];
}

/** Texts by file: as they are, and with what looks like a credential masked. */
export interface Texts {
  readonly own: ReadonlyMap<string, string>;
  readonly masked: ReadonlyMap<string, string>;
}

type Choose = (rosters: readonly Roster[], facts: HostFacts, texts: Texts) => Wanted;

/** Find the roster, edit its text, have it judged, show it; then write, commit and carry it out, as far as was asked for. */
export async function editRosters(choose: Choose, flags: EditFlags, context: Context): Promise<ExitStatus> {
  const shipped = readShipped(context.packageRoot);
  const facts = factsOf({}, context);
  const place = await editPlace(flags, facts, shipped, context);
  const { set } = place.source;
  if (set.diagnostics.some(isError)) throw new Refusal(set.diagnostics.filter(isError), exitStatus.denied, set.sources);
  const texts = await textsOf(place);
  const wanted = choose(set.rosters, facts, { own: texts, masked: set.sources });
  const { file } = wanted.roster;
  const before = texts.get(file) ?? '';
  const after = edited(file, before, wanted.edit);
  const candidate = { file, text: after, instead: wanted.instead };
  const { set: becoming, sources, notices } = await admitCandidate(candidate, place, shipped);
  const prunes = await pruneRemarks(becoming, place, facts, flags.commit === true);
  const diff = { before: set.sources.get(file) ?? '', after: sources.get(file) ?? '' };
  const report = { place, wanted: { ...wanted, remarks: [...wanted.remarks, ...prunes] }, diff, notices, context, flags };
  if (formatOf(flags) === 'text' && flags.quiet !== true) showFindings(notices, { sources }, flags, context);
  if (after === before) return tellOf(report, { outcome: 'unchanged', commit: null });
  if (flags.dryRun === true) return tellOf(report, { outcome: 'dry-run', commit: null });
  if (flags.start === true) refuseUnaskable(place, flags, context);
  const branch = flags.commit === true ? await branchFor(place, file, context) : null;
  if (branch !== null && flags.start === true) refuseUnfollowed(place, isFollowed(place, branch), branch);
  if (branch !== null) await admitCommit(candidate, place, shipped, context);
  await write(place, file, before, after, context);
  if (branch === null) return tellOf(report, { outcome: 'written', commit: null });
  const id = await commit(place, wanted, { before, after }, context);
  return tellOf(report, { outcome: 'committed', commit: { id, branch } });
}

async function textsOf({ root, source }: EditPlace): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { file } of source.files.rosters) texts.set(file, (await readText(root, file)) ?? '');
  return texts;
}

async function branchFor({ root }: EditPlace, file: string, { env }: Context): Promise<string> {
  return branchToCommitOn(root, file, env).catch(refusedByGit);
}

async function write({ root }: EditPlace, file: string, before: string, after: string, { pid }: Context): Promise<void> {
  const written = await rewrite(root, file, before, after, pid).catch((error: unknown) => {
    throw refuse({
      code: 'output/unwritable',
      summary: `${file} cannot be written`,
      detail: messageOf(error),
      hint: 'Nothing was changed. Mend the permissions of the file and its directory, or make room.',
    });
  });
  if (written) return;
  throw refuse({
    code: 'edit/unsafe',
    summary: `nothing was changed: ${file} was changed by somebody else at the same time, or is a link by now`,
    hint: 'Try again.',
  });
}

/** What git does not take is taken back: the file is as it was. */
async function commit(
  { root }: EditPlace,
  wanted: Wanted,
  texts: { before: string; after: string },
  context: Context,
): Promise<string> {
  const { file } = wanted.roster;
  try {
    return await commitFile(root, file, messageFor(wanted, context), context.env);
  } catch (error) {
    await rewrite(root, file, texts.after, texts.before, context.pid).catch(() => {});
    return refusedByGit(error);
  }
}

function messageFor({ subject, body }: Wanted, { env }: Context): string {
  const { MOSAIC_AGENT: agent = '', MOSAIC_FLEET: fleet = '' } = env;
  const asker = isName(agent) && isName(fleet) ? `Asked for by agent ${agent} of fleet ${fleet}.` : '';
  return `${[subject, body, asker].filter((part) => part !== '').join('\n\n')}\n`;
}

function refusedByGit(error: unknown): never {
  throw error instanceof GitError ? new Refusal([error.diagnostic]) : error;
}

interface Told {
  readonly place: EditPlace;
  readonly wanted: Wanted;
  readonly diff: { readonly before: string; readonly after: string };
  readonly notices: readonly Diagnostic[];
  readonly flags: EditFlags;
  readonly context: Context;
}

async function tellOf(
  { place, wanted, diff, notices, flags, context }: Told,
  { outcome, commit }: Pick<EditReport, 'outcome' | 'commit'>,
): Promise<ExitStatus> {
  const { file, fleet } = wanted.roster;
  const json = formatOf(flags) === 'json';
  const follows = commit !== null && isFollowed(place, commit.branch);
  const report: Omit<EditReport, 'host'> = {
    format_version: '1.0',
    change: wanted.change,
    agent: wanted.agent,
    fleet,
    repository: place.root,
    file,
    outcome,
    diff: renderDiff(file, diff.before, diff.after, plain),
    commit,
    next: flags.start === true && commit !== null ? [] : nextCommands(place, wanted, outcome, context),
    remarks: [...wanted.remarks, ...(commit === null || follows ? [] : unfollowed(place))],
    diagnostics: notices.map(planDiagnostic),
  };
  if (!json) showEdit(report, { place, wanted, diff, notices, flags, context }, follows);
  const host = flags.start === true && commit !== null ? await bringToHost(place, follows, flags, context) : null;
  if (json) show(renderJson({ ...report, host }), context);
  return host?.status ?? exitStatus.done;
}

function showEdit(report: Omit<EditReport, 'host'>, { place, wanted, diff, flags, context }: Told, follows: boolean): void {
  const style = styleOf(flags, context.stdout, context);
  if (place.isRecorded && flags.quiet !== true) tell(`editing ${place.root}, which this host follows\n`, context);
  show(renderDiff(report.file, diff.before, diff.after, style), context);
  if (flags.quiet === true) return;
  for (const remark of report.remarks) tell(`${styleOf(flags, context.stderr, context).yellow('·')} ${remark}\n`, context);
  show(renderEdit({ ...report, host: null }, wanted.subject, follows, style), context);
}

const unfollowed = ({ followed }: EditPlace): readonly string[] =>
  followed === null
    ? []
    : [`The controller of this host follows ${followed.ref} of ${followed.repository}, not this branch: merge or push it there.`];

/** Whether the controller of this host reads that branch of that repository. */
const isFollowed = ({ followed, root, source }: EditPlace, branch: string): boolean =>
  followed !== null &&
  followed.repository === root &&
  followed.ref === `refs/heads/${branch}` &&
  followed.rosters === (source.files.folder || '.');

function nextCommands(
  { root, followed, source }: EditPlace,
  { subject, roster }: Wanted,
  outcome: EditReport['outcome'],
  { cwd }: Context,
): readonly string[] {
  const isInside = cwd === root;
  const elsewhere = isInside ? '' : ` -C ${quotedWord(root)}`;
  const commit = `git${elsewhere} commit -m ${quotedWord(subject)} -- ${quotedWord(roster.file)}`;
  const apply = `muster apply${isInside ? '' : ` ${quotedWord(root)}`}`;
  if (outcome === 'committed') return followed === null ? [apply] : [];
  if (outcome !== 'written') return [];
  if (source.files.revision === null) return [`${apply} --worktree`];
  return followed === null ? [commit, apply] : [commit];
}

const quotedWord = (word: string): string => (/^[\w./@:+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
