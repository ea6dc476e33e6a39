import type { Desired, DesiredAgent } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { Derived, Verdict } from '../plan/derive.ts';
import { isMasked, maskInTheWay } from '../plan/masks.ts';
import type { Lives } from './lives.ts';
import type { IsSuspended } from './suspended.ts';

/**
 * The floor of one fleet as it is, not as it is written. `stable`: it has been held by the same runs for long enough to be trusted,
 * and these runs are what the revision in force asks for. `exempt`: waived by its profile, or well but for a post whose holders are
 * suspended.
 */
export interface Floor {
  readonly fleet: string;
  readonly state: 'exempt' | 'stable' | 'held' | 'broken' | 'unknown';
  readonly message: string;
  /** When it will be stable if nothing changes; `Infinity` unless it is `held` by runs that may become so. */
  readonly stableAt: number;
  /** Somebody masked those who would hold it: that is no revision's doing. */
  readonly masked: boolean;
  /** A post is held by a run of what was in force before alone, because who should hold it now fails: what is wrong; `null`: it is not so. */
  readonly stuck: string | null;
}

export interface FloorInput {
  readonly desired: Desired;
  readonly derived: Derived;
  readonly lives: Lives;
  readonly stableMs: number;
  readonly now: number;
  /** `null`: nobody can tell what is suspended. */
  readonly isSuspended: IsSuspended | null;
}

export const floorsOf = (input: FloorInput): readonly Floor[] => input.desired.fleets.map((fleet) => floorOf(fleet, input));

function floorOf({ name, waived }: Desired['fleets'][number], input: FloorInput): Floor {
  const { observation } = input.derived;
  const agents = [...input.desired.agents.values()].filter((agent) => agent.fleet === name && agent.running);
  const posts = (['orchestrator', 'enhancer'] as const).map((post) => agents.filter((agent) => agent.class === post));
  const floor = (state: Floor['state'], message: string, more: Partial<Floor> = {}): Floor => ({
    fleet: name,
    state,
    message,
    stableAt: Number.POSITIVE_INFINITY,
    masked: false,
    stuck: null,
    ...more,
  });
  if (waived) return floor('exempt', 'the profile minimal waives the floor');
  const { isSuspended } = input;
  if (isSuspended === null) return floor('unknown', 'what is suspended here cannot be read');
  const suspended = posts.filter((holders) => holders.length > 0 && holders.every(isSuspended));
  const counted = posts.filter((holders) => !suspended.includes(holders));
  if (counted.length > 0 && !observation.units.known) return floor('unknown', observation.units.why);
  const held = counted.map((holders) => best(holders, input));
  const vacant = counted.filter((_, post) => held[post] === null);
  const unsure = vacant.flat().filter((agent) => verdictOf(agent, input)?.phase === 'unknown');
  if (unsure.length > 0) return floor('unknown', `systemd says active, tmux could not be asked: ${names(unsure)}`);
  const stayed = [...input.derived.verdicts.values()].filter(
    ({ name: agent, record }) =>
      record?.fleet === name &&
      vacant.some((holders) => holders[0]?.class === record.class) &&
      isSuspended({ name: agent, fleet: name }),
  );
  // Whoever held the post is suspended in it, so that nobody can take it over.
  if (stayed.length > 0) return floor('exempt', `suspended: ${stayed.map((verdict) => verdict.name).join(', ')}`);
  if (vacant.length > 0) {
    const masked =
      maskInTheWay(input.derived) !== null ||
      vacant.every((holders) => holders.length > 0 && holders.every((agent) => isMasked(verdictOf(agent, input))));
    return floor('broken', vacant.map((holders) => `not live: ${names(holders)}`).join('; '), { masked });
  }
  const stableAt = Math.max(0, ...held.map((since) => (since ?? 0) + input.stableMs));
  if (stableAt <= input.now && suspended.length > 0) return floor('exempt', `suspended: ${names(suspended.flat())}`);
  if (stableAt <= input.now) return floor('stable', 'orchestrator and enhancer are live');
  const why = Number.isFinite(stableAt) ? 'not yet for long' : 'not yet with what is in force';
  const failing = counted.flatMap((holders, post) => (held[post] === Number.POSITIVE_INFINITY ? failingOf(holders, input) : []));
  const stuck = failing.length === 0 ? null : `not live with what is in force: ${names(failing)}`;
  return floor('held', `orchestrator and enhancer are live, ${why}`, { stableAt, stuck });
}

/** Those who are down with what they have never been well with. */
const failingOf = (holders: readonly DesiredAgent[], input: FloorInput): readonly DesiredAgent[] =>
  holders.filter((agent) => {
    const verdict = verdictOf(agent, input);
    const isDown = verdict?.phase === 'failed' || verdict?.phase === 'starting';
    return isDown && !isMasked(verdict) && verdict.reached !== agent.config && input.isSuspended?.(agent) === false;
  });

/** Since when the longest-lived of them lives; `Infinity` where none of them runs with what it should, `null` where none lives. */
function best(holders: readonly DesiredAgent[], input: FloorInput): number | null {
  let since: number | null = null;
  for (const agent of holders) {
    const verdict = verdictOf(agent, input);
    const life = input.lives.get(agentUnit(agent.name));
    const record = verdict?.record ?? null;
    const isOther = record !== null && (record.class !== agent.class || record.fleet !== agent.fleet);
    if (verdict?.phase !== 'live' || life === undefined || isOther) continue;
    const isCurrent = record === null || record.config === agent.config || agent.onChange === 'next-start';
    since = Math.min(since ?? Number.POSITIVE_INFINITY, isCurrent ? life.since : Number.POSITIVE_INFINITY);
  }
  return since;
}

const verdictOf = ({ name }: DesiredAgent, { derived }: FloorInput): Verdict | undefined => derived.verdicts.get(agentUnit(name));

const names = (agents: readonly DesiredAgent[]): string => agents.map(({ name }) => name).join(', ') || 'nobody is rostered';
