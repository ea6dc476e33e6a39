import { type Ground, plant } from '../git/begin.ts';
import { GitError } from '../git/findings.ts';
import { readSeeds } from '../host/seeds.ts';
import type { Beginning } from '../init/beginning.ts';
import { messageOf } from '../model/message-of.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { renderSeeds } from '../views/init.ts';
import { renderJson } from '../views/json.ts';
import { type Asker, asker } from './asking.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { type Draft, drafted } from './init-draft.ts';
import { runtimesHere } from './init-found.ts';
import { groundFor, refuseUnable, unwritable } from './init-ground.ts';
import { goOn } from './init-next.ts';
import { beginningOf } from './init-questions.ts';
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
  showFindings(notices, { sources }, flags, context);
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
