import type { ActivityState } from '../model/agents.ts';
import type { ReportedAgent } from '../model/report.ts';
import { visible } from '../model/visible.ts';
import { cut } from './fit.ts';
import type { Style } from './style.ts';
import { ago } from './time.ts';

interface Column {
  readonly title: string;
  readonly value: (agent: ReportedAgent, now: number) => string;
  /** Left out first, highest first, where the terminal is too narrow. */
  readonly expendable: number;
}

const columnsOfTable: readonly Column[] = [
  { title: 'FLEET', value: ({ fleet }) => fleet, expendable: 5 },
  { title: 'AGENT', value: ({ name }) => name, expendable: 0 },
  { title: 'CLASS', value: (agent) => agent.class, expendable: 6 },
  { title: 'RUNTIME', value: ({ runtime }) => runtime, expendable: 10 },
  { title: 'DESIRED', value: ({ desired }) => desired, expendable: 9 },
  { title: 'STATE', value: ({ state }) => state, expendable: 0 },
  { title: 'DOES', value: (agent) => doing(agent), expendable: 0 },
  { title: 'SEEN BY', value: evidence, expendable: 1 },
  { title: 'INBOX', value: ({ inbox }) => (inbox === null ? '?' : String(inbox.waiting)), expendable: 2 },
  { title: 'SINCE', value: ({ since }, now) => (since === null ? '-' : ago(now - Date.parse(since))), expendable: 4 },
  { title: 'RESTARTS', value: ({ restarts }) => (restarts === null ? '-' : String(restarts)), expendable: 8 },
  { title: 'MEMORY', value: ({ memory }) => (memory === null ? '-' : size(memory)), expendable: 7 },
  { title: 'CPU', value: ({ cpu }) => (cpu === null ? '-' : ago(cpu * 1000)), expendable: 7 },
  { title: 'CONNECTOR', value: channel, expendable: 3 },
  { title: 'UNIT', value: ({ unit }) => unit, expendable: 11 },
  { title: 'SESSION', value: ({ session }) => session, expendable: 12 },
  { title: 'DRIFT', value: ({ drift }) => (drift.length === 0 ? '-' : drift.join(',')), expendable: 0 },
];

/** One line an agent, none longer than `columns` (0 is without limit): what does not fit is left out by column, what tells nobody apart first. */
export function fleetTable(agents: readonly ReportedAgent[], now: number, columns: number, style: Style): string[] {
  const cells = columnsOfTable.map((column) => cellsOf(column, agents, now));
  const lines = Array.from({ length: agents.length + 1 }, () => '');
  for (const [index, sized] of fittingColumns(cells, columns).entries()) {
    const before = index === 0 ? '' : gap;
    lines[0] += before + style.dim(padded(sized.column.title, sized));
    appendColumn(lines, before, sized, agents, style);
  }
  return lines.map((line) => line.trimEnd());
}

function cellsOf(column: Column, agents: readonly ReportedAgent[], now: number): Sized {
  const texts = agents.map((agent) => column.value(agent, now));
  // What has nothing to escape together has nothing to escape in any part; apart, as two halves of a character would be one.
  const all = texts.join(' ');
  const shown = visible(all) === all ? texts : texts.map(visible);
  let width = column.title.length;
  for (const { length } of shown) if (length > width) width = length;
  return { column, texts: shown, width };
}

/** Most agents have in a column what the one above has. */
function appendColumn(lines: string[], before: string, sized: Sized, agents: readonly ReportedAgent[], style: Style): void {
  const paintOf = paints[sized.column.title];
  let above: string | undefined;
  let cell = '';
  for (let row = 0; row < agents.length; row++) {
    const text = sized.texts[row] ?? '';
    if (text !== above) cell = padded(text, sized);
    above = text;
    const agent = agents[row];
    lines[row + 1] += before + (paintOf === undefined || agent === undefined ? cell : paintOf(agent, style)(cell));
  }
}

const padded = (text: string, { column, width }: Sized): string => shortened(text, width, column).padEnd(width);

const gap = '  ';

/** Names differ at their ends. */
function shortened(text: string, width: number, { title }: Column): string {
  if (title !== 'AGENT' || text.length <= width) return cut(text, width);
  const characters = [...text];
  const end = Math.floor((width - 1) / 2);
  return `${characters.slice(0, width - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}

/** What these columns have beyond this is cut before another column is left out. */
const lean: Readonly<Record<string, number>> = { AGENT: 16, DRIFT: 8 };
/** What they keep where there is nothing left to leave out. */
const leanest: Readonly<Record<string, number>> = { AGENT: 8, DRIFT: 5 };

interface Sized {
  readonly column: Column;
  /** One for each agent. */
  readonly texts: readonly string[];
  readonly width: number;
}

function fittingColumns(all: readonly Sized[], columns: number): readonly Sized[] {
  if (columns === 0) return all;
  const rank = ({ column, texts }: Sized): number => {
    const isSame = new Set(texts).size === 1;
    return column.expendable === 0 ? 0 : column.expendable + (isSame ? columnsOfTable.length : 0);
  };
  let shown = all;
  while (total(shrunk(shown, lean)) > columns) {
    const worst = Math.max(...shown.map(rank));
    if (worst === 0) break;
    shown = shown.filter((sized) => rank(sized) !== worst);
  }
  const limits = total(shrunk(shown, lean)) > columns ? leanest : lean;
  return Object.keys(limits).reduceRight((sized, title) => narrowed(sized, title, limits[title] ?? 0, columns), shown);
}

const total = (shown: readonly Sized[]): number => shown.reduce((sum, { width }) => sum + width + gap.length, -gap.length);

const shrunk = (shown: readonly Sized[], limits: Readonly<Record<string, number>>): Sized[] =>
  shown.map((sized) => ({ ...sized, width: Math.min(sized.width, limits[sized.column.title] ?? sized.width) }));

/** One column as narrow as the width of all needs it, and no narrower than so. */
function narrowed(shown: readonly Sized[], title: string, least: number, columns: number): readonly Sized[] {
  const over = Math.max(0, total(shown) - columns);
  return shown.map((sized) =>
    sized.column.title === title ? { ...sized, width: Math.max(Math.min(least, sized.width), sized.width - over) } : sized,
  );
}

/** It ends at the orchestrator. */
function channel({ connector, connector_state: state }: ReportedAgent): string {
  return state === null || state === 'none' ? '-' : `${connector} ${state}`;
}

/** Of who does not run, the state says all. */
function doing({ activity: { state } }: ReportedAgent): string {
  if (state === 'dead') return '-';
  return state === 'waiting-for-input' ? 'waiting' : state;
}

function evidence({ activity: { state, source, at } }: ReportedAgent, now: number): string {
  if (state === 'dead') return '-';
  return at === null ? source : `${source} ${ago(now - Date.parse(at))}`;
}

const units = ['K', 'M', 'G', 'T'] as const;

/** `812K`, `1.5M`, `24G`, in powers of 1024. */
export function size(bytes: number): string {
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

type Paint = (text: string) => string;

const untouched: Paint = (text) => text;

/** Columns that are coloured, each by what the agent is. */
const paints: Readonly<Record<string, (agent: ReportedAgent, style: Style) => Paint>> = {
  DRIFT: ({ drift }, style) => (drift.length > 0 ? style.yellow : untouched),
  INBOX: ({ inbox }, style) => (inbox !== null && inbox.waiting > 0 ? style.cyan : untouched),
  DOES: ({ activity }, style) => activityPaint[activity.state](style),
  CONNECTOR: ({ connector_state: is }, style) => (is === 'unhealthy' || is === 'failed' ? style.red : untouched),
  'SEEN BY': (_, style) => style.dim,
  STATE: ({ state }, style) => {
    if (state === 'live') return style.green;
    if (state === 'stopped' || state === 'completed') return style.dim;
    return state === 'starting' ? style.yellow : style.red;
  },
};

/** How what an agent does is coloured wherever it is shown. */
export const activityPaint: Readonly<Record<ActivityState, (style: Style) => Paint>> = {
  starting: ({ yellow }) => yellow,
  idle: () => untouched,
  busy: ({ green }) => green,
  'waiting-for-input': ({ yellow }) => yellow,
  'rate-limited': ({ yellow }) => yellow,
  hung: ({ red }) => red,
  dead: ({ dim }) => dim,
  unknown: ({ dim }) => dim,
};
