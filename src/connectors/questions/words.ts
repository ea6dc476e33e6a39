import type { Plan } from '../../model/plan.ts';
import { isFields, isText, listOf, nullOr, optional, shapeOf } from '../../model/shape.ts';
import { visible } from '../../model/visible.ts';

/** Answers in words that fit a chat. What is told is of one fleet alone: another one has other operators. */

const mostLines = 24;
const longestLine = 100;

export const helpWords = [
  'I answer these myself; all else goes to the orchestrator:',
  '```',
  '!status     who runs, and is it well',
  '!plan       what is still to be done on the host',
  '!why NAME   why an agent is as it is',
  '```',
].join('\n');

export const oddWords = 'Why who? `!why NAME`, such as `!why coder0`.';

/** What is read of `muster ps --json`. */
export interface SeenStatus {
  readonly revision: string | null;
  readonly fleets: readonly SeenFleet[];
  readonly agents: readonly SeenAgent[];
  readonly controller: { readonly state: string };
}

interface SeenFleet {
  readonly name: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
}

interface SeenAgent {
  readonly fleet: string;
  readonly name: string;
  readonly state: string;
  readonly desired: string;
  readonly activity?: unknown;
}

export const isSeenStatus = shapeOf<SeenStatus>({
  revision: nullOr(isText),
  fleets: listOf(
    shapeOf<SeenFleet>({
      name: isText,
      conditions: listOf(
        shapeOf<SeenFleet['conditions'][number]>({ type: isText, status: isText, reason: isText, message: isText }),
      ),
    }),
  ),
  agents: listOf(shapeOf<SeenAgent>({ fleet: isText, name: isText, state: isText, desired: isText, activity: () => true })),
  controller: shapeOf<SeenStatus['controller']>({ state: isText }),
});

export function statusWords({ revision, fleets, agents, controller }: SeenStatus, fleet: string): string {
  const own = agents.filter((agent) => agent.fleet === fleet);
  const wanted = own.filter(({ desired }) => desired === 'running');
  const live = wanted.filter(({ state }) => state === 'live').length;
  const conditions = fleets.find(({ name }) => name === fleet)?.conditions ?? [];
  const wrong = conditions.filter(({ type, status }) => status === 'False' && type !== 'Suspended');
  const suspended = conditions.filter(({ type, status }) => status === 'True' && type === 'Suspended');
  const head = [
    `**${fleet}**: ${live} of ${wanted.length} agents live`,
    `revision ${revision === null ? 'none' : revision.slice(0, 12)}`,
    controller.state === 'running' ? 'the controller runs' : `controller: ${visible(controller.state)}`,
  ].join(', ');
  const width = Math.max(0, ...own.map(({ name }) => name.length));
  const rows = [...own]
    .sort((a, b) => rank(a) - rank(b))
    .map((agent) => `${markOf(agent)} ${agent.name.padEnd(width)}  ${doing(agent)}`);
  return answer(`${head}.`, [
    ...[...wrong, ...suspended].map(({ type, reason, message }) => `! ${type}: ${reason}${message === '' ? '' : `, ${message}`}`),
    ...rows,
  ]);
}

/** Who is not as desired first. */
const rank = ({ state, desired }: SeenAgent): number => (state === 'live' || desired !== 'running' ? 1 : 0);
const markOf = ({ state, desired }: SeenAgent): string => (state === 'live' ? '+' : desired === 'running' ? '!' : '-');

function doing({ state, activity }: SeenAgent): string {
  const does = isFields(activity) && isText(activity.state) ? activity.state : '';
  return state === 'live' && does !== '' && does !== 'unknown' ? does : state;
}

export function planWords(plan: Pick<Plan, 'actions' | 'pending' | 'unknown' | 'waiting'>, fleet: string): string {
  const own = plan.actions.filter((action) => action.fleet === fleet || action.fleet === null);
  if (own.length === 0) {
    const waiting = plan.waiting.length === 0 ? '' : ` systemd is bringing up ${plan.waiting.length}.`;
    return `**${fleet}**: nothing to do, this host is as its rosters say.${waiting}`;
  }
  const rows = own.map(({ verb, name, target, unit, reason, disruptive }) => {
    const what = name ?? target ?? unit ?? '';
    return `${disruptive ? '!' : ' '} ${verb} ${what}  ${reason}`;
  });
  return answer(`**${fleet}**: ${own.length} ${own.length === 1 ? 'action' : 'actions'} to go.`, rows);
}

/** What is read of `muster explain --json`. */
export interface SeenReasons {
  readonly name: string;
  readonly desired: { readonly fleet: string; readonly class: string; readonly runtime: string } | null;
  readonly state: string;
  readonly unit: string;
  readonly why: readonly { readonly text: string; readonly hint?: string | undefined }[];
  readonly ended: { readonly at: string | null; readonly cause: string; readonly detail: string } | null;
}

export const isSeenReasons = shapeOf<SeenReasons>({
  name: isText,
  desired: nullOr(shapeOf<NonNullable<SeenReasons['desired']>>({ fleet: isText, class: isText, runtime: isText })),
  state: isText,
  unit: isText,
  why: listOf(shapeOf<SeenReasons['why'][number]>({ text: isText, hint: optional(isText) })),
  ended: nullOr(shapeOf<NonNullable<SeenReasons['ended']>>({ at: nullOr(isText), cause: isText, detail: isText })),
});

export function whyWords({ name, desired, state, unit, why, ended }: SeenReasons, fleet: string): string {
  if (desired?.fleet !== fleet) return unknownWords(name, fleet);
  const head = `**${name}** (${desired.class}, ${desired.runtime}) is ${state}: ${oneLine(unit)}.`;
  const rows = [
    ...(why.length === 0
      ? ['It is as it should be.']
      : why.flatMap(({ text, hint }) => [`- ${text}`, ...(hint === undefined ? [] : [`  ${hint}`])])),
    ...(ended === null
      ? []
      : [
          `Its last run: ${ended.cause}${ended.detail === '' ? '' : `, ${ended.detail}`}${ended.at === null ? '' : ` (${ended.at})`}`,
        ]),
  ];
  return answer(head, rows);
}

export const unknownWords = (name: string, fleet: string): string => `There is no agent ${name} in fleet ${fleet}.`;

/** Lines as they are, whatever is in them: a fence that a text could end is none. */
function answer(head: string, rows: readonly string[]): string {
  if (rows.length === 0) return head;
  const cut = rows.slice(0, mostLines).map(oneLine);
  const more = rows.length > mostLines ? [`… and ${rows.length - mostLines} more; on the host: muster ps, muster plan`] : [];
  return [head, '```', ...cut, ...more, '```'].join('\n');
}

function oneLine(text: string): string {
  const safe = visible(text).replaceAll('```', "'''");
  return [...safe].length <= longestLine ? safe : `${[...safe].slice(0, longestLine - 1).join('')}…`;
}
