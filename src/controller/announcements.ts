import type { BackOff, Condition, ControllerStatus } from '../model/controller.ts';
import { parseUnit } from '../model/names.ts';
import { visible } from '../model/visible.ts';
import { short } from './revision.ts';

/** Something that the operators of fleets should hear without asking. */
export interface Announcement {
  /** Made of what it is about: the same thing has the same key, also after a restart. */
  readonly key: string;
  /** Whose operators; `null`: of every fleet here. */
  readonly fleet: string | null;
  /** In Markdown. */
  readonly text: string;
}

/** What is to be known besides the status. */
export interface Hearing {
  /** Milliseconds of the wall clock. */
  readonly now: number;
  /** Fleet of an agent that is rostered here. */
  readonly fleetOf: (agent: string) => string | null;
  /** Keys of the floors that were said not to hold, by fleet. */
  readonly floors: ReadonlyMap<string, string>;
}

/** A handover or a restart of a sole orchestrator takes seconds: what is over by then is no news. */
export const floorGraceMs = 20_000;

/**
 * What is worth saying of how things are now: revisions that are denied or quarantined, floors that do not hold, agents that are tried again hardly
 * ever. It is made of the state, not of events, so that a crash loses none of it; whoever says it knows by the keys what was said.
 */
export function announcementsOf(status: ControllerStatus, hearing: Hearing): readonly Announcement[] {
  return [
    ...denied(status),
    ...returned(status),
    ...status.fleets.flatMap(({ name, conditions }) => floor(name, conditions, hearing)),
    ...status.back_offs.filter(({ quarantined }) => quarantined).map((backOff) => givenUp(backOff, status, hearing)),
  ];
}

function denied({ attempted, applied }: ControllerStatus): Announcement[] {
  if (attempted?.outcome !== 'denied' || attempted.revision === null) return [];
  const [first, ...others] = attempted.diagnostics.filter(({ severity }) => severity === 'error');
  const where = first?.file === undefined ? '' : ` (${visible(first.file)}${first.line === undefined ? '' : `:${first.line}`})`;
  const why = first === undefined ? '' : `: ${visible(first.summary)}${where}`;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const rest = applied === null ? 'Nothing is in force.' : `In force stays ${short(applied)}.`;
  return [
    {
      key: `denied:${attempted.revision}`,
      fleet: null,
      text: `Revision ${short(attempted.revision)} is **denied**${why}${more}. ${rest} On the host: \`muster validate\``,
    },
  ];
}

function returned({ quarantined, good }: ControllerStatus): Announcement[] {
  if (quarantined === null) return [];
  const { revision, why, at } = quarantined;
  const back = good === null ? '' : ` The last good one, ${short(good)}, is in force again.`;
  return [
    {
      key: `quarantined:${revision}:${at}`,
      fleet: null,
      text: `Revision ${short(revision)} is **quarantined**: ${visible(why)}.${back} It is not tried again until the branch names another one.`,
    },
  ];
}

export const isFloorKey = (key: string): boolean => key.startsWith('floor:') && !key.endsWith(':over');
const floorKey = (fleet: string, since: string): string => `floor:${fleet}:${since}`;

function floor(fleet: string, conditions: readonly Condition[], { now, floors }: Hearing): Announcement[] {
  const held = conditions.find(({ type }) => type === 'FloorHeld');
  const former = floors.get(fleet);
  if (held?.status === 'True' && former !== undefined)
    return [{ key: `${former}:over`, fleet, text: `The floor of ${fleet} holds again.` }];
  if (held?.status !== 'False' || now - Date.parse(held.since) < floorGraceMs) return [];
  return [
    {
      key: floorKey(fleet, held.since),
      fleet,
      text: `The **floor of ${fleet} does not hold**: ${visible(held.message)}. Ask \`!status\`, or on the host: \`muster ps\``,
    },
  ];
}

/** Each day anew, where it goes on or comes again. */
function givenUp({ resource, why }: BackOff, { applied }: ControllerStatus, { now, fleetOf }: Hearing): Announcement {
  const unit = parseUnit(resource);
  const day = new Date(now).toISOString().slice(0, 10);
  const fleet = unit === null ? null : unit.kind === 'connector' ? unit.name : unit.kind === 'agent' ? fleetOf(unit.name) : null;
  const what = unit?.kind === 'agent' ? `Agent ${unit.name}` : visible(resource);
  const ask = unit?.kind === 'agent' ? ` Ask \`!why ${unit.name}\`.` : '';
  return {
    key: `given-up:${resource}:${applied ?? ''}:${day}`,
    fleet,
    text: `${what} keeps failing and is **quarantined**, tried again only now and then: ${visible(why)}.${ask}`,
  };
}
