import type { Action, Plan, PlanDiagnostic } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { summaryLine } from './plan-text.ts';
import { counted, plain } from './style.ts';

/** The plan as a pull request comment. */
export function renderMarkdown(plan: Plan): string {
  const title = `### Muster plan for \`${code(plan.tenant)}@${code(plan.host)}\``;
  const from =
    plan.revision === null
      ? 'working tree'
      : `\`${code(plan.revision.slice(0, 12))}\`${plan.dirty ? ' with uncommitted files' : ''}`;
  const against = /^[0-9a-f]{40,64}$/.test(plan.against) ? `\`${plan.against.slice(0, 12)}\`` : cell(plan.against);
  const blocks = [
    title,
    `${from} against ${against}: **${summaryLine(plan, plain)}**`,
    ...markdownFindings(plan.diagnostics),
    ...table(plan.actions),
    ...notes(plan),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function table(actions: readonly Action[]): string[] {
  if (actions.length === 0) return [];
  const rows = actions.map(
    ({ verb, fleet, name, unit, target, reason, disruptive }) =>
      `| ${verb} | ${cell(fleet ?? '')} | ${cell(name ?? '')} | ${cell(unit ?? target ?? '')} | ${reason} | ${disruptive ? 'ends a running agent' : ''} |`,
  );
  const head = ['| action | fleet | agent | target | reason | |', '|---|---|---|---|---|---|'];
  return [
    `<details><summary>${counted(actions.length, 'action')}, in order</summary>\n\n${[...head, ...rows].join('\n')}\n\n</details>`,
  ];
}

/** A list of findings for a comment; empty without any. */
export function markdownFindings(diagnostics: readonly PlanDiagnostic[]): string[] {
  if (diagnostics.length === 0) return [];
  const items = diagnostics.map(({ severity, code: name, summary, hint, file, line }) => {
    const place = file === undefined ? '' : ` (${cell(file)}:${line})`;
    return `- **${severity}** \`${name}\`${place}: ${cell(summary)}${hint === undefined ? '' : `. Help: ${cell(hint)}`}`;
  });
  return [items.join('\n')];
}

function notes({ handovers, pending, waiting, unknown }: Plan): string[] {
  const items = [
    ...handovers.map(({ fleet, leaving, entering }) => `- handover in ${cell(fleet)}: ${cell(leaving)} → ${cell(entering)}`),
    ...pending.map(({ name, unit, reason }) => `- pending: ${cell(name || unit)} (${reason})`),
    ...waiting.map((unit) => `- waiting: ${cell(unit)} is coming up by itself`),
    ...unknown.map(({ path, why }) => `- unknown: \`${code(path)}\` (${cell(why)})`),
  ];
  return items.length === 0 ? [] : [items.join('\n')];
}

/** Text that can be neither markup, nor a mention, nor the end of a table cell. */
const cell = (text: string): string => visible(text).replace(/[\\`*_{}[\]<>()#+!|~&@]/g, (sign) => `&#${sign.codePointAt(0)};`);

const code = (text: string): string => visible(text).replaceAll('`', "'");
