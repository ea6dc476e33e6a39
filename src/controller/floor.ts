import type { Desired, DesiredAgent } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { Derived } from '../plan/derive.ts';
import type { Lives } from './lives.ts';

/**
 * The floor of one fleet as it is, not as it is written. `stable`: it has been held by the same runs for long enough to be trusted.
 * `exempt`: waived by its profile, or one who holds it is suspended.
 */
export interface Floor {
  readonly fleet: string;
  readonly state: 'exempt' | 'stable' | 'held' | 'broken' | 'unknown';
  readonly message: string;
  /** When it will be stable if nothing changes; `Infinity` unless it is `held`. */
  readonly stableAt: number;
}

export interface FloorInput {
  readonly desired: Desired;
  readonly derived: Derived;
  readonly lives: Lives;
  readonly stableMs: number;
  readonly now: number;
  readonly isSuspended: (agent: DesiredAgent) => boolean;
}

export const floorsOf = (input: FloorInput): readonly Floor[] => input.desired.fleets.map((fleet) => floorOf(fleet, input));

function floorOf({ name, waived }: Desired['fleets'][number], input: FloorInput): Floor {
  const agents = [...input.desired.agents.values()].filter((agent) => agent.fleet === name && agent.running);
  const posts = (['orchestrator', 'enhancer'] as const).map((post) => agents.filter((agent) => agent.class === post));
  const floor = (state: Floor['state'], message: string, stableAt = Number.POSITIVE_INFINITY): Floor => ({
    fleet: name,
    state,
    message,
    stableAt,
  });
  if (waived) return floor('exempt', 'the profile minimal waives the floor');
  const suspended = posts.find((holders) => holders.length > 0 && holders.every(input.isSuspended));
  if (suspended !== undefined) return floor('exempt', `suspended: ${names(suspended)}`);
  if (!input.derived.observation.units.known) return floor('unknown', input.derived.observation.units.why);
  const held = posts.map((holders) => best(holders, input));
  const vacant = posts.filter((_, post) => held[post] === null);
  if (vacant.length > 0) return floor('broken', vacant.map((holders) => `not live: ${names(holders)}`).join('; '));
  const stableAt = Math.max(...held.map((since) => (since ?? 0) + input.stableMs));
  return stableAt <= input.now
    ? floor('stable', 'orchestrator and enhancer are live')
    : floor('held', 'orchestrator and enhancer are live, not yet for long', stableAt);
}

/** Since when the longest-lived of them lives; `null` when none does. */
function best(holders: readonly DesiredAgent[], { derived, lives }: FloorInput): number | null {
  let since: number | null = null;
  for (const agent of holders) {
    const unit = agentUnit(agent.name);
    const verdict = derived.verdicts.get(unit);
    const life = lives.get(unit);
    const isOther = verdict?.record != null && (verdict.record.class !== agent.class || verdict.record.fleet !== agent.fleet);
    if (verdict?.phase !== 'live' || life === undefined || isOther) continue;
    since = Math.min(since ?? life.since, life.since);
  }
  return since;
}

const names = (agents: readonly DesiredAgent[]): string => agents.map(({ name }) => name).join(', ') || 'nobody is rostered';
