import type { Action, UnknownPlace } from '../model/plan.ts';
import { visible } from '../model/visible.ts';
import { leftAlone } from './left-alone.ts';
import type { Style } from './style.ts';

/** What nobody asked to remove. */
export interface Staying {
  readonly places: readonly string[];
  /** `--purge` removes all of them but lingering. */
  readonly isPurgeable: boolean;
}

/** What goes besides the agents of a plan, and what stays whatever happens. */
export const renderLeaving = (going: readonly string[], { places, isPurgeable }: Staying): string =>
  `Goes besides:\n${listed(going)}Stays${isPurgeable ? ', all but lingering unless with --purge' : ''}:\n${listed(places)}`;

/** `ending` is how it ended, such as `Everything is gone, except for`. */
export function renderKept(ending: string, { places, isPurgeable }: Staying): string {
  const [only, ...more] = places;
  if (only !== undefined && more.length === 0) return `${ending} ${visible(only)}.\n`;
  return `${ending}:\n${listed(places)}${isPurgeable ? 'To remove these, too, all but lingering: muster uninstall --purge\n' : ''}`;
}

const listed = (lines: readonly string[]): string => lines.map((line) => `  ${visible(line)}\n`).join('');

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
