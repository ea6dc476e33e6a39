import type { Sighting } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { ObservedSession } from '../model/observation.ts';
import { sightingOf } from '../systemd/causes.ts';
import { type Assessment, detailsOf } from './assess.ts';
import type { Memory } from './memory.ts';
import type { World } from './world.ts';

/** How the agents that this look finds out of order came to be so. Asked before anything is done about it: a start wipes the traces. */
export async function sightingsOf(
  { changes, observation }: Assessment,
  before: Memory,
  desired: Desired,
  world: World,
): Promise<readonly Sighting[]> {
  const names = [
    ...new Set(
      changes.actions.flatMap(({ verb, reason, name }) => (asks.has(verb) && out.has(reason) && name !== null ? [name] : [])),
    ),
  ];
  const agents = names.filter((name) => desired.agents.get(name)?.running === true);
  if (agents.length === 0 || !observation.units.known) return [];
  const units = observation.units.value;
  const details = await detailsOf(agents.map(agentUnit), world.readers.units);
  const sessions = observation.tmux.known ? observation.tmux.value.sessions : [];
  return agents.flatMap((name): Sighting[] => {
    const unit = agentUnit(name);
    const session = sessions.some((one) => isOf(one, name, units[unit]?.invocation));
    const cause = sightingOf({ unit: units[unit], detail: details[unit], session, ran: before.lives.has(unit) });
    return cause === null ? [] : [{ unit, name, ...cause }];
  });
}

/** Actions that bring an agent back, and the reasons that say it had been there. */
const asks: ReadonlySet<string> = new Set(['start', 'restart', 'enable', 'reset-failed']);
const out: ReadonlySet<string> = new Set(['drifted', 'failed', 'session-missing', 'enablement-changed']);

const isOf = ({ agent, incarnation, alive }: ObservedSession, name: string, invocation: string | undefined): boolean =>
  alive && agent === name && incarnation === invocation;
