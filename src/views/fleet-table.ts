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
  const cells = columnsOfTable.map((column) => ({ column, texts: textsOf(column, agents, now) }));
  const shown = fittingColumns(cells, columns);
  const head = shown.map((sized) => style.dim(padded(sized.column.title, sized)));
  const painted = shown.map((sized) => paintedColumn(sized, agents, style));
  return [head, ...agents.map((_, row) => painted.map((texts) => texts[row]))].map((row) => row.join(gap).trimEnd());
}

/** What has nothing to escape together has nothing to escape in any part; apart, as two halves of a character would be one. */
function textsOf({ value }: Column, agents: readonly ReportedAgent[], now: number): readonly string[] {
  const texts = agents.map((agent) => value(agent, now));
  const all = texts.join(' ');
  return visible(all) === all ? texts : texts.map(visible);
}

function paintedColumn(sized: Sized, agents: readonly ReportedAgent[], style: Style): readonly string[] {
  const paint = paints[sized.column.title];
  const texts = sized.texts.map((text) => padded(text, sized));
  return paint === undefined
    ? texts
    : texts.map((text, row) => (agents[row] === undefined ? text : paint(agents[row], style)(text)));
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

interface Cells {
  readonly column: Column;
  /** One for each agent. */
  readonly texts: readonly string[];
}

interface Sized extends Cells {
  readonly width: number;
}

function fittingColumns(cells: readonly Cells[], columns: number): readonly Sized[] {
  const all: Sized[] = cells.map(({ column, texts }) => ({ column, texts, width: widest([column.title, ...texts]) }));
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

const widest = (texts: readonly string[]): number => texts.reduce((width, { length }) => Math.max(width, length), 0);

const total = (shown: readonly Sized[]): number => shown.reduce((sum, { width }) => sum + width + gap.length, -gap.length);

const shrunk = (shown: readonly Sized[], limits: Readonly<Record<string, number>>): Sized[] =>
  shown.map((sized) => ({ ...sized, width: Math.min(sized.width, limits[sized.column.title] ?? sized.width) }));

/** One column as narrow as the width of all needs it, and no narrower than so. */
function narrowed(shown: Sized[], title: string, least: number, columns: number): Sized[] {
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
