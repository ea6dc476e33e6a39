import { parseUnit } from '../model/names.ts';
import type { Action, Plan, Reason, Verb } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { counted, type Style } from './style.ts';

/** The plan for people: grouped by fleet, in its own order, one line for each thing that changes. */
export function renderPlan(plan: Plan, style: Style): string {
  const lines = [heading(plan, style), ''];
  for (const [group, actions] of groups(plan)) {
    lines.push(style.bold(group), ...rows(actions, style), '');
  }
  lines.push(...remarks(plan, style), summaryLine(plan, style));
  return `${lines.join('\n')}\n`;
}

function heading({ host, tenant, revision, dirty, against }: Plan, style: Style): string {
  const from = `${revision === null ? 'working tree' : revision.slice(0, 12)}${dirty && revision !== null ? ' and uncommitted files' : ''}`;
  const versus = against === 'host' ? 'this host' : against === 'snapshot' ? 'the snapshot' : against.slice(0, 12);
  return `Plan for ${style.bold(visible(`${tenant}@${host}`))}: ${style.cyan(from)} against ${versus}`;
}

/** What belongs to no fleet goes under the host, first. */
function groups({ actions }: Plan): Map<string, Action[]> {
  const byGroup = new Map<string, Action[]>([['host', []]]);
  for (const action of actions) {
    const group = action.fleet === null ? (action.name === null ? 'host' : 'not rostered') : `fleet ${action.fleet}`;
    byGroup.set(group, [...(byGroup.get(group) ?? []), action]);
  }
  if (byGroup.get('host')?.length === 0) byGroup.delete('host');
  return byGroup;
}

const glyphs: Readonly<Record<Verb, string>> = {
  write: '+',
  linger: '+',
  reload: '~',
  'reset-failed': '~',
  enable: '+',
  start: '+',
  restart: '~',
  stop: '-',
  disable: '-',
  'kill-session': '-',
  remove: '-',
};

/** One row for each unit (its verbs side by side) and one for the files of each reason. */
function rows(actions: readonly Action[], style: Style): string[] {
  const subjects = new Map<string, Action[]>();
  for (const action of actions) {
    const subject = action.kind === 'agent' || action.kind === 'connector' || action.kind === 'holder' ? action.unit : action.id;
    const key = subject ?? action.id;
    subjects.set(key, [...(subjects.get(key) ?? []), action]);
  }
  return [...subjects.values()].map((steps) => row(steps, style));
}

function row(steps: readonly Action[], style: Style): string {
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return '';
  const names = steps.map(({ verb }) => verb).join(', ');
  const glyph =
    steps.some(({ verb }) => verb === 'restart') || (names.includes('stop') && names.includes('start')) ? '~' : glyphs[last.verb];
  const painted = glyph === '+' ? style.green(glyph) : glyph === '-' ? style.red(glyph) : style.yellow(glyph);
  const why = style.dim(`(${[...new Set(steps.map(({ reason }) => reasonText[reason]))].join(', ')})`);
  const ends = steps.some(({ disruptive }) => disruptive) ? `  ${style.yellow('! ends a running agent')}` : '';
  return `  ${painted} ${subjectOf(last).padEnd(32)} ${names.padEnd(22)} ${why}${ends}`;
}

const reasonText: Readonly<Record<Reason, string>> = {
  rostered: 'in the roster',
  'not-rostered': 'in no roster',
  'config-changed': 'its configuration changed',
  'role-changed': 'its role document changed',
  'unit-file-changed': 'unit files changed',
  'stopped-in-roster': 'stopped in the roster',
  'disabled-in-roster': 'disabled in the roster',
  drifted: 'drifted',
  failed: 'failed',
  'session-missing': 'its session is gone',
  'orphan-session': 'left over',
  'enablement-changed': 'what starts at boot changed',
  'handover-failed': 'its successor failed',
};

function subjectOf({ kind, unit, target, name, id }: Action): string {
  switch (kind) {
    case 'agent':
    case 'connector':
      return `${kind} ${visible(name ?? '')}`;
    case 'holder':
      return 'tmux holder';
    case 'session':
      return `session ${visible(`${name} ${target}`)}`;
    case 'file':
      return visible(target ?? id);
    case 'manager':
      return 'systemd user manager';
    case 'host':
      return 'lingering';
  }
  return unit ?? id;
}

function remarks({ pending, waiting, unknown, handovers }: Plan, style: Style): string[] {
  const lines = [
    ...handovers.map(
      ({ fleet, leaving, entering }) =>
        `handover in ${fleet}: ${leaving} → ${entering} (if ${entering} fails, ${leaving} comes back)`,
    ),
    ...pending.map(
      ({ name, unit, reason }) =>
        `pending: ${name || (parseUnit(unit)?.kind ?? unit)} (${reasonText[reason]}; takes effect at its next start)`,
    ),
    ...waiting.map((unit) => `waiting: ${unit} is coming up by itself`),
    ...unknown.map(({ path, why }) => `unknown: ${path} (${why}); left alone`),
  ];
  return lines.length === 0 ? [] : [...lines.map((line) => `  ${style.yellow('·')} ${visible(line)}`), ''];
}

/** `8 to write, 4 to enable, 4 to start; nothing running ends.` */
export function summaryLine({ summary, actions, unknown }: Plan, style: Style): string {
  const counts = Object.entries(summary).filter(([verb]) => verb !== 'reload');
  if (counts.length === 0 && actions.length === 0) {
    return unknown.length > 0
      ? style.yellow('Nothing to do as far as this host could be read.')
      : style.green('Nothing to do: this host is as its rosters say.');
  }
  const parts = counts.map(([verb, count]) => `${count} to ${verb}`).join(', ');
  const ending = actions.filter(({ disruptive }) => disruptive).length;
  const cost =
    ending === 0 ? 'no running agent ends' : style.yellow(`${counted(ending, 'running agent')} ${ending === 1 ? 'ends' : 'end'}`);
  return `${style.bold(parts || counted(actions.length, 'action'))}; ${cost}.`;
}
