import type { ControllerStatus, HistoryEntry } from '../model/controller.ts';
import { parseUnit } from '../model/names.ts';
import { visible } from '../model/visible.ts';
import { fitting, some, wrapped } from './fit.ts';
import { renderHistory } from './history.ts';
import { counted, type Style } from './style.ts';
import { withMinutes } from './time.ts';

/** What the controller did when it was asked, and what is left. */
export function renderReconciled(
  entries: readonly HistoryEntry[],
  status: ControllerStatus,
  columns: number,
  style: Style,
): string {
  const deeds = entries.length === 0 ? '' : `${renderHistory(entries, columns, style)}\n`;
  const trouble = troubles(status).map((text) => `  ${style.red('✗')} ${wrapped(text, columns === 0 ? 0 : columns - 4, '    ')}`);
  return `${deeds}${[outcome(status, columns, style), ...trouble].join('\n')}\n`;
}

function outcome(status: ControllerStatus, columns: number, style: Style): string {
  const { left, obstacle, unfetched, attempted, applied } = status;
  if (obstacle !== null) return style.red('The controller cannot do its work.');
  if (left.length > 0) {
    const ways = [8, 4, 2, 1].map((most) => `${counted(left.length, 'action')} left: ${some(left.map(visible), most)}`);
    return style.yellow(fitting(ways, columns));
  }
  const aside = status.fleets.filter(isAside).map(({ name }) => visible(name));
  const paint = (text: string, paintLine: (line: string) => string): string =>
    wrapped(text, columns, '  ').split('\n').map(paintLine).join('\n');
  const failed = failedAgents(status);
  if (failed > 0)
    return paint(`Nothing more can be done now: ${counted(failed, 'agent')} failed to start, or to stay up.`, style.red);
  const down = status.fleets.filter(isAside).flatMap(notLive);
  if (down.length > 0) return paint(`Nothing more can be done now; ${down.map(visible).join('; ')}.`, style.yellow);
  if (aside.length > 0)
    return paint(`Nothing to do, but for what is left alone or still coming up in ${some(aside, 4)}.`, style.yellow);
  const at = applied === null ? '' : ` at ${visible(applied.slice(0, 12))}`;
  if (unfetched !== undefined) return paint(`This host is as its rosters said${at}; ${newest.unfetched}.`, style.yellow);
  return attempted === null || attempted.outcome === 'admitted'
    ? paint(`This host is as its rosters say${at}.`, style.green)
    : paint(`This host is as its rosters said${at}; ${newest[attempted.outcome]}.`, style.yellow);
}

const notLive = ({ conditions }: Fleet): readonly string[] =>
  conditions.flatMap(({ type, status, message }) => (type === 'Healthy' && status === 'False' ? [message] : []));

/** Agents that wait since a failure; one whose time has come was tried again. */
const failedAgents = ({ back_offs, last_pass: last }: ControllerStatus): number =>
  back_offs.filter(
    ({ resource, until }) => parseUnit(resource)?.kind === 'agent' && (until === null || last === null || until > last.at),
  ).length;

const newest = {
  denied: 'what its branch names now is not in force',
  quarantined: 'what its branch names now is not in force',
  unreadable: 'what its branch names now is not known',
  unfetched: 'what its remote has now is not known',
} as const;

type Fleet = ControllerStatus['fleets'][number];

const reconciledOf = ({ conditions }: Fleet) => conditions.find(({ type }) => type === 'Reconciled');

const isAside = (fleet: Fleet): boolean => (reconciledOf(fleet)?.status ?? 'True') !== 'True';

function troubles({ obstacle, unfetched, attempted, back_offs, fleets }: ControllerStatus): string[] {
  const first = attempted?.diagnostics.find(({ severity }) => severity === 'error');
  const revision =
    attempted === null || attempted.outcome === 'admitted'
      ? []
      : [
          `${attempted.revision?.slice(0, 12) ?? 'the branch'} is ${attempted.outcome}${first === undefined ? '' : `: ${first.summary}`}`,
        ];
  const aside = fleets.filter(isAside).map((fleet) => `${fleet.name}: ${reconciledOf(fleet)?.message ?? ''}`);
  const failing = back_offs
    .filter(
      ({ resource, why }) => !aside.some((text) => text.includes(why) && text.includes(parseUnit(resource)?.name ?? resource)),
    )
    .map(
      ({ resource, failures, why, quarantined }) =>
        `${resource}: failed ${failures === 1 ? 'once' : `${failures} times`}${quarantined ? ', quarantined' : ''} (${why})`,
    );
  const remote = unfetched === undefined ? [] : [unfetched];
  return [...(obstacle === null ? [] : [obstacle]), ...remote, ...revision, ...aside, ...failing].map(visible).map(withMinutes);
}
