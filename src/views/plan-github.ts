import type { Place } from '../model/diagnostic.ts';
import type { Action, Plan, PlanDiagnostic } from '../model/plan.ts';
import { renderAnnotations, renderNote, renderNotice } from './github.ts';
import { reasonText, summaryLine } from './plan-text.ts';
import { plain } from './style.ts';

/** An agent of a fleet, as places are kept. */
export const agentKey = (fleet: string, name: string): string => `${fleet}/${name}`;

/**
 * Plans as workflow commands: findings at their lines, a summary for each plan, and what would happen to each agent at the line that it
 * is written on. Summaries come first: GitHub shows ten of a kind.
 */
export function renderPlanAnnotations(
  plans: readonly Plan[],
  diagnostics: readonly PlanDiagnostic[],
  places: ReadonlyMap<string, Place>,
): string {
  const summaries = plans.map((plan) => renderNotice(`muster plan ${plan.tenant}@${plan.host}`, summaryLine(plan, plain)));
  const agents = plans.flatMap((plan) => agentNotes(plan, places));
  return [renderAnnotations(diagnostics), ...summaries, ...new Set(agents)].join('');
}

function agentNotes({ actions }: Plan, places: ReadonlyMap<string, Place>): readonly string[] {
  const byAgent = new Map<string, Action[]>();
  for (const action of actions) {
    if (action.name === null || action.fleet === null || action.kind === 'connector') continue;
    const key = agentKey(action.fleet, action.name);
    byAgent.set(key, [...(byAgent.get(key) ?? []), action]);
  }
  return [...byAgent].flatMap(([key, steps]) => {
    const place = places.get(key);
    return place === undefined ? [] : [noteOf(steps, place)];
  });
}

function noteOf(steps: readonly Action[], place: Place): string {
  const verbs = [...new Set(steps.map(({ verb }) => verb))].join(', ');
  const why = [...new Set(steps.map(({ reason }) => reasonText[reason]))].join(', ');
  const ends = steps.some(({ disruptive }) => disruptive);
  return renderNote(
    ends ? 'warning' : 'notice',
    place,
    `muster plan: ${steps[0]?.name}`,
    `${verbs} (${why})${ends ? '; ends a running agent' : ''}`,
  );
}
