import type { Action, UnknownPlace } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { leftAlone } from './left-alone.ts';
import type { Style } from './style.ts';

/** What goes besides the agents of a plan, and what stays whatever happens. */
export const renderLeaving = (going: readonly string[], staying: readonly string[]): string =>
  `Goes besides: ${going.map(visible).join(', ')}.\nStays: ${staying.map(visible).join(', ')}.\n`;

/** What is still there, and why; shared files and records stay for it. */
export function renderRemains(
  { left, held }: { readonly left: readonly Action[]; readonly held: readonly UnknownPlace[] },
  style: Style,
): string {
  const open = [...left.map(({ id }) => `left: ${id}`), ...leftAlone(held)];
  return [
    style.bold('Not everything is gone.'),
    ...open.map((line) => `  ${style.yellow('·')} ${visible(line)}`),
    'Files that these may need stay, and so do the records. Mend that, then try again: muster uninstall',
    '',
  ].join('\n');
}
