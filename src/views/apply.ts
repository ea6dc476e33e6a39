import type { ActionResult, RunEvent } from '../apply/run.ts';
import type { Action } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { counted, type Style } from './style.ts';

/** One line for each action that ended, as it ends. Files are told only when they fail: they are many and quick. */
export function renderEvent(event: RunEvent, style: Style): string {
  if (event.type === 'started') return '';
  const { action, outcome, detail } = event.result;
  const count = style.dim(`[${String(event.ended).padStart(String(event.total).length)}/${event.total}]`);
  switch (outcome) {
    case 'done':
      return action.kind === 'file' ? '' : `${count} ${style.green('✓')} ${visible(action.id)}\n`;
    case 'failed':
      return `${count} ${style.red('✗')} ${visible(action.id)}: ${visible(detail ?? '')}\n`;
    case 'blocked':
    case 'not-run':
      return `${count} ${style.yellow('-')} ${visible(action.id)}: ${visible(detail ?? 'not run')}\n`;
  }
}

/** How the run ended: counts, then what is left. */
export function renderOutcome(
  results: readonly ActionResult[],
  left: readonly Action[],
  waiting: readonly string[],
  style: Style,
): string {
  const of = (outcome: ActionResult['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const parts = [
    `${of('done')} done`,
    ...(of('failed') > 0 ? [style.red(`${of('failed')} failed`)] : []),
    ...(of('blocked') > 0 ? [style.yellow(`${of('blocked')} blocked`)] : []),
    ...(of('not-run') > 0 ? [style.yellow(`${of('not-run')} not run`)] : []),
  ];
  const lines = [
    `${style.bold('Applied:')} ${parts.join(', ')}.`,
    ...waiting.map((unit) => `  ${style.yellow('·')} still coming up: ${visible(unit)}`),
    ...left.map((action) => `  ${style.yellow('·')} left: ${visible(action.id)}`),
    left.length + waiting.length === 0
      ? style.green('This host is as its rosters say.')
      : `${counted(left.length, 'action')} left. See why with: journalctl --user -e; then try again: muster apply`,
  ];
  return `${lines.join('\n')}\n`;
}
