import type { HistoryAction, HistoryEntry, Sighting } from '../model/controller.ts';
import { connectorOf, parseUnit } from '../model/names.ts';
import type { Verb } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { causeWords } from './causes.ts';
import { some, wrapped } from './fit.ts';
import { reasonText } from './plan-text.ts';
import type { Style } from './style.ts';
import { counted } from './style.ts';
import { clockOf, dayOf } from './time.ts';

/** One line an entry, by day, with commit and plan at its end; what failed stands below its pass. `columns` of 0 is without limit. */
export function renderHistory(entries: readonly HistoryEntry[], columns: number, style: Style): string {
  if (entries.length === 0) return 'No history yet.\n';
  const lines: string[] = [];
  let day = '';
  for (const entry of entries) {
    if (dayOf(entry.at) !== day) {
      day = dayOf(entry.at);
      lines.push(...(lines.length === 0 ? [] : ['']), style.bold(`${visible(day)} (UTC)`));
    }
    lines.push(...entryLines(entry, columns, style));
  }
  return `${lines.join('\n')}\n`;
}

/** What stands before the text: two blanks, the time, a glyph, and blanks between them. */
const before = 14;

function entryLines(entry: HistoryEntry, columns: number, style: Style): string[] {
  const { glyph, parts, below } = described(entry, style);
  const links = linksOf(entry);
  const indent = ' '.repeat(before);
  const inner = columns === 0 ? 0 : Math.max(20, columns - before);
  const room = columns === 0 ? 0 : Math.max(20, inner - (links === '' ? 0 : links.length + 2));
  const [first = '', ...more] = laidOut(parts, room);
  const atEnd = links === '' ? '' : `${' '.repeat(Math.max(2, room - first.length + 2))}${style.dim(links)}`;
  return [
    `  ${visible(clockOf(entry.at))}  ${glyph} ${first}${atEnd}`,
    ...more.map((line) => `${indent}${line}`),
    ...below.map((line) => `${indent}${style.dim('·')} ${wrapped(line, inner === 0 ? 0 : inner - 2, `${indent}  `)}`),
  ];
}

/** All on one line where there is room; else one line or more for each part. */
function laidOut(parts: Described['parts'], room: number): string[] {
  const whole = parts.map(([longest = '']) => longest).join('; ');
  if (room === 0 || whole.length <= room) return [whole];
  return parts.flatMap((ways) => wrapped(ways.find((text) => text.length <= room) ?? ways.at(-1) ?? '', room, '').split('\n'));
}

/** `4b825dc6/1f2e3d4c`: the commit in force, and the plan. */
function linksOf(entry: HistoryEntry): string {
  const commit = visible(entry.revision?.slice(0, 8) ?? (entry.kind === 'pass' ? 'none' : ''));
  return entry.kind === 'pass' ? `${commit}/${visible(entry.plan.replace(/^sha256:/, '').slice(0, 8))}` : commit;
}

interface Described {
  readonly glyph: string;
  /** What happened, thing by thing, each at more and less length. */
  readonly parts: readonly (readonly string[])[];
  readonly below: readonly string[];
}

function described(entry: HistoryEntry, style: Style): Described {
  const dot = style.yellow('·');
  switch (entry.kind) {
    case 'pass':
      return pass(entry, style);
    case 'revision':
      return revision(entry, style);
    case 'suspended':
    case 'resumed': {
      const said = entry.message === '' ? '' : `: ${visible(entry.message)}`;
      return { glyph: dot, parts: [[`${visible(entry.target)} ${entry.kind} by ${visible(entry.by)}${said}`]], below: [] };
    }
    case 'controller': {
      const glyph = entry.event === 'failed' ? style.red('✗') : style.dim('·');
      return {
        glyph,
        parts: [[`controller ${entry.event}${entry.message === '' ? '' : `: ${visible(entry.message)}`}`]],
        below: [],
      };
    }
  }
}

function revision(
  { subject, outcome, message, diagnostics }: HistoryEntry & { readonly kind: 'revision' },
  style: Style,
): Described {
  const glyphs = {
    admitted: style.green('+'),
    applied: style.green('✓'),
    good: style.green('✓'),
    denied: style.red('✗'),
    quarantined: style.red('✗'),
    returned: style.yellow('~'),
  };
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const said = withoutReason(message, errors);
  return {
    glyph: glyphs[outcome],
    parts: [[said === '' ? `${visible(shortOf(subject))} ${words[outcome]}` : visible(said)]],
    below: errors.map(({ code, summary, file, line }) =>
      visible(`${code}: ${summary}${file === undefined ? '' : ` (${file}:${line})`}`),
    ),
  };
}

/** The reason stands below, with its place. */
function withoutReason(message: string, [first]: readonly { readonly summary: string }[]): string {
  const reason = first === undefined ? '' : `: ${first.summary}`;
  return reason !== '' && message.endsWith(reason) ? message.slice(0, -reason.length) : message;
}

/** A commit as people read it; a working tree by what it was given as. */
const shortOf = (subject: string): string => (/^[0-9a-f]{40,64}$/.test(subject) ? subject.slice(0, 12) : subject);

const words = {
  admitted: 'is admitted',
  applied: 'is carried out',
  good: 'has proved healthy',
  denied: 'is denied',
  quarantined: 'is quarantined',
  returned: 'is in force again',
} as const;

function pass({ actions, seen }: HistoryEntry & { readonly kind: 'pass' }, style: Style): Described {
  if (actions.length === 0) return restarting(seen, style);
  const groups = grouped(actions, seen);
  const trouble = actions.filter(({ outcome }) => outcome === 'failed');
  const glyph =
    trouble.length > 0
      ? style.red('✗')
      : actions.every(({ outcome }) => outcome === 'done')
        ? style.green('✓')
        : style.yellow('·');
  return {
    glyph,
    parts: groups.map((group) => [8, 5, 3, 2, 1].map((most) => groupText(group, most))),
    below: trouble.map(({ id, detail }) => visible(`${id} failed${detail === undefined ? '' : `: ${detail}`}`)),
  };
}

/** Nothing was done about these: systemd had them in hand. */
function restarting(seen: readonly Sighting[], style: Style): Described {
  const ended = seen.map(({ name, ...cause }) => `${visible(name)}: ${causeWords(cause)}`);
  return { glyph: style.yellow('·'), parts: [...ended.map((text) => [text]), ['systemd starts it again']], below: [] };
}

interface Group {
  readonly deed: string;
  readonly why: string;
  readonly subjects: readonly string[];
}

const groupText = ({ deed, why, subjects }: Group, most: number): string =>
  `${deed} ${subjects.length === 0 ? '' : some(subjects, most)}${why === '' ? '' : ` (${why})`}`.replace(/ +/g, ' ').trim();

/** Whoever had the same done for the same reason stands together; an agent's own files go with it. */
function grouped(actions: readonly HistoryAction[], seen: readonly Sighting[]): Group[] {
  const bySubject = new Map<string, HistoryAction[]>();
  const files: HistoryAction[] = [];
  for (const action of actions) {
    const subject = subjectOf(action);
    if (subject === null) files.push(action);
    else bySubject.set(subject, [...(bySubject.get(subject) ?? []), action]);
  }
  const groups = new Map<string, { deed: string; why: string; subjects: string[] }>();
  for (const [subject, own] of bySubject) {
    const deed = deedOf(own.map(({ verb }) => verb));
    const why = whyOf(subject, own, seen);
    const group = groups.get(`${deed} ${why}`) ?? { deed, why, subjects: [] };
    group.subjects.push(visible(subject));
    groups.set(`${deed} ${why}`, group);
  }
  return [...fileGroups(files), ...groups.values()];
}

/** What an action is about; `null` for files, reloads and whatever else is nobody's. */
const subjectOf = (action: HistoryAction): string | null => connectorIn(action) ?? ownSubject(action);

/** Its fleet's name may be an agent's, too. */
function connectorIn({ id, verb, unit }: HistoryAction): string | null {
  const parsed = unit === null ? null : parseUnit(unit);
  const fleet = parsed?.kind === 'connector' ? parsed.name : connectorOf(id.slice(verb.length + 1));
  return fleet === null ? null : `the connector of ${fleet}`;
}

const ownSubject = ({ name, unit, verb }: HistoryAction): string | null =>
  name ?? (verb === 'linger' ? 'the user' : verb === 'reload' ? null : unit === null ? null : 'the tmux holder');

function fileGroups(files: readonly HistoryAction[]): Group[] {
  const written = files.filter(({ verb }) => verb !== 'reload');
  if (written.length > 0)
    return [{ deed: deedOf(written.map(({ verb }) => verb)), why: '', subjects: [counted(written.length, 'shared file')] }];
  return files.length > 0 ? [{ deed: 'reload', why: '', subjects: ['systemd'] }] : [];
}

/** Verbs of one subject, without what goes without saying beside the others. */
export function deedOf(verbs: readonly Verb[]): string {
  const all = new Set<string>(verbs);
  if (all.has('stop') && all.has('start')) {
    all.delete('stop');
    all.delete('start');
    all.add('restart');
  }
  const main = ['start', 'restart', 'stop', 'kill-session'].some((verb) => all.has(verb));
  const quiet = main ? ['write', 'remove', 'enable', 'disable', 'reset-failed'] : ['reset-failed'];
  const loud = [...all].filter((verb) => !quiet.includes(verb));
  return (loud.length > 0 ? loud : [...all]).join(', ');
}

function whyOf(subject: string, actions: readonly HistoryAction[], seen: readonly Sighting[]): string {
  const sighting = seen.find(({ name }) => name === subject);
  if (sighting !== undefined) return causeWords(sighting);
  // What is new is in the roster: that goes without saying.
  const reason = actions.findLast(({ verb }) => verb !== 'write')?.reason ?? actions[0]?.reason ?? '';
  if (reason === 'rostered') return '';
  return Object.hasOwn(reasonText, reason) ? reasonText[reason as keyof typeof reasonText] : visible(reason);
}
