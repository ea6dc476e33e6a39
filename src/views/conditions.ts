import type { Condition } from '../model/controller.ts';
import type { Status, StatusController } from '../model/status.ts';
import { visible } from '../model/visible.ts';
import { wrapped } from './fit.ts';
import type { Style } from './style.ts';
import { ago, withMinutes } from './time.ts';

/**
 * Conditions that are not as they should be, one line each; those of a controller that has ended say nothing about now. That a revision
 * is not admitted is said once, beside the controller.
 */
export function conditionLines({ fleets, controller }: Status, now: number, columns: number, style: Style): string[] {
  if (controller.state !== 'running') return [];
  return fleets.flatMap(({ name, conditions }) =>
    conditions
      .filter((condition) => condition.type !== 'Admitted' && !isAsItShould(condition))
      .map((condition) => line(name, condition, now, columns, style)),
  );
}

/** Reasons for which a condition is `Unknown` on purpose. */
const onPurpose: ReadonlySet<string> = new Set(['Waived', 'NoOrchestrator']);

const isAsItShould = ({ type, status, reason }: Condition): boolean =>
  status === (type === 'Suspended' ? 'False' : 'True') || (status === 'Unknown' && onPurpose.has(reason));

function line(fleet: string, { type, status, reason, message, since }: Condition, now: number, columns: number, style: Style) {
  const words = message === '' ? '' : `: ${withMinutes(visible(message))}`;
  const age = ago(now - Date.parse(since));
  const text = `${visible(fleet)} ${type}=${status}, ${visible(reason)}${words} (${age})`;
  const [glyph, paint] = type === 'Suspended' ? ['·', style.yellow] : status === 'False' ? ['✗', style.red] : ['?', style.yellow];
  return `${paint(glyph)} ${wrapped(text, columns === 0 ? 0 : columns - 2, '  ')}`;
}

/** Whether a controller is there, in a line; what keeps it from its work, in another. */
export function controllerLines({ controller }: Status, now: number, columns: number, style: Style): string[] {
  const lines = [stateLine(controller, now, style), ...troubleLines(controller, style)];
  return lines.map((text) => (columns === 0 ? text : wrapped(text, columns, '  ')));
}

function stateLine({ state, installed, status }: StatusController, now: number, style: Style): string {
  const last = status?.last_pass == null ? '' : `, last pass ${ago(now - Date.parse(status.last_pass.at))} ago`;
  switch (state) {
    case 'running':
      return `${style.green('Controller runs')}${status?.binding == null ? '' : `, follows ${visible(branchOf(status.binding.ref))}`}${last}.`;
    case 'unresponsive':
      return style.yellow(`Controller does not answer${last}: journalctl --user -u mosaic-controller`);
    case 'stopped':
      return style.yellow(
        `Controller does not run${last}; to start it: ${installed ? 'systemctl --user start mosaic-controller' : 'muster run'}`,
      );
    case 'none':
      return style.dim('No controller: what drifts stays so until the next muster apply.');
  }
}

const branchOf = (ref: string): string => ref.replace(/^refs\/heads\//, '');

function troubleLines({ state, status }: StatusController, style: Style): string[] {
  if (state !== 'running' || status === null) return [];
  const { obstacle, unfetched, attempted } = status;
  const refused = attempted !== null && attempted.outcome !== 'admitted' ? [attempted] : [];
  return [
    ...refused.map(({ revision, outcome, diagnostics }) => {
      const first = diagnostics.find(({ severity }) => severity === 'error')?.summary;
      const which = revision === null ? 'its branch' : visible(revision.slice(0, 12));
      return `${style.red('✗')} ${which} is ${outcome}${first === undefined ? '' : `: ${visible(first)}`}`;
    }),
    ...(obstacle === null ? [] : [`${style.red('✗')} ${visible(obstacle)}`]),
    ...(unfetched === undefined ? [] : [`${style.yellow('!')} what its remote has now is not known: ${visible(unfetched)}`]),
  ];
}
