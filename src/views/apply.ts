import type { Convergence } from '../apply/converge.ts';
import type { ActionResult, RunEvent } from '../apply/run.ts';
import { visible } from '../model/visible.ts';
import { leftAlone } from './left-alone.ts';
import type { Style } from './style.ts';

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
    case 'unfinished':
    case 'not-run':
      return `${count} ${style.yellow('-')} ${visible(action.id)}: ${visible(detail ?? 'not run')}\n`;
  }
}

/** How the run ended: counts, then what is left. */
export function renderOutcome({ results, left, waiting, held }: Outcome, style: Style): string {
  const of = (outcome: ActionResult['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const parts = [
    `${of('done')} done`,
    ...(of('failed') > 0 ? [style.red(`${of('failed')} failed`)] : []),
    ...(of('blocked') > 0 ? [style.yellow(`${of('blocked')} blocked`)] : []),
    ...(of('unfinished') > 0 ? [style.yellow(`${of('unfinished')} unfinished`)] : []),
    ...(of('not-run') > 0 ? [style.yellow(`${of('not-run')} not run`)] : []),
  ];
  const open = [...waiting.map((unit) => `still coming up: ${unit}`), ...left.map(({ id }) => `left: ${id}`), ...leftAlone(held)];
  const lines = [
    `${style.bold('Applied:')} ${parts.join(', ')}.`,
    ...open.map((line) => `  ${style.yellow('·')} ${visible(line)}`),
    open.length === 0
      ? style.green('This host is as its rosters say.')
      : 'This host is not yet as its rosters say. See why with: muster plan, journalctl --user -e; then try again: muster apply',
  ];
  return `${lines.join('\n')}\n`;
}

type Outcome = Pick<Convergence, 'results' | 'left' | 'waiting' | 'held'>;
