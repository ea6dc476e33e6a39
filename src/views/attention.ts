import type { ActivityState } from '../model/agents.ts';
import type { ReportedAgent } from '../model/report.ts';
import { visible } from '../model/visible.ts';
import { some, wrapped } from './fit.ts';
import type { Style } from './style.ts';
import { withMinutes } from './time.ts';

const words: Readonly<Partial<Record<ActivityState, string>>> = {
  'waiting-for-input': 'waits for input',
  'rate-limited': 'is rate-limited',
  hung: 'hangs',
  unknown: 'unknown',
};

/** What agents do that somebody should look at, and why it is not known; the same of several agents is said once. */
export function attentionLines(agents: readonly ReportedAgent[], columns: number, style: Style): string[] {
  const groups = new Map<string, { readonly state: ActivityState; readonly text: string; readonly names: string[] }>();
  for (const { name, activity } of agents) {
    const what = words[activity.state];
    if (what === undefined) continue;
    const text = `${what}: ${withMinutes(visible(activity.detail))}`;
    const group = groups.get(text) ?? { state: activity.state, text, names: [] };
    group.names.push(visible(name));
    groups.set(text, group);
  }
  return [...groups.values()].map(({ state, text, names }) => {
    const [glyph, paint] = state === 'hung' ? ['✗', style.red] : state === 'unknown' ? ['?', style.dim] : ['!', style.yellow];
    return `${paint(glyph)} ${wrapped(`${some(names, 5)} ${text}`, columns === 0 ? 0 : columns - 2, '  ')}`;
  });
}
