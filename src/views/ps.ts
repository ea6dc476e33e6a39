import { type ReportedAgent, type StatusReport, uncounted } from '../model/report.ts';
import { visible } from '../model/visible.ts';
import { attentionLines } from './attention.ts';
import { conditionLines, controllerLines } from './conditions.ts';
import { connectorLines } from './connector-lines.ts';
import { fitting, type Part, sentence, wrapped } from './fit.ts';
import { fleetTable } from './fleet-table.ts';
import { counted, type Style } from './style.ts';
import type { Viewport } from './viewport.ts';

/** The fleet as a table that fits its terminal; `columns` of 0 is without limit. */
export function renderStatus(status: StatusReport, now: number, columns: number, style: Style): string {
  const lines = [heading(status, style), ''];
  const agents = inOrder(status.agents);
  if (agents.length === 0) lines.push('No agents are rostered here.');
  else lines.push(...fleetTable(agents, now, columns, style));
  const attention = attentionLines(agents, columns, style);
  if (attention.length > 0) lines.push('', ...attention);
  if (status.unrostered.length > 0) {
    lines.push('', style.yellow('Not in any roster:'));
    for (const { unit, session, state } of status.unrostered)
      lines.push(`  ${visible(unit ?? `session ${session}`)}  ${visible(state)}`);
  }
  for (const { path, why } of status.unknown.filter(({ path: place }) => !isUncounted(place))) {
    const text = path === '' ? `desired is unknown: ${visible(why)}` : `unknown: ${visible(path)} (${visible(why)})`;
    lines.push('', ...wrapped(text, columns, '  ').split('\n').map(style.yellow));
  }
  const connectors = connectorLines(status, columns, style);
  if (connectors.length > 0) lines.push('', ...connectors);
  const conditions = conditionLines(status, now, columns, style);
  if (conditions.length > 0) lines.push('', ...conditions);
  lines.push('', verdict(status, columns, style), ...controllerLines(status, now, columns, style));
  return `${lines.join('\n')}\n`;
}

/** A dash in its column says as much. */
const isUncounted = (place: string): boolean => place === uncounted.memory || place === uncounted.cpu;

function heading({ host, tenant, revision }: StatusReport, style: Style): string {
  const at = revision === null ? 'no revision applied yet' : `revision ${style.cyan(visible(revision.slice(0, 12)))}`;
  return `${style.bold(visible(`${tenant}@${host}`))}, ${at}`;
}

/** By fleet and name, as people count: `coder2` before `coder10`. */
const inOrder = (agents: readonly ReportedAgent[]): readonly ReportedAgent[] =>
  agents
    .map((agent) => ({ agent, key: `${agent.fleet}\0${agent.name}`.replace(/\d+/g, (digits) => digits.padStart(12, '0')) }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ agent }) => agent);

/** Last line of a status that refreshes in place: how to leave, and what there is to scroll to. */
export function liveHint({ lines, from }: Viewport, all: number, columns: number): string {
  const isWhole = lines.length >= all;
  const part = isWhole ? '' : `, arrows and Page keys scroll (lines ${from + 1}-${from + lines.length} of ${all})`;
  return fitting(
    [
      `Refreshes every second; q or Ctrl-C leaves${part}`,
      `q leaves${isWhole ? '' : `, arrows scroll (${from + 1}/${all})`}`,
      'q leaves',
    ],
    columns,
  );
}

function verdict({ agents, unrostered, differing, pending }: StatusReport, columns: number, style: Style): string {
  const live = agents.filter(({ state }) => state === 'live').length;
  const told = (isTold: boolean, text: string, paint: (text: string) => string = String): Part[] =>
    isTold ? [{ text, painted: paint(text) }] : [];
  const parts = [
    ...told(true, `${live} of ${counted(agents.length, 'agent')} live`),
    ...told(differing > 0, `${differing} not as in their roster (muster plan shows the mend)`, style.yellow),
    ...told(unrostered.length > 0, `${unrostered.length} not in any roster`, style.yellow),
    ...told(pending.length > 0, `${pending.length} pending until next start`),
  ];
  return sentence(parts, columns, '  ');
}
