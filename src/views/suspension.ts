import type { Suspension } from '../model/controller.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';
import { withMinutes } from './time.ts';

type Target = Pick<Suspension, 'kind' | 'name'>;

/** What a suspension means, what it leaves uncovered (`null`: nobody can tell), and how it ends. */
export function renderSuspended(
  { kind, name, until, reason }: Omit<Suspension, 'since' | 'by'>,
  uncovered: readonly string[] | null,
  controlled: boolean,
  style: Style,
): string {
  const end = until === null ? 'until it is resumed' : `until ${withMinutes(until)}`;
  const warnings = uncovered ?? [
    'whether it leaves a role of the floor uncovered is unknown: the rosters in force cannot be read',
  ];
  const lines = [
    `${style.yellow('·')} ${kind} ${style.bold(visible(name))} is suspended ${end}${reason === null ? '' : `: ${visible(reason)}`}`,
    '  It is left as it is, running or not. Drift is still reported.',
    ...warnings.map((text) => `  ${style.yellow('!')} ${visible(text)}`),
    ...(controlled ? [] : ['  No controller runs; plan, apply and the next controller respect it.']),
    `  ${style.cyan('help:')} To end it: muster resume ${visible(name)}${kind === 'fleet' ? ' --fleet' : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

export function renderResumed({ kind, name }: Target, resumed: boolean, controlled: boolean, style: Style): string {
  const subject = `${kind} ${style.bold(visible(name))}`;
  if (!resumed) return `${style.dim('·')} ${subject} was not suspended\n`;
  const next = controlled ? 'The controller sees to it now.' : 'No controller runs; what drifted is mended by: muster apply';
  return `${style.green('✓')} ${subject} is resumed. ${next}\n`;
}
