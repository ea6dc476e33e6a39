import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import type { Desired } from '../model/desired.ts';
import { type Diagnostic, isError, type Place } from '../model/diagnostic.ts';
import type { Observation } from '../model/observation.ts';
import { isEmptyPlan, type Plan } from '../model/plan.ts';
import { agentPath, type Roster } from '../model/roster.ts';
import { makePlan } from '../plan/plan.ts';
import { renderJson } from '../views/json.ts';
import { agentKey, renderPlanAnnotations } from '../views/plan-github.ts';
import { renderMarkdown } from '../views/plan-markdown.ts';
import { renderPlan } from '../views/plan-text.ts';
import { type Comparison, type ComparisonFlags, compareWith } from './comparison.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { desiredOf } from './desired.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { show, showFindings, styleOf } from './output.ts';
import { admitSource, readSource, type Source } from './source.ts';
import { writeOutput } from './written.ts';

export interface PlanFlags extends ComparisonFlags, OutputFlags {
  readonly out?: string;
  readonly detailedExitcode?: boolean;
  readonly adopt?: boolean;
  readonly relaunch?: boolean;
  readonly allHosts?: boolean;
}

/** Read-only: only ports without writing methods are in reach of it. */
export async function plan(dir: string | undefined, flags: PlanFlags, context: Context): Promise<ExitStatus> {
  if (flags.allHosts === true) return (await import('./plan-all.ts')).planAllHosts(dir, flags, context);
  const { plan: made, diagnostics, source } = await makePlanFor(dir, flags, context);
  if (flags.out !== undefined) await writeOutput(flags.out, renderJson(made), context);
  showPlan(made, diagnostics, source, flags, context);
  if (made.diagnostics.some(({ severity }) => severity === 'error')) return exitStatus.failed;
  return flags.detailedExitcode === true && !isEmptyPlan(made) ? exitStatus.changes : exitStatus.done;
}

export interface Planned {
  readonly plan: Plan;
  readonly desired: Desired;
  readonly observation: Observation;
  readonly source: Source;
  readonly comparison: Comparison;
  /** Findings of rosters and of the host, with their places. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Rosters, admission, desired, observed, plan: the one way that `plan` and `apply` go. Git and the host are read side by side. */
export async function makePlanFor(dir: string | undefined, flags: PlanFlags, context: Context): Promise<Planned> {
  const shipped = readShipped(context.packageRoot);
  const reading = readSource(dir, flags, shipped, context);
  reading.catch(() => 'met again below');
  const comparison = await compareWith(dir, flags, shipped, context);
  const composing = reading.then((source) => desiredFrom(source, comparison, shipped));
  const wanted = composing.then(({ desired }) => desired);
  // A look may never ask for it, or ask late.
  wanted.catch(() => 'met again below');
  const observation = await comparison.look(wanted);
  const { desired, admission } = await composing;
  const source = await reading;
  const { plan: made, diagnostics } = makePlan({
    desired,
    observation,
    revision: source.files.revision,
    dirty: source.files.dirty,
    against: comparison.against,
    adopt: flags.adopt === true,
    relaunch: flags.relaunch === true,
    rosterless: source.set.rosters.length === 0,
    diagnostics: admission.diagnostics,
  });
  return { plan: made, desired, observation, source, comparison, diagnostics };
}

const quietMs = 10_000;
const pauseMs = 200;

/** The plan once what systemd is bringing up by itself has come up or failed, or after ten seconds: what moves cannot be planned for. */
export async function planWhenQuiet(dir: string | undefined, flags: PlanFlags, context: Context): Promise<Planned> {
  const deadline = context.now() + quietMs;
  for (;;) {
    const planned = await makePlanFor(dir, flags, context);
    if (planned.plan.waiting.length === 0 || context.now() >= deadline) return planned;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function desiredFrom(source: Source, { facts, previous }: Comparison, shipped: ShippedFiles) {
  const admission = admitSource(source, facts, previous);
  return { admission, desired: desiredOf(admission, source.set, facts, shipped) };
}

export function showPlan(
  made: Plan,
  diagnostics: readonly Diagnostic[],
  source: Source,
  flags: OutputFlags,
  context: Context,
): void {
  switch (formatOf(flags)) {
    case 'json':
      show(renderJson(made), context);
      break;
    case 'markdown':
      show(renderMarkdown(made), context);
      break;
    case 'github':
      show(renderPlanAnnotations([made], made.diagnostics, placesOfAgents(source.set.rosters)), context);
      break;
    case 'text':
      showFindings(flags.quiet === true ? diagnostics.filter(isError) : diagnostics, source.set, flags, context);
      show(renderPlan(made, styleOf(flags, context.stdout, context)), context);
  }
}

/** Where each agent is written. */
export const placesOfAgents = (rosters: readonly Roster[]): ReadonlyMap<string, Place> =>
  new Map(
    rosters.flatMap(({ fleet, agents, locate }) =>
      agents.map(({ name }, index) => [agentKey(fleet, name), locate(agentPath(index, 'name'))] as const),
    ),
  );
