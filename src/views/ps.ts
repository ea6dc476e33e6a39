import type { Status, StatusAgent } from '../model/status.ts';
import { visible } from '../model/visible.ts';
import { conditionLines, controllerLines } from './conditions.ts';
import { type Part, sentence, wrapped } from './fit.ts';
import { counted, type Style } from './style.ts';
import { ago } from './time.ts';

/** The fleet as a table that fits its terminal; `columns` of 0 is without limit. */
export function renderStatus(status: Status, now: number, columns: number, style: Style): string {
  const lines = [heading(status, style), ''];
  if (status.agents.length === 0) lines.push('No agents are rostered here.');
  else lines.push(...table(status.agents, now, columns, style));
  if (status.unrostered.length > 0) {
    lines.push('', style.yellow('Not in any roster:'));
    for (const { unit, session, state } of status.unrostered)
      lines.push(`  ${visible(unit ?? `session ${session}`)}  ${visible(state)}`);
  }
  for (const { path, why } of status.unknown) {
    const text = path === '' ? `desired is unknown: ${visible(why)}` : `unknown: ${visible(path)} (${visible(why)})`;
    lines.push('', ...wrapped(text, columns, '  ').split('\n').map(style.yellow));
  }
  const conditions = conditionLines(status, now, columns, style);
  if (conditions.length > 0) lines.push('', ...conditions);
  lines.push('', verdict(status, columns, style), ...controllerLines(status, now, columns, style));
  return `${lines.join('\n')}\n`;
}

function heading({ host, tenant, revision }: Status, style: Style): string {
  const at = revision === null ? 'no revision applied yet' : `revision ${style.cyan(visible(revision.slice(0, 12)))}`;
  return `${style.bold(visible(`${tenant}@${host}`))}, ${at}`;
}

interface Column {
  readonly title: string;
  readonly value: (agent: StatusAgent, now: number) => string;
  /** Left out first, highest first, where the terminal is too narrow. */
  readonly expendable: number;
}

const columnsOfTable: readonly Column[] = [
  { title: 'FLEET', value: ({ fleet }) => fleet, expendable: 2 },
  { title: 'AGENT', value: ({ name }) => name, expendable: 0 },
  { title: 'CLASS', value: (agent) => agent.class, expendable: 3 },
  { title: 'RUNTIME', value: ({ runtime }) => runtime, expendable: 5 },
  { title: 'DESIRED', value: ({ desired }) => desired, expendable: 4 },
  { title: 'STATE', value: ({ state }) => state, expendable: 0 },
  { title: 'UNIT', value: ({ unit }) => unit, expendable: 6 },
  { title: 'SESSION', value: ({ session }) => session, expendable: 7 },
  { title: 'SINCE', value: ({ since }, now) => (since === null ? '-' : ago(now - Date.parse(since))), expendable: 1 },
  { title: 'RESTARTS', value: ({ restarts }) => (restarts === null ? '-' : String(restarts)), expendable: 8 },
  { title: 'DRIFT', value: ({ drift }) => (drift.length === 0 ? '-' : drift.join(',')), expendable: 0 },
];

function table(agents: readonly StatusAgent[], now: number, columns: number, style: Style): string[] {
  let shown = [...columnsOfTable];
  const cells = new Map(shown.map((column) => [column, agents.map((agent) => visible(column.value(agent, now)))]));
  const widthOf = (column: Column): number =>
    Math.max(column.title.length, ...(cells.get(column) ?? []).map(({ length }) => length));
  const total = (): number => shown.reduce((sum, column) => sum + widthOf(column) + 2, -2);
  while (columns > 0 && total() > columns && shown.some(({ expendable }) => expendable > 0)) {
    const least = Math.max(...shown.map(({ expendable }) => expendable));
    shown = shown.filter(({ expendable }) => expendable !== least);
  }
  const row = (texts: readonly string[], paint: (text: string, column: Column) => string): string =>
    shown
      .map((column, index) => paint((texts[index] ?? '').padEnd(index === shown.length - 1 ? 0 : widthOf(column)), column))
      .join('  ')
      .trimEnd();
  const head = row(
    shown.map(({ title }) => title),
    (text) => style.dim(text),
  );
  const body = agents.map((agent, index) =>
    row(
      shown.map((column) => cells.get(column)?.[index] ?? ''),
      (text, { title }) => paintCell(title, text, agent, style),
    ),
  );
  return [head, ...body];
}

function paintCell(title: string, text: string, { state, drift }: StatusAgent, style: Style): string {
  if (title === 'DRIFT' && drift.length > 0) return style.yellow(text);
  if (title !== 'STATE') return text;
  if (state === 'live') return style.green(text);
  return state === 'stopped' || state === 'completed'
    ? style.dim(text)
    : state === 'starting'
      ? style.yellow(text)
      : style.red(text);
}

function verdict({ agents, unrostered, differing, pending }: Status, columns: number, style: Style): string {
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
