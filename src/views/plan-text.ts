import { connectorOf, parseUnit } from '../model/names.ts';
import type { Action, Plan, Reason, Verb } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { leftAlone } from './left-alone.ts';
import { counted, type Style } from './style.ts';

/** The plan for people: grouped by fleet, in its own order, one line for each thing that changes. `of`: what it is, where no rosters are compared. */
export function renderPlan(plan: Plan, style: Style, of = compared(plan, style)): string {
  const lines = [`Plan for ${style.bold(visible(`${plan.tenant}@${plan.host}`))}: ${of}`, ''];
  const grouped = [...groups(plan)].map(([group, actions]) => ({ group, listed: rows(actions) }));
  const all = grouped.flatMap(({ listed }) => listed);
  const widths = {
    subject: Math.max(0, ...all.map(({ subject }) => subject.length)),
    verbs: Math.max(0, ...all.map(({ verbs }) => verbs.length)),
  };
  for (const { group, listed } of grouped) lines.push(style.bold(visible(group)), ...table(listed, widths, style), '');
  lines.push(...remarks(plan, style), summaryLine(plan, style));
  return `${lines.join('\n')}\n`;
}

function compared({ revision, dirty, against }: Plan, style: Style): string {
  const from = `${revision === null ? 'working tree' : revision.slice(0, 12)}${dirty && revision !== null ? ' and uncommitted files' : ''}`;
  const versus = against === 'host' ? 'this host' : against === 'snapshot' ? 'the snapshot' : against.slice(0, 12);
  return `${style.cyan(visible(from))} against ${visible(versus)}`;
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

const glyphs: Readonly<Record<Verb, Row['glyph']>> = {
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

interface Row {
  readonly glyph: '+' | '~' | '-';
  readonly subject: string;
  readonly verbs: string;
  readonly why: string;
  readonly disruptive: boolean;
}

/** One row for each unit, its own files with it, and one for everything else that changes. */
function rows(actions: readonly Action[]): Row[] {
  const subjects = new Map<string, Action[]>();
  for (const action of actions) {
    const subject = subjectOf(action);
    subjects.set(subject, [...(subjects.get(subject) ?? []), action]);
  }
  return [...subjects].map(([subject, steps]) => row(subject, steps));
}

function row(subject: string, steps: readonly Action[]): Row {
  const names = new Set(steps.map(({ verb }) => verb));
  const replaces = names.has('restart') || (names.has('stop') && names.has('start'));
  const last = steps.findLast(({ kind }) => kind !== 'file') ?? steps.at(-1);
  return {
    glyph: replaces || last === undefined ? '~' : glyphs[last.verb],
    subject,
    verbs: [...names].join(', '),
    why: [...new Set(steps.map(({ reason }) => reasonText[reason]))].join(', '),
    disruptive: steps.some(({ disruptive }) => disruptive),
  };
}

function table(listed: readonly Row[], widths: { subject: number; verbs: number }, style: Style): string[] {
  const painted = { '+': style.green('+'), '~': style.yellow('~'), '-': style.red('-') };
  return listed.map(({ glyph, subject, verbs, why, disruptive }) => {
    const ends = disruptive ? `  ${style.yellow('! ends a running agent')}` : '';
    return `  ${painted[glyph]} ${subject.padEnd(widths.subject)}  ${verbs.padEnd(widths.verbs)}  ${style.dim(why)}${ends}`;
  });
}

export const reasonText: Readonly<Record<Reason, string>> = {
  rostered: 'in the roster',
  'not-rostered': 'in no roster',
  'config-changed': 'its configuration changed',
  'role-changed': 'its role document changed',
  'connector-switched': 'another kind of connector',
  'fleet-changed': 'who belongs to the fleet changed',
  'unit-file-changed': 'unit files changed',
  'stopped-in-roster': 'stopped in the roster',
  'disabled-in-roster': 'disabled in the roster',
  drifted: 'drifted',
  failed: 'failed',
  'session-missing': 'its session is gone',
  'orphan-session': 'left over',
  'enablement-changed': 'what starts at boot',
  'handover-failed': 'its successor failed',
  'taken-over': 'taken over from an earlier installation',
};

function subjectOf({ kind, unit, target, fleet, name, id }: Action): string {
  switch (kind) {
    case 'agent':
    case 'connector':
      return `${kind} ${visible(name ?? '')}`;
    case 'holder':
      return 'tmux holder';
    case 'session':
      return `session ${visible(`${name} ${target}`)}`;
    case 'file':
      if (name !== null) return `agent ${visible(name)}`;
      return fleet !== null && connectorOf(target ?? '') === fleet ? `connector ${visible(fleet)}` : visible(target ?? id);
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
    ...leftAlone(unknown),
  ];
  return lines.length === 0 ? [] : [...lines.map((line) => `  ${style.yellow('·')} ${visible(line)}`), ''];
}

/** `8 to write, 4 to enable, 4 to start; nothing running ends.` */
export function summaryLine(plan: Plan, style: Style): string {
  const { summary, actions, diagnostics } = plan;
  const blocked = diagnostics.some(({ severity }) => severity === 'error')
    ? ` ${style.red('Settle the errors first: nothing is applied before.')}`
    : '';
  if (actions.length === 0) return `${nothingToDo(plan, style)}${blocked}`;
  const parts = Object.entries(summary)
    .filter(([verb]) => verb !== 'reload')
    .map(([verb, count]) => `${count} to ${verb}`);
  const ending = new Set(actions.filter(({ disruptive }) => disruptive).map(({ name }) => name)).size;
  const cost =
    ending === 0 ? 'no running agent ends' : style.yellow(`${counted(ending, 'running agent')} ${ending === 1 ? 'ends' : 'end'}`);
  return `${style.bold(parts.join(', ') || '1 to reload')}; ${cost}.${blocked}`;
}

function nothingToDo({ unknown, against }: Plan, style: Style): string {
  if (unknown.length > 0) return style.yellow('Nothing to do, but for what is left alone.');
  const whose =
    against === 'host' ? 'this host is' : against === 'snapshot' ? 'the host of the snapshot is' : 'a host at the base is';
  return style.green(`Nothing to do: ${whose} as its rosters say.`);
}
