import path from 'node:path';
import { bindBranch } from '../git/binding.ts';
import type { Beginning } from '../init/beginning.ts';
import { PortError } from '../model/ports.ts';
import type { Asker } from './asking.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { followedHere } from './edit-place.ts';
import { factsOf } from './host.ts';
import type { InitFlags } from './init.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { makePlanFor, showPlan } from './plan.ts';
import { Refusal } from './refusal.ts';

/** What was written. */
export interface Begun {
  readonly root: string;
  /** From the root. */
  readonly rosters: string;
  readonly isCommitted: boolean;
  readonly beginning: Beginning;
}

/** The plan of what was written, then the controller for whoever wants it, else the commands that come next. */
export async function goOn(begun: Begun, asks: Asker | null, flags: InitFlags, context: Context): Promise<ExitStatus> {
  if (flags.quiet !== true) await showWhatComes(begun, flags, context);
  const isFollowed = begun.isCommitted && (await follows(begun, context));
  const wanted =
    begun.isCommitted &&
    !isFollowed &&
    (flags.install === true || (await asks?.agree('Install the controller, which carries this out and keeps it so?')) === true);
  if (wanted) return installed(begun, asks, flags, context);
  if (flags.quiet !== true) show(next(begun, isFollowed, flags, context), context);
  return exitStatus.done;
}

/** Whether the controller of this host reads what was committed. */
async function follows({ root, rosters }: Begun, context: Context): Promise<boolean> {
  const followed = await followedHere(factsOf({}, context), context);
  if (followed === null) return false;
  const here = await bindBranch(root, rosters, null, context.env).catch(() => null);
  return here?.repository === followed.repository && here.ref === followed.ref && here.rosters === followed.rosters;
}

/** A host that cannot be read is no failure of what was written. */
async function showWhatComes({ root, rosters, isCommitted }: Begun, flags: InitFlags, context: Context): Promise<void> {
  const source = { rosters, ref: 'HEAD', ...(isCommitted ? {} : { worktree: true }) };
  const output = flags.color === undefined ? {} : { color: flags.color };
  try {
    show('\n', context);
    const { plan, diagnostics, source: read } = await makePlanFor(root, source, context);
    showPlan(plan, diagnostics, read, output, context);
    show('\n', context);
  } catch (error) {
    if (error instanceof PortError) return tell(`${error.message}\n`, context);
    if (!(error instanceof Refusal)) throw error;
    showFindings(error.diagnostics, error, flags, context);
  }
}

async function installed({ root, rosters }: Begun, asks: Asker | null, flags: InitFlags, context: Context): Promise<ExitStatus> {
  asks?.close();
  const { install } = await import('./install.ts');
  const output = {
    ...(flags.color === undefined ? {} : { color: flags.color }),
    ...(flags.quiet === undefined ? {} : { quiet: flags.quiet }),
  };
  return install(root, { ...output, ...(rosters === 'rosters' ? {} : { rosters }) }, context);
}

function next({ root, rosters, isCommitted, beginning }: Begun, isFollowed: boolean, flags: InitFlags, context: Context): string {
  const style = styleOf(flags, context.stdout, context);
  const go =
    root === context.cwd
      ? []
      : [`cd ${quoted(path.relative(context.cwd, root).startsWith('..') ? root : path.relative(context.cwd, root))}`];
  const from = rosters === 'rosters' ? '' : ` --rosters ${quoted(rosters)}`;
  const steps = isCommitted
    ? [
        ...go,
        ...(beginning.connector.kind === 'tmux'
          ? []
          : [`muster connector login ${beginning.fleet}   # its secret, which is no part of a roster`]),
        ...(isFollowed
          ? ['muster reconcile   # the controller follows this branch; it waits for what it does']
          : [
              `muster apply${from}      # once`,
              `muster install${from}    # or from now on: a controller that follows the branch`,
            ]),
      ]
    : [...go, 'git add . && git commit   # only what is committed counts', `muster plan${from}`];
  return `${style.cyan('next:')} ${steps.join('\n      ')}\n`;
}

const quoted = (word: string): string => (/^[\w./@:+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
