import type { Sighting } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';
import { agentUnit, holderUnit, parseUnit } from '../model/names.ts';
import type { ObservedSession } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import { sightingOf } from '../systemd/causes.ts';
import { type Assessment, detailsOf } from './assess.ts';
import type { Memory } from './memory.ts';
import type { World } from './world.ts';

/** What a look has found out of order, and which of systemd's own restarts have been told. */
export interface Sightings {
  readonly seen: readonly Sighting[];
  readonly ends: Memory['ends'];
}

/** How the agents that this look finds out of order came to be so. Asked before anything is done about it: a start wipes the traces. */
export async function sightingsOf(assessment: Assessment, before: Memory, desired: Desired, world: World): Promise<Sightings> {
  const { changes, observation } = assessment;
  const { lives, ends } = before;
  if (!observation.units.known) return { seen: [], ends };
  const units = observation.units.value;
  const unseen = replaced(assessment, before, desired);
  const restarting = changes.waiting.filter((unit) => units[unit]?.sub === 'auto-restart');
  const asked = new Set([...broughtBack(changes.actions, desired).map(agentUnit), ...restarting]);
  if (asked.size === 0) return { seen: unseen, ends };
  const details = await detailsOf([...asked], world.readers.units);
  const told = new Map(restarting.map((unit) => [unit, details[unit]?.since ?? 0]));
  const sessions = observation.tmux.known ? observation.tmux.value.sessions : [];
  const isNewServer = lives.has(holderUnit) && lives.get(holderUnit)?.invocation !== units[holderUnit]?.invocation;
  const seen = [...asked].flatMap((unit): Sighting[] => {
    const name = parseUnit(unit)?.name ?? '';
    // One ending, seen in two looks.
    if (name === '' || (told.has(unit) && ends.get(unit) === told.get(unit))) return [];
    const session = sessions.some((one) => isOf(one, name, units[unit]?.invocation));
    const cause = sightingOf({ unit: units[unit], detail: details[unit], session, ran: lives.has(unit) });
    if (cause === null) return [];
    return [{ unit, name, ...(isNewServer && cause.cause === 'stopped-by-hand' ? withServer : cause) }];
  });
  const known = [...ends].filter(([unit]) => units[unit] !== undefined);
  return { seen: [...seen, ...unseen], ends: new Map([...known, ...told]) };
}

/** systemd stops the agents with the holder that they are part of. */
const withServer = { cause: 'session-ended', detail: 'the tmux server ended' } as const;

/** Agents of which another run is under way than was live before, and not by our doing: how the former one ended was not seen. */
function replaced({ derived }: Assessment, { lives, touched }: Memory, { agents }: Desired): readonly Sighting[] {
  return [...derived.verdicts.values()].flatMap(({ unit, name, phase, raw }): Sighting[] => {
    const former = lives.get(unit);
    const isOther = phase === 'starting' ? raw.sub !== 'auto-restart' : phase === 'live' && raw.invocation !== former?.invocation;
    if (former === undefined || !isOther || touched.has(unit) || agents.get(name)?.running !== true) return [];
    return [{ unit, name, cause: 'ended', detail: `see journalctl --user -u ${unit}` }];
  });
}

/** Agents that are to run and that this plan brings back. */
function broughtBack(actions: readonly Action[], { agents }: Desired): readonly string[] {
  const names = actions.flatMap(({ verb, reason, name }) => (asks.has(verb) && out.has(reason) && name !== null ? [name] : []));
  return names.filter((name) => agents.get(name)?.running === true);
}

/** Actions that bring an agent back, and the reasons that say it had been there. */
const asks: ReadonlySet<string> = new Set(['start', 'restart', 'enable', 'reset-failed']);
const out: ReadonlySet<string> = new Set(['drifted', 'failed', 'session-missing', 'enablement-changed']);

const isOf = ({ agent, incarnation, alive }: ObservedSession, name: string, invocation: string | undefined): boolean =>
  alive && agent === name && incarnation === invocation;
