import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, PlanDiagnostic } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { markdownFindings, renderMarkdown } from './plan-markdown.ts';
import { renderPlan } from './plan-text.ts';
import { counted, plain, type Style } from './style.ts';

export interface Plans {
  /** Those with something to do, or with a finding of their own. */
  readonly touched: readonly Plan[];
  /** Hosts and tenants for which nothing changes. */
  readonly untouched: readonly { readonly host: string; readonly tenant: string }[];
}

export function renderPlans({ touched, untouched }: Plans, style: Style): string {
  const blocks = alike(touched).map(({ plan, others }) => {
    const same = others.length === 0 ? '' : `The same for ${others.map((name) => style.bold(name)).join(', ')}.\n`;
    return `${renderPlan(plan, style)}${same}`;
  });
  return `${[...blocks, `${style.bold(summaryOf({ touched, untouched }))}\n`].join('\n')}`;
}

/** What a comment of GitHub may have, in characters, and a little less. */
const longest = 60_000;

/** One comment for all hosts. Bytes are the same for the same plans: a comment may be replaced by the next. */
export function renderPlansMarkdown({ touched, untouched }: Plans): string {
  const head = `## Muster\n\n${summaryOf({ touched, untouched })}`;
  const blocks = alike(touched).map(({ plan, others }) => {
    const same =
      others.length === 0 ? '' : `\n\nThe same for ${others.map((name) => `\`${name.replaceAll('`', "'")}\``).join(', ')}.`;
    return `${renderMarkdown(plan).trimEnd()}${same}`;
  });
  const whole = `${[head, ...blocks].join('\n\n')}\n`;
  if (whole.length <= longest) return whole;
  const short = blocks.map((block) => block.replace(/<details>[\s\S]*<\/details>\n*/, ''));
  return `${[head, 'This is too much for a comment: the actions are in the log of the job.', ...short].join('\n\n').slice(0, longest)}\n`;
}

/** Plans that differ in nothing but for whom they are, together; each with the names of the others. */
function alike(plans: readonly Plan[]): readonly { readonly plan: Plan; readonly others: readonly string[] }[] {
  const groups = new Map<string, { readonly plan: Plan; readonly others: string[] }>();
  for (const plan of plans) {
    const { actions, handovers, pending, waiting, unknown, diagnostics } = plan;
    const key = JSON.stringify([actions, handovers, pending, waiting, unknown, diagnostics]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { plan, others: [] });
    else group.others.push(visible(`${plan.tenant}@${plan.host}`));
  }
  return [...groups.values()];
}

/** Why nothing was planned, as a comment: each finding with its lines. */
export function renderDenialMarkdown(
  flat: readonly PlanDiagnostic[],
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): string {
  // No line of it can end the block: what begins like its end is indented.
  const frames = renderDiagnostics(diagnostics, sources, plain).replace(/^(?=\s*```)/gm, ' │ ');
  const blocks = ['## Muster', '**Denied: nothing of this change would be carried out.**', ...markdownFindings(flat)];
  return `${[...blocks, `\`\`\`\`text\n${frames.trimEnd()}\n\`\`\`\``].join('\n\n')}\n`;
}

/** `2 hosts and users touched: jason@a, jason@b. 1 is not.` */
function summaryOf({ touched, untouched }: Plans): string {
  const names = touched.map(({ host, tenant }) => visible(`${tenant}@${host}`));
  const rest =
    untouched.length === 0
      ? ''
      : ` ${untouched.length} not touched: ${some(untouched.map(({ host, tenant }) => visible(`${tenant}@${host}`)))}.`;
  if (touched.length === 0) return `Nothing changes on any host.${rest}`;
  return `${counted(touched.length, 'host')} touched: ${some(names)}.${rest}`;
}

const some = (names: readonly string[]): string => `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`;
