import { admit, type Scope } from '../admission/admit.ts';
import { namedScopes } from '../admission/scopes.ts';
import { factories } from '../connectors/registry.ts';
import { readShipped, type ShippedFiles } from '../host/shipped.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import { isEmptyPlan, type Plan } from '../model/plan.ts';
import { planDiagnostic } from '../model/plan-diagnostic.ts';
import { makePlan } from '../plan/plan.ts';
import { renderJson } from '../views/json.ts';
import { type Plans, renderPlans, renderPlansMarkdown } from '../views/plan-all.ts';
import { renderPlanAnnotations } from '../views/plan-github.ts';
import { type Base, compareWithConverged, readBase } from './comparison.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { desiredOf } from './desired.ts';
import { formatOf } from './flags.ts';
import { factsElsewhere } from './host.ts';
import { show, showFindings, styleOf } from './output.ts';
import { type PlanFlags, placesOfAgents } from './plan.ts';
import { type Refusal, refuse } from './refusal.ts';
import { readSource, refuseDenied, type Source } from './source.ts';
import { writeOutput } from './written.ts';

/** What a change would do to every host and user that the selectors of it or of its base name. */
export async function planAllHosts(dir: string | undefined, flags: PlanFlags, context: Context): Promise<ExitStatus> {
  const base = baseOf(flags);
  const shipped = readShipped(context.packageRoot);
  const source = await readSource(dir, flags, shipped, context);
  const before = await readBase(base, dir, flags, shipped, context);
  const scopes = namedScopes([...source.set.rosters, ...before.set.rosters]);
  const judged = scopes.map((scope) => judgedFor(scope, source, before, shipped, context));
  refuseDenied(unique(judged.flatMap(({ admission }) => admission.diagnostics)), source.set);
  const made = judged.map((one) => planFor(one, source, flags, shipped));
  const plans = sorted(made.map(({ plan }) => plan));
  const diagnostics = unique(made.flatMap((one) => one.diagnostics));
  if (flags.out !== undefined) await writeOutput(flags.out, json(plans), context);
  tellOf(plans, diagnostics, source, flags, context);
  if (diagnostics.some(isError)) return exitStatus.failed;
  return flags.detailedExitcode === true && plans.touched.length > 0 ? exitStatus.changes : exitStatus.done;
}

function baseOf({ base, host, tenant, observed }: PlanFlags): string {
  if (base === undefined || observed !== undefined)
    throw misused('--all-hosts compares with a commit', 'Name it: muster plan --base origin/main --all-hosts');
  if (host !== undefined || tenant !== undefined)
    throw misused('--all-hosts finds hosts and users in the rosters', 'Leave --host and --tenant out.');
  return base;
}

const misused = (summary: string, hint: string): Refusal => refuse({ code: 'usage', summary, hint }, exitStatus.usage);

type Judged = ReturnType<typeof judgedFor>;

/** Admission and comparison for one host and user. */
export function judgedFor(scope: Scope, { set, files }: Source, before: Base, shipped: ShippedFiles, context: Context) {
  const comparison = compareWithConverged(before, factsElsewhere(scope, context), shipped);
  const { previous } = comparison;
  const admission = admit({ set, scope, connectors: factories, previous, consents: files.trailers });
  // That nothing is for a host that only the base names is what its plan shows.
  const diagnostics = admission.diagnostics.filter(({ code }) => code !== 'rosters/none');
  return { comparison, admission: { ...admission, diagnostics } };
}

/** The plan of what was judged. */
export function planFor(
  { comparison, admission }: Judged,
  { set, files }: Source,
  flags: Pick<PlanFlags, 'adopt' | 'relaunch'>,
  shipped: ShippedFiles,
) {
  const { facts, against, observation } = comparison;
  return makePlan({
    desired: desiredOf(admission, set, facts, shipped),
    observation,
    revision: files.revision,
    dirty: files.dirty,
    against,
    adopt: flags.adopt === true,
    relaunch: flags.relaunch === true,
    rosterless: set.rosters.length === 0,
    diagnostics: admission.diagnostics,
  });
}

function sorted(plans: readonly Plan[]): Plans {
  const ordered = [...plans].sort((a, b) => (a.host === b.host ? (a.tenant < b.tenant ? -1 : 1) : a.host < b.host ? -1 : 1));
  const untouched = ordered.filter(isEmptyPlan).map(({ host, tenant }) => ({ host, tenant }));
  return { touched: ordered.filter((plan) => !isEmptyPlan(plan)), untouched };
}

const unique = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values(),
];

const json = ({ touched, untouched }: Plans): string => renderJson({ format_version: '1.0', plans: touched, untouched });

function tellOf(plans: Plans, diagnostics: readonly Diagnostic[], source: Source, flags: PlanFlags, context: Context): void {
  switch (formatOf(flags)) {
    case 'json':
      show(json(plans), context);
      break;
    case 'markdown':
      show(renderPlansMarkdown(plans), context);
      break;
    case 'github':
      show(renderPlanAnnotations(plans.touched, diagnostics.map(planDiagnostic), placesOfAgents(source.set.rosters)), context);
      break;
    case 'text':
      showFindings(flags.quiet === true ? diagnostics.filter(isError) : diagnostics, source.set, flags, context);
      show(renderPlans(plans, styleOf(flags, context.stdout, context)), context);
  }
}
