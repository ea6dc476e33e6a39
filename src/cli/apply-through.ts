import type { ControllerStatus } from '../model/controller.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { isEmptyPlan } from '../model/plan.ts';
import { agree } from './agree.ts';
import type { ApplyFlags } from './apply.ts';
import type { Context, ExitStatus } from './context.ts';
import { controlOf } from './control-of.ts';
import { askController } from './controller.ts';
import { formatOf } from './flags.ts';
import { factsOf } from './host.ts';
import { type Planned, planWhenQuiet, showPlan } from './plan.ts';
import { reconcile } from './reconcile.ts';
import { refuse } from './refusal.ts';

/** The controller of this host, where one runs: it alone writes. */
export async function runningController(flags: ApplyFlags, context: Context): Promise<ControllerStatus | null> {
  const asked = await askController(controlOf(factsOf(flags, context), context).status());
  return asked?.answer ?? null;
}

/** Where a controller runs, it carries out what it follows, and nothing else is carried out beside it. */
export async function applyThrough(
  controller: ControllerStatus,
  dir: string | undefined,
  flags: ApplyFlags,
  context: Context,
): Promise<ExitStatus> {
  const planned = await planWhenQuiet(dir, flags, context);
  const why = whyNot(controller, planned, flags);
  if (why !== null) throw controlled(controller, why);
  // That there is nothing to do is told by the controller, once it has looked.
  const errors = planned.diagnostics.filter(isError);
  if (formatOf(flags) === 'text' && flags.quiet !== true && !(isEmptyPlan(planned.plan) && errors.length === 0))
    showPlan(planned.plan, errors, planned.source, flags, context);
  const isAgreed =
    flags.yes === true ||
    isEmptyPlan(planned.plan) ||
    (await agree('Have the controller carry this out?', 'muster apply --yes', flags, context));
  if (!isAgreed) throw refuse({ code: 'apply/failed', summary: 'nothing was done: you did not agree' });
  return reconcile(flags, context);
}

function whyNot({ binding, attempted }: ControllerStatus, { source: { files } }: Planned, flags: ApplyFlags): string | null {
  if (flags.plan !== undefined) return 'It makes its own plans, and carries out none that was saved.';
  if (flags.adopt === true) return 'It takes nothing over.';
  if (flags.relaunch === true) return 'It restarts nobody who runs as its roster says; muster update --relaunch does.';
  if (binding === null || files.root !== binding.repository || (files.folder ?? '.') !== binding.rosters)
    return `This is another repository or roster directory: ${files.root ?? 'none'}, ${files.folder ?? 'none'}.`;
  if (files.dirty || files.revision === null) return 'It goes by what is committed.';
  if (attempted?.revision !== files.revision)
    return `Its branch is at ${attempted?.revision?.slice(0, 12) ?? 'no commit that it could read'}, and this is ${files.revision.slice(0, 12)}.`;
  return null;
}

function controlled({ binding, pid }: ControllerStatus, why: string) {
  const finding: Omit<Diagnostic, 'severity'> = {
    code: 'apply/controlled',
    summary: `a controller runs here (process ${pid}), and follows ${binding?.ref ?? 'nothing'} of ${binding?.repository ?? 'no repository'}`,
    detail: `${why} Nothing was done.`,
    hint: 'Commit there, and it follows. To do it by hand, stop it first: systemctl --user stop mosaic-controller',
  };
  return refuse(finding);
}
