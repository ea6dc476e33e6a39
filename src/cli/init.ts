import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Ground, groundAt, mayWriteIn, plant } from '../git/begin.ts';
import { GitError } from '../git/findings.ts';
import { seedsFile } from '../host/repository-seeds.ts';
import { readSeeds } from '../host/seeds.ts';
import { readShipped } from '../host/shipped.ts';
import type { Beginning } from '../init/beginning.ts';
import { rosterText } from '../init/roster-text.ts';
import { ciSeed, recordSeed, roleSeeds, type Seed } from '../init/seeds.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { messageOf } from '../model/message-of.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { renderSeeds } from '../views/init.ts';
import { renderJson } from '../views/json.ts';
import { type Asker, asker } from './asking.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { expanded, runtimesHere } from './init-found.ts';
import { judgedBeginning } from './init-judge.ts';
import { goOn } from './init-next.ts';
import { beginningOf, type Inquiry, runtimesOf } from './init-questions.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';

export interface InitFlags extends OutputFlags {
  readonly profile?: string;
  readonly connector?: string;
  readonly fleet?: string;
  readonly runtime?: string;
  readonly workingDirectory?: string;
  readonly host?: string;
  readonly operator: readonly string[];
  readonly homeserverUrl?: string;
  readonly userId?: string;
  readonly roomId?: string;
  readonly channelId?: string;
  readonly ci?: string;
  readonly rosters: string;
  /** False with `--no-commit`. */
  readonly commit: boolean;
  readonly install?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** A first fleet in a repository: ask, judge, show, write and commit; then the plan, and what comes next. Writes nothing that it has not shown. */
export async function init(dir: string | undefined, flags: InitFlags, context: Context): Promise<ExitStatus> {
  const asks = askerFor(flags, context);
  try {
    const facts = factsOf({}, context);
    const inquiry = { flags, asker: asks, facts, found: await runtimesHere(facts, context), presets: presetsOf(context) };
    const ground = await groundFor(dir, inquiry, context);
    await refuseUnable(ground, flags);
    const beginning = await beginningOf(inquiry, ground);
    const draft = await drafted(beginning, ground, inquiry, context);
    if (formatOf(flags) === 'text') showDraft(draft, asks, ground, flags, context);
    if (flags.dryRun === true) return ended('dry-run', draft, null, ground, flags, context);
    if (draft.seeds.length === 0) return ended('unchanged', draft, null, ground, flags, context);
    if (!(await agreed(asks, draft, flags, context)))
      throw refuse({ code: 'apply/failed', summary: 'nothing was written: you did not agree' });
    const commit = await planted(ground, draft, beginning, flags, context);
    const status = ended(commit === null ? 'written' : 'committed', draft, commit, ground, flags, context);
    if (formatOf(flags) === 'json') return status;
    return await goOn(
      { root: ground.root, rosters: draft.folder, isCommitted: commit !== null, beginning },
      asks,
      flags,
      context,
    );
  } finally {
    asks?.close();
  }
}

/** Whoever can be asked. Without a terminal, flags have to say enough: `--yes` or `--dry-run`. */
function askerFor(flags: InitFlags, context: Context): Asker | null {
  if (flags.yes === true || flags.dryRun === true) return null;
  const { stdin, stderr } = context;
  if (stdin.isTTY === true && stderr.isTTY === true && formatOf(flags) === 'text') {
    tell('A first fleet. Nothing is written before you have seen it; Ctrl-C ends it.\n\n', context);
    return asker(context, styleOf(flags, stderr, context));
  }
  throw refuse(
    {
      code: 'usage',
      summary: 'nobody can be asked: this is not a terminal, or the output is not for people',
      hint: 'Say it all beforehand: muster init DIR --profile general --connector tmux --yes',
    },
    exitStatus.usage,
  );
}

const presetsOf = ({ packageRoot }: Context): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(readSeeds(packageRoot)).flatMap(([name, text]) => {
      const profile = /^presets\/(.*)\.yaml$/.exec(name)?.[1];
      return profile === undefined ? [] : [[profile, text]];
    }),
  );

/** The directory that is named or answered; else this one, if it is a repository or empty; else one of its own below it. */
async function groundFor(dir: string | undefined, { asker: asks, facts }: Inquiry, context: Context): Promise<Ground> {
  const here = await groundAt(context.cwd, context.env).catch(refusedByGit);
  const isPlace = here.repository !== null || here.topLevel.length === 0;
  if (dir === undefined && asks === null && isPlace) return { ...here, prefix: '' };
  const likely = isPlace ? '.' : 'fleet';
  const answer = dir ?? (await asks?.text('Where does its git repository live, or is to?', likely, () => null)) ?? likely;
  const where = path.resolve(context.cwd, expanded(answer, facts));
  if (where === facts.home) throw homeItself(answer);
  return groundAt(where, context.env).catch((error: unknown) => {
    if (error instanceof GitError) return refusedByGit(error);
    throw refuse({ code: 'output/unwritable', summary: `there can be no repository in ${answer}`, detail: messageOf(error) });
  });
}

const homeItself = (answer: string): Refusal =>
  refuse(
    {
      code: 'usage',
      summary: 'a home directory would become a repository as a whole',
      hint: `Name a directory in it: muster init ${answer === '~' ? '~' : answer}/fleet`,
    },
    exitStatus.usage,
  );

function refusedByGit(error: unknown): never {
  throw error instanceof GitError ? new Refusal([error.diagnostic]) : error;
}

/** Told before the first question: what no answer would mend. */
async function refuseUnable({ root, repository }: Ground, { commit, dryRun }: InitFlags): Promise<void> {
  if (dryRun === true) return;
  if (!(await mayWriteIn(root))) throw unwritable(root, 'You may not write there.');
  if (!commit || repository === null) return;
  if (repository.obstacle !== null) throw new Refusal([repository.obstacle.diagnostic]);
  if (repository.branch === null)
    throw refuse({
      code: 'edit/not-committed',
      summary: 'nothing was written: no branch is checked out, HEAD is detached',
      detail: 'A commit there would be on no branch.',
      hint: 'Check a branch out first: git switch main. Or leave the commit to you: --no-commit',
    });
}

/** What would be written, as it was judged. */
export interface Draft {
  /** Files that are not there yet. */
  readonly seeds: readonly Seed[];
  /** Files that are there, and stay. */
  readonly kept: readonly string[];
  /** Roster directory, from the root. */
  readonly folder: string;
  readonly notices: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, string>;
  readonly remarks: readonly string[];
}

async function drafted(beginning: Beginning, ground: Ground, inquiry: Inquiry, context: Context): Promise<Draft> {
  const { flags, presets } = inquiry;
  const folder = path.posix.join(ground.prefix, flags.rosters);
  if (path.posix.isAbsolute(folder) || folder === '..' || folder.startsWith('../'))
    throw refuse(
      {
        code: 'usage',
        summary: `${flags.rosters} is not in the repository`,
        hint: 'Name a directory from its root: --rosters rosters',
      },
      exitStatus.usage,
    );
  const text = rosterText(presets[beginning.profile] ?? '', beginning);
  const roster: Seed = { file: path.posix.join(folder, `${beginning.fleet}.yaml`), text, what: 'roster' };
  await refuseTaken(ground, roster, beginning);
  const shipped = readShipped(context.packageRoot);
  const { set, roster: read, notices } = await judgedBeginning(roster, { ...ground, folder }, shipped, context);
  const ci = beginning.ci === null ? [] : [ciOf(beginning.ci, folder, ground, context)];
  const roles = roleSeeds(read, set, folder);
  const isPresent = ({ file }: Seed): Promise<boolean> => isThere(path.join(ground.root, file));
  const fresh = await without(roles, isPresent);
  // What is there already was copied from something that nobody knows.
  const record = fresh.length === 0 ? [] : await without([recordSeed(fresh, folder, seedsFile)], isPresent);
  const wanted = [roster, ...roles, ...ci];
  const seeds = await without([roster, ...fresh, ...record, ...ci], isPresent);
  return {
    seeds,
    kept: wanted.map(({ file }) => file).filter((file) => !seeds.some((seed) => seed.file === file)),
    folder,
    notices,
    sources: set.sources,
    remarks: remarksOf(beginning, ground, inquiry),
  };
}

async function without(seeds: readonly Seed[], isPresent: (seed: Seed) => Promise<boolean>): Promise<readonly Seed[]> {
  const present = await Promise.all(seeds.map(isPresent));
  return seeds.filter((_, index) => present[index] !== true);
}

const isThere = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** The same roster a second time is nothing to do; another one of that name is never written over. */
async function refuseTaken({ root }: Ground, { file, text }: Seed, { fleet }: Beginning): Promise<void> {
  const found = await readFile(path.join(root, file), 'utf8').catch(() => null);
  const isFree = found === null ? !(await isThere(path.join(root, file))) : found === text;
  if (isFree) return;
  throw refuse({
    code: 'edit/denied',
    summary: `nothing was written: ${file} is there already`,
    detail: 'What is there is never written over.',
    hint: `Change it with muster add, remove and set; or begin another fleet beside it: --fleet ${fleet}2 --host NAME`,
  });
}

function ciOf(
  system: NonNullable<Beginning['ci']>,
  folder: string,
  { repository }: Ground,
  { packageRoot, version }: Context,
): Seed {
  const template = readFileSync(path.join(packageRoot, 'rosters', 'ci', `${system}.yaml`), 'utf8');
  return ciSeed(system, template, { version, rosters: folder, branch: repository?.branch ?? 'main' });
}

function remarksOf(
  { profile, runtime }: Beginning,
  { repository, nameless }: Ground,
  { flags, found, presets }: Inquiry,
): readonly string[] {
  const changed = repository?.changed ?? 0;
  const wanted = runtimesOf(presets[profile] ?? '');
  return [
    ...(runtime === 'stub' && flags.runtime === undefined && found.length === 0
      ? [
          `No program of an agent is installed here (${wanted.join(', ')}): the runtime stub stands in, and asks no model.`,
          'Once one is: muster set NAME runtime=claude',
        ]
      : []),
    ...(changed > 0
      ? [
          `${changed} changed ${changed === 1 ? 'file' : 'files'} of the repository ${changed === 1 ? 'is' : 'are'} not committed, and ${changed === 1 ? 'stays' : 'stay'} so.`,
        ]
      : []),
    ...(nameless && flags.commit
      ? [
          'git does not know your name: the commit gets the name of your user. To mend it afterwards:',
          'git config --global user.name "…"; git config --global user.email "…"; git commit --amend --reset-author',
        ]
      : []),
  ];
}

function showDraft(
  { seeds, kept, remarks, notices, sources }: Draft,
  asks: Asker | null,
  { root, repository }: Ground,
  flags: InitFlags,
  context: Context,
): void {
  if (flags.quiet === true) return;
  const style = styleOf(flags, context.stdout, context);
  if (asks !== null) tell('\n', context);
  showFindings(notices, sources, flags, context);
  show(`${repository === null ? 'A new repository in' : 'In'} ${style.bold(root)}:\n\n`, context);
  show(renderSeeds(seeds, kept, flags.dryRun === true, style), context);
  for (const remark of remarks) tell(`${styleOf(flags, context.stderr, context).yellow('·')} ${remark}\n`, context);
  show('\n', context);
}

async function agreed(asks: Asker | null, { seeds }: Draft, flags: InitFlags, context: Context): Promise<boolean> {
  if (asks === null) return true;
  const style = styleOf(flags, context.stdout, context);
  return asks.agree(flags.commit ? 'Write and commit this?' : 'Write this?', () =>
    show(`\n${renderSeeds(seeds, [], true, style)}\n`, context),
  );
}

async function planted(
  ground: Ground,
  { seeds }: Draft,
  { fleet, profile }: Beginning,
  flags: InitFlags,
  context: Context,
): Promise<string | null> {
  const message = `Begin the fleet ${fleet}\n\nFrom the profile ${profile}, by muster init.\n`;
  const { tenant, host } = factsOf({}, context);
  const madeUp = ground.nameless ? { name: tenant, email: `${tenant}@${host}` } : null;
  return plant(ground, seeds, flags.commit ? { message, madeUp } : null, context.env, context.interruptions()).catch(
    (error: unknown) => {
      if (error instanceof GitError) throw new Refusal([error.diagnostic]);
      throw unwritable(ground.root, messageOf(error));
    },
  );
}

const unwritable = (root: string, detail: string): Refusal =>
  refuse({
    code: 'output/unwritable',
    summary: `nothing was written to ${root}`,
    detail,
    hint: 'Name a directory that is yours: muster init DIR',
  });

type Outcome = 'dry-run' | 'unchanged' | 'written' | 'committed';

function ended(
  outcome: Outcome,
  draft: Draft,
  commit: string | null,
  { root }: Ground,
  flags: InitFlags,
  context: Context,
): ExitStatus {
  if (formatOf(flags) === 'json') {
    const { seeds, kept, remarks, notices } = draft;
    const files = [
      ...seeds.map(({ file, what, text }) => ({ file, what, text, is: outcome === 'dry-run' ? 'new' : 'written' })),
      ...kept.map((file) => ({ file, what: null, text: null, is: 'kept' })),
    ];
    show(
      renderJson({
        format_version: '1.0',
        outcome,
        repository: root,
        rosters: draft.folder,
        commit,
        files,
        remarks,
        diagnostics: notices.map(planDiagnostic),
      }),
      context,
    );
  } else if (flags.quiet !== true) show(`${words(outcome, commit, styleOf(flags, context.stdout, context))}\n`, context);
  return exitStatus.done;
}

function words(outcome: Outcome, commit: string | null, style: ReturnType<typeof styleOf>): string {
  switch (outcome) {
    case 'dry-run':
      return `${style.yellow('·')} Nothing was written.`;
    case 'unchanged':
      return `${style.dim('·')} All of it is there already.`;
    case 'written':
      return `${style.green('✓')} Written, not committed.`;
    case 'committed':
      return `${style.green('✓')} Written and committed: ${commit?.slice(0, 12) ?? ''}`;
  }
}
