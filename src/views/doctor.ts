import { type Check, type CheckState, checkGroups, type Examination, type Fix, type Fixed } from '../model/doctor.ts';
import { visible } from '../model/visible.ts';
import { some, wrapped } from './fit.ts';
import type { Style } from './style.ts';

export interface DoctorView {
  /** Width of the terminal; 0 is without limit. */
  readonly columns: number;
  /** Leave out what is as it should be. */
  readonly brief: boolean;
}

/** The points by group, each with what it found, why that matters and what to type. Commands are never broken: they are to be copied. */
export function renderExamination(
  { host, tenant, version, checks, summary }: Examination,
  view: DoctorView,
  style: Style,
): string {
  const blocks = checkGroups.flatMap((group) => {
    const shown = checks.filter((check) => check.group === group && !(view.brief && check.state === 'ok'));
    return shown.length === 0
      ? []
      : [[style.bold(group), ...shown.flatMap((check) => linesOf(check, view.columns, style))].join('\n')];
  });
  const heading = `${style.bold(visible(`${tenant}@${host}`))}, muster ${version}`;
  return `${[heading, ...blocks, verdict(summary, checks, style)].join('\n\n')}\n`;
}

/** What can be done without asking anybody else, a line each. */
export const renderOffer = (fixes: readonly Fix[]): string =>
  `\nmuster can do:\n${fixes.map((fix) => `  ${visible(fixWords(fix))}\n`).join('')}`;

export function renderFixed({ fix, outcome, detail }: Fixed, style: Style): string {
  const mark = outcome === 'done' ? style.green('✓') : style.red('✗');
  return `${mark} ${visible(fixWords(fix))}${detail === undefined ? '' : `: ${visible(detail)}`}\n`;
}

const fixWords = ({ verb, targets }: Fix): string => {
  const whom = some(targets, 3);
  switch (verb) {
    case 'linger':
      return `have ${whom} linger`;
    case 'chmod':
      return `take the permissions of others away from ${whom}`;
    case 'start':
      return `start ${whom}`;
  }
};

const nameWidth = 12;
const indent = ' '.repeat(4 + nameWidth + 1);

function linesOf({ id, state, finding, detail, mend = [] }: Check, columns: number, style: Style): readonly string[] {
  const width = columns <= 0 ? 0 : Math.max(20, columns - indent.length);
  const name = (id.split('/')[0] ?? id).padEnd(nameWidth);
  return [
    `  ${mark(state, style)} ${name} ${wrapped(visible(finding), width, indent)}`,
    ...(detail === undefined ? [] : [`${indent}${style.dim(wrapped(visible(detail), width, indent))}`]),
    ...mend.map((command) => `${indent}${style.cyan(`$ ${visible(command)}`)}`),
  ];
}

const mark = (state: CheckState, style: Style): string => {
  switch (state) {
    case 'ok':
      return style.green('✓');
    case 'warning':
      return style.yellow('!');
    case 'failing':
      return style.red('✗');
    case 'unchecked':
      return style.magenta('?');
  }
};

function verdict(summary: Examination['summary'], checks: readonly Check[], style: Style): string {
  const counts = [
    `${summary.ok} ok`,
    ...(summary.warning === 0 ? [] : [style.yellow(`${summary.warning} to look at`)]),
    ...(summary.failing === 0 ? [] : [style.red(`${summary.failing} failing`)]),
    ...(summary.unchecked === 0 ? [] : [style.magenta(`${summary.unchecked} not checked`)]),
  ].join(', ');
  if (summary.failing > 0) return [`${counts}.`, ...fixable(checks)].join('\n');
  const well = summary.unchecked > 0 ? 'Nothing that was checked keeps a fleet from running here.' : 'A fleet can run here.';
  return [`${counts}.`, well, ...fixable(checks)].join('\n');
}

const fixable = (checks: readonly Check[]): readonly string[] =>
  checks.some(({ fix }) => fix !== undefined) ? ['muster doctor --fix mends what it can.'] : [];
