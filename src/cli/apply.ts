import { admittedRecord, sameRecord } from '../apply/admitted.ts';
import { type Convergence, converge, isConverged } from '../apply/converge.ts';
import { concurrency, probationMs, settleMs } from '../apply/pace.ts';
import type { RunEvent } from '../apply/run.ts';
import { violationsOf } from '../apply/safety.ts';
import type { HostConnection } from '../host/connect.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { isEmptyPlan } from '../model/plan.ts';
import { type HostWriters, PortError } from '../model/ports.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { noBus } from '../plan/unreadable.ts';
import { renderEvent, renderOutcome } from '../views/apply.ts';
import { renderJson } from '../views/json.ts';
import { agree } from './agree.ts';
import { applyThrough, runningController } from './apply-through.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type HostFlags, type OutputFlags, type SourceFlags } from './flags.ts';
import { factsOf, withHost } from './host.ts';
import { show, showFindings, styleOf, tell } from './output.ts';
import { type Planned, planWhenQuiet, showPlan } from './plan.ts';
import { locked, Refusal, refuse } from './refusal.ts';
import { readPlan, refuseStale, type SavedPlan } from './saved-plan.ts';

export interface ApplyFlags extends SourceFlags, HostFlags, OutputFlags {
  readonly plan?: string;
  readonly yes?: boolean;
  readonly adopt?: boolean;
  readonly relaunch?: boolean;
}

/** Plan, ask, carry out, look again. Whoever agreed beforehand is asked nothing, and the plan is made once, under the lock. */
export async function apply(dir: string | undefined, flags: ApplyFlags, context: Context): Promise<ExitStatus> {
  const controller = await runningController(flags, context);
  if (controller !== null) return applyThrough(controller, dir, flags, context);
  if (flags.plan !== undefined) {
    const saved = await readPlan(flags.plan, context);
    return applyAndReport(dir, { plan: saved, name: flags.plan }, flags, context);
  }
  if (flags.yes === true) return applyAndReport(dir, null, flags, context);
  const shown = await planWhenQuiet(dir, flags, context);
  if (formatOf(flags) === 'text') showPlan(shown.plan, shown.diagnostics, shown.source, flags, context);
  refuseConflicts(shown, flags);
  if (!isEmptyPlan(shown.plan) && !(await agree('Carry this out?', 'muster apply --yes', flags, context)))
    throw refuse({ code: 'apply/failed', summary: 'nothing was done: you did not agree' });
  return applyAndReport(dir, { plan: shown.plan, name: 'the plan that you agreed to' }, flags, context);
}

/** The plan that may be carried out, and no other; `null` where any was agreed to, `shown` where it was looked at, too. */
type Agreed = { readonly plan: SavedPlan; readonly name: string } | 'shown' | null;

async function applyAndReport(dir: string | undefined, agreed: Agreed, flags: ApplyFlags, context: Context): Promise<ExitStatus> {
  const { planned, result } = await applyUnderLock(dir, agreed, flags, context);
  report(planned, result, flags, context);
  if (result.lockLost !== null) throw lockLost(result.lockLost);
  return isConverged(result) ? exitStatus.done : exitStatus.failed;
}

export interface Applied {
  readonly planned: Planned;
  readonly result: Convergence;
}

/** Plans under the lock, carries that out and records it. What came of it is for the caller to tell, also that the lock was lost. */
export async function applyUnderLock(
  dir: string | undefined,
  agreed: Agreed,
  flags: ApplyFlags,
  context: Context,
): Promise<Applied> {
  return withHost(factsOf(flags, context), context, async (host) => {
    const writers = host.writers();
    const lock = await acquire(writers);
    try {
      const planned = await planWhenQuiet(dir, flags, context);
      if (agreed !== null && agreed !== 'shown') refuseStale(agreed.plan, planned.plan, agreed.name);
      else if (agreed === null && formatOf(flags) === 'text') showPlanOrErrors(planned, flags, context);
      refuseConflicts(planned, flags);
      refuseUnsafe(planned);
      const signal = context.interruptions();
      const result = await carryOutPlan(host, writers, planned, flags, signal, context);
      // An interrupted run is no deed, and without the lock nothing is written.
      if (!signal.aborted && result.lockLost === null) await record(planned, result, writers, context);
      return { planned, result };
    } finally {
      await lock.release();
    }
  });
}

function showPlanOrErrors({ plan, diagnostics, source }: Planned, flags: OutputFlags, context: Context): void {
  if (flags.quiet === true) showFindings(diagnostics.filter(isError), source.set, flags, context);
  else showPlan(plan, diagnostics, source, flags, context);
}

const isTrouble = (event: RunEvent): boolean => event.type === 'ended' && event.result.outcome !== 'done';

async function acquire(writers: HostWriters): Promise<{ readonly release: () => Promise<void> }> {
  try {
    const lock = await writers.lock.acquire('muster apply');
    if ('heldBy' in lock) throw locked(lock.heldBy);
    return lock;
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw new Refusal([noBus(error.message, 'Nothing was done.')]);
  }
}

async function carryOutPlan(
  host: HostConnection,
  writers: HostWriters,
  { plan, desired, observation, comparison, source }: Planned,
  flags: ApplyFlags,
  signal: AbortSignal,
  context: Context,
): Promise<Convergence> {
  const style = styleOf(flags, context.stderr, context);
  const { facts } = comparison;
  const look = () => observe(host.readers, facts, scopeOf(desired));
  return converge(plan, { desired, observation, readers: host.readers, writers }, look, {
    concurrency,
    probationMs,
    settleMs,
    hold: { adopt: flags.adopt === true, rosterless: source.set.rosters.length === 0, relaunch: flags.relaunch === true },
    now: context.now,
    signal,
    onEvent: (event) => {
      if (flags.quiet !== true || isTrouble(event)) tell(renderEvent(event, style), context);
    },
  });
}

/** After the deed, also when it went wrong in part: what is left is not recorded as reached. */
async function record(
  { desired, source, comparison }: Planned,
  result: Convergence,
  writers: HostWriters,
  context: Context,
): Promise<void> {
  const { revision, root } = source.files;
  const from = { revision, source: root === null ? null : { root, rosters: source.files.folder ?? '.' } };
  const next = admittedRecord(from, desired, result, context.date().toISOString());
  const last = comparison.previous;
  if (last !== null && sameRecord(last, next)) return;
  try {
    await writers.state.recordAdmitted(next);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw refuse({
      code: 'state/unwritable',
      summary: 'the plan was carried out, and that could not be written down',
      detail: error.message,
      hint: 'Make room or mend the permissions there, then: muster apply',
    });
  }
}

function report({ plan }: Planned, result: Convergence, flags: ApplyFlags, context: Context): void {
  const { results, left, waiting, held } = result;
  if (formatOf(flags) === 'json') {
    const actions = results.map(({ action, outcome, detail }) => ({
      ...action,
      outcome,
      ...(detail === undefined ? {} : { detail }),
    }));
    show(
      renderJson({ format_version: '1.0', plan: plan.id, revision: plan.revision, results: actions, left, waiting, held }),
      context,
    );
  } else if (results.length > 0 || !isConverged(result)) {
    show(renderOutcome(result, styleOf(flags, context.stdout, context)), context);
  }
}

/** What stands in the way has to be settled by a person first: nothing at all is done before. */
function refuseConflicts({ diagnostics, source }: Planned, flags: OutputFlags): void {
  const conflicts = diagnostics.filter(isError);
  if (conflicts.length === 0) return;
  const own: Diagnostic = {
    severity: 'error',
    code: 'apply/failed',
    summary: 'nothing was done: the host is not ready for this plan',
    hint: 'Settle the findings above, then try again.',
  };
  throw new Refusal(formatOf(flags) === 'text' ? [own] : [...conflicts, own], exitStatus.failed, source.set.sources);
}

/** The judge knows the rules of the floor and nothing of how the plan was made. */
function refuseUnsafe({ plan, desired, observation }: Planned): void {
  const violations = violationsOf(plan, desired, observation);
  if (violations.length === 0) return;
  throw refuse({
    code: 'apply/unsafe-plan',
    summary: 'nothing was done: this plan would break the rules that it has to keep',
    detail: violations.join('; '),
    hint: 'This is a defect of muster. Please report it with the output of: muster ps --snapshot FILE',
  });
}

export const lockLost = (why: string): Refusal =>
  refuse({
    code: 'apply/lock-lost',
    summary: 'the run was ended early: somebody else may be changing this host now',
    detail: `${why}. What was under way has ended; nothing more was done.`,
    hint: 'See that the bus is back (after a crash the user manager may need 90 seconds): systemctl --user status; then: muster apply',
  });
