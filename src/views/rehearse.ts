import type { Rehearsal, RehearsalStep, RehearsalStepName } from '../model/rehearsal.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';

const words: Readonly<Record<RehearsalStepName, string>> = {
  prepare: 'a private host, and stand-ins',
  base: 'the base is applied',
  change: 'the change is applied',
  reboot: 'the host reboots',
};

export const renderRehearsalHead = (host: string, tenant: string, base: string, change: string, style: Style): string =>
  `Rehearsal for ${style.bold(visible(`${tenant}@${host}`))}: ${style.cyan(visible(base))} to ${style.cyan(visible(change))}\n\n`;

/** One line a step, and what is wrong below it. */
export function renderRehearsalStep({ step, outcome, ms, detail, problems }: RehearsalStep, style: Style): string {
  const mark = { done: style.green('✓'), failed: style.red('✗'), skipped: style.dim('·'), 'not-run': style.dim('·') }[outcome];
  const took = outcome === 'done' || outcome === 'failed' ? `${(ms / 1000).toFixed(1)} s` : '';
  const line = `  ${mark} ${words[step].padEnd(30)} ${style.dim(took.padStart(7))}  ${visible(detail)}`;
  return `${[line.trimEnd(), ...problems.map((problem) => `      ${style.red(visible(problem))}`)].join('\n')}\n`;
}

export function renderRehearsalEnd(rehearsals: readonly Rehearsal[], style: Style): string {
  const failed = rehearsals.filter(({ steps }) => steps.some(({ outcome }) => outcome === 'failed'));
  if (rehearsals.length === 0) return `${style.green('✓')} Nothing to rehearse: the change touches no host.\n`;
  if (failed.length === 0) return `\n${style.green('✓')} The change can be carried out, and comes back after a reboot.\n`;
  return `\n${style.red('✗')} The change fails on ${failed.map(({ host, tenant }) => visible(`${tenant}@${host}`)).join(', ')}.\n`;
}
