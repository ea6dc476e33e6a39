import type { ExplainedAction, Explanation, Why } from '../model/explanation.ts';
import { visible } from '../model/visible.ts';
import { causeWords } from './causes.ts';
import { cut, wrapped } from './fit.ts';
import { deedOf } from './history.ts';
import { reasonText } from './plan-text.ts';
import type { Style } from './style.ts';
import { ago, clockOf, dayOf, withMinutes, withSeconds } from './time.ts';

/** An agent, both witnesses, and every reason why it is so. `columns` of 0 is without limit. */
export function renderExplanation(told: Explanation, now: number, columns: number, style: Style): string {
  const blocks = [
    [heading(told, style), ...facts(told, now, columns, style)],
    whyBlock(told, columns, style),
    planBlock(told, columns, style),
    actionBlock(told.actions, columns, style),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

const isUnread = ({ why }: Pick<Explanation, 'why'>): boolean => why.some(({ code }) => code === 'desired-unknown');

function heading({ name, desired, state, why }: Explanation, style: Style): string {
  const unrostered = isUnread({ why }) ? '' : ', in no roster';
  const fleet = desired === null ? unrostered : `, ${visible(desired.class)} of fleet ${visible(desired.fleet)}`;
  return `${style.bold(visible(name))}${fleet}: ${painted(state, style)}`;
}

function painted(state: Explanation['state'], style: Style): string {
  if (state === 'live') return style.green(state);
  if (state === 'stopped' || state === 'completed') return style.dim(state);
  return state === 'starting' || state === 'stopping' ? style.yellow(state) : style.red(state);
}

const label = 10;

function facts(told: Explanation, now: number, columns: number, style: Style): string[] {
  const rows: (readonly [string, string])[] = [
    ['desired', desireWords(told)],
    ['systemd', unitWords(told, now)],
    ['tmux', sessionWords[told.session]],
    ...(told.connector === null ? [] : [['connector', connectorWords(told.connector)] as const]),
    ...(told.ended === null ? [] : [['last end', endWords(told.ended, now)] as const]),
  ];
  const width = columns === 0 ? 0 : columns - label - 2;
  return rows.map(([name, text]) => `  ${style.dim(name.padEnd(label))}${wrapped(text, width, ' '.repeat(label + 2))}`);
}

function desireWords({ desired, revision, why }: Explanation): string {
  if (desired === null) return isUnread({ why }) ? 'unknown' : 'nothing: no roster names it';
  const { state, enabled, lifecycle, runtime, file, line } = desired;
  const boot = lifecycle === 'ephemeral' ? ', ephemeral' : enabled ? ', starts at boot' : ', does not start at boot';
  const at = revision === null ? '' : ` at ${revision.slice(0, 12)}`;
  return visible(`${state}${boot}, runtime ${runtime} (${file}:${line}${at})`);
}

function unitWords({ unit, since, restarts }: Explanation, now: number): string {
  const age = since === null ? '' : `, for ${ago(now - Date.parse(since))}`;
  const again = restarts === null || restarts === 0 ? '' : `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}`;
  return `${visible(unit)}${age}${again}`;
}

const connectorWords = ({ kind, state, detail }: NonNullable<Explanation['connector']>): string =>
  visible(`${kind}, ${state}${detail === '' ? '' : `: ${detail}`}`);

const sessionWords: Readonly<Record<Explanation['session'], string>> = {
  alive: 'its session is alive',
  none: 'no session of this run',
  foreign: "a session of its name is not muster's",
  unknown: 'could not be asked',
};

function endWords({ at, cause, detail, from }: NonNullable<Explanation['ended']>, now: number): string {
  const age = at === null ? '' : `, ${ago(now - Date.parse(at))} ago`;
  return `${causeWords({ cause, detail })}${age}${from === 'history' && at !== null ? ` (history of ${visible(`${dayOf(at)} ${clockOf(at)}`)})` : ''}`;
}

function whyBlock({ why, state, desired }: Explanation, columns: number, style: Style): string[] {
  if (why.length === 0) {
    const right = state === 'live' || (desired?.state === 'stopped' && state === 'stopped');
    return [right ? style.green('It is as its roster says.') : 'Nothing is known that keeps it so.'];
  }
  return [style.bold('Why'), ...why.flatMap((one) => whyLines(one, columns, style))];
}

const calm: ReadonlySet<string> = new Set(['waiting', 'pending', 'stopped-in-roster', 'completed', 'suspended']);

function whyLines({ code, text, hint }: Why, columns: number, style: Style): string[] {
  const glyph = calm.has(code) ? style.yellow('·') : style.red('✗');
  const width = columns === 0 ? 0 : columns - 4;
  const withTimes = code === 'back-off' || code === 'quarantined' ? withSeconds : withMinutes;
  return [
    `  ${glyph} ${wrapped(withTimes(visible(text)), width, '    ')}`,
    ...(hint === undefined ? [] : [`    ${style.cyan('help:')} ${wrapped(visible(hint), width === 0 ? 0 : width - 6, '    ')}`]),
  ];
}

function planBlock({ plan, why }: Explanation, columns: number, style: Style): string[] {
  if (isUnread({ why })) return ['What a plan would do is not known.'];
  if (plan.length === 0) return ['A plan would do nothing to it now.'];
  const deed = deedOf(plan.map(({ verb }) => verb));
  const reasons = [...new Set(plan.map(({ reason }) => reasonText[reason]))].join(', ');
  const ends = plan.some(({ disruptive }) => disruptive) ? '! ends a running agent' : '';
  const line = `A plan would now do: ${deed} (${reasons})`;
  const [first = '', ...more] = wrapped(line, columns, '  ').split('\n');
  const told = [first.replace(`: ${deed}`, `: ${style.bold(deed)}`), ...more];
  if (ends === '') return told;
  const last = more.at(-1) ?? line;
  const fits = columns === 0 || last.length + 2 + ends.length <= columns;
  return fits ? [...told.slice(0, -1), `${told.at(-1)}  ${style.yellow(ends)}`] : [...told, `  ${style.yellow(ends)}`];
}

const before = 24;

function actionBlock(actions: readonly ExplainedAction[], columns: number, style: Style): string[] {
  if (actions.length === 0) return [];
  return [style.bold('Last actions (UTC)'), ...actions.flatMap((action) => actionLines(action, columns, style))];
}

function actionLines(action: ExplainedAction, columns: number, style: Style): string[] {
  const { at, verb, reason, outcome, detail, revision, plan } = action;
  const glyphs = { done: style.green('✓'), failed: style.red('✗') };
  const glyph = outcome === 'done' || outcome === 'failed' ? glyphs[outcome] : style.yellow('·');
  const why = Object.hasOwn(reasonText, reason) ? reasonText[reason as keyof typeof reasonText] : reason;
  const links = visible(`${(revision ?? 'none').slice(0, 8)}/${plan.replace(/^sha256:/, '').slice(0, 8)}`);
  const width = columns === 0 ? 0 : columns - before;
  const text = cut(
    visible(`${verb} (${why})${outcome === 'done' ? '' : `, ${outcome}`}`),
    width === 0 ? 0 : width - links.length - 2,
  );
  const padding = ' '.repeat(Math.max(2, width === 0 ? 2 : width - links.length - text.length));
  const indent = ' '.repeat(before);
  return [
    `  ${visible(dayOf(at))} ${visible(clockOf(at))} ${glyph} ${text}${padding}${style.dim(links)}`,
    ...(detail === undefined ? [] : [`${indent}${wrapped(visible(detail), width, indent)}`]),
  ];
}
