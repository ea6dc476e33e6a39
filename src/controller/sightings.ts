import type { Sighting } from '../model/controller.ts';
import type { Desired } from '../model/desired.ts';
import { agentUnit, holderUnit, parseUnit } from '../model/names.ts';
import type { ObservedSession, RunEnd } from '../model/observation.ts';
import type { Action } from '../model/plan.ts';
import type { Verdict } from '../plan/derive.ts';
import { sightingOf } from '../systemd/causes.ts';
import { endBefore } from '../systemd/ends.ts';
import { type Assessment, detailsOf } from './assess.ts';
import type { Memory } from './memory.ts';
import type { World } from './world.ts';

/** What a look has found out of order, and what is remembered so that each end is told once. */
export interface Sightings extends Pick<Memory, 'ends' | 'runs'> {
  readonly seen: readonly Sighting[];
}

/** How the agents and connectors that this look finds out of order came to be so. Asked before anything is done about it: a start wipes the traces. */
export async function sightingsOf(assessment: Assessment, before: Memory, desired: Desired, world: World): Promise<Sightings> {
  const { changes, observation } = assessment;
  const { lives, ends, runs } = before;
  if (!observation.units.known) return { seen: [], ends, runs };
  const units = observation.units.value;
  const isNewServer = runs.has(holderUnit) && runs.get(holderUnit) !== units[holderUnit]?.invocation;
  const withHolder = (sighting: Sighting): Sighting =>
    isNewServer && sighting.cause === 'stopped-by-hand' ? { ...sighting, ...withServer } : sighting;
  const unseen = (await endsOf(replaced(assessment, before, desired), world)).map(withHolder);
  const restarting = changes.waiting.filter((unit) => units[unit]?.sub === 'auto-restart');
  const asked = new Set([...broughtBack(changes.actions, desired), ...restarting]);
  if (asked.size === 0) return { seen: unseen, ends, runs: lastRuns(assessment, before, unseen) };
  const details = await detailsOf([...asked], world.readers.units);
  const told = new Map(restarting.map((unit) => [unit, details[unit]?.since ?? 0]));
  const sessions = observation.tmux.known ? observation.tmux.value.sessions : [];
  const seen = [...asked].flatMap((unit): Sighting[] => {
    const name = parseUnit(unit)?.name ?? '';
    // One ending, seen in two looks.
    if (name === '' || (told.has(unit) && ends.get(unit) === told.get(unit))) return [];
    // A connector has no session that could be missing.
    const session = unit !== agentUnit(name) || sessions.some((one) => isOf(one, name, units[unit]?.invocation));
    const cause = sightingOf({ unit: units[unit], detail: details[unit], session, ran: lives.has(unit) });
    if (cause === null) return [];
    return [withHolder({ unit, name, ...cause })];
  });
  const known = [...ends].filter(([unit]) => units[unit] !== undefined);
  const all = [...seen, ...unseen];
  return { seen: all, ends: new Map([...known, ...told]), runs: lastRuns(assessment, before, all) };
}

/** systemd stops the agents with the holder that they are part of. */
const withServer = { cause: 'session-ended', detail: 'the tmux server ended' } as const;

/** Agents of which another run is under way than was last live, and not by our doing. */
function replaced({ derived }: Assessment, { runs, touched }: Memory, { agents }: Desired): readonly Verdict[] {
  return [...derived.verdicts.values()].filter(({ unit, kind, name, phase, raw }) => {
    const isUp = phase === 'live' || (phase === 'starting' && raw.sub !== 'auto-restart');
    const isOther = runs.has(unit) && raw.invocation !== '' && raw.invocation !== runs.get(unit);
    return kind === 'agent' && isUp && isOther && !touched.has(unit) && agents.get(name)?.running === true;
  });
}

/** A look may find a unit on its way down, or up again: what it was is kept until that is over. */
function lastRuns({ derived }: Assessment, { runs, touched }: Memory, told: readonly Sighting[]): Memory['runs'] {
  const over = new Set([...touched, ...told.map(({ unit }) => unit)]);
  return new Map(
    [...derived.verdicts.values()].flatMap(({ unit, phase, raw }): [string, string][] => {
      const former = over.has(unit) ? undefined : runs.get(unit);
      const run = phase === 'live' ? raw.invocation : former;
      return run === undefined ? [] : [[unit, run]];
    }),
  );
}

/** How the former run of each ended, which nobody saw: what it wrote down itself. */
async function endsOf(later: readonly Verdict[], { readers }: World): Promise<readonly Sighting[]> {
  if (later.length === 0) return [];
  const names = later.map(({ name }) => name);
  const [ends, details] = await Promise.all([
    readers.files.ends(names).catch((): Readonly<Record<string, RunEnd>> => ({})),
    detailsOf(
      later.map(({ unit }) => unit),
      readers.units,
    ),
  ]);
  return later.map(({ unit, name, raw }) => {
    const cause = endBefore(ends[name], { unit: raw, restarts: details[unit]?.restarts ?? 0 });
    return { unit, name, ...(cause ?? { cause: 'ended' as const, detail: `see journalctl --user -u ${unit}` }) };
  });
}

/** Units of agents and connectors that are to run and that this plan brings back. */
function broughtBack(actions: readonly Action[], { state }: Desired): readonly string[] {
  const units = actions.flatMap(({ verb, kind, reason, unit }) =>
    asks.has(verb) && out.has(reason) && kind !== 'holder' && unit !== null ? [unit] : [],
  );
  return units.filter((unit) => state.units[unit]?.active === true);
}

/** Actions that bring a unit back, and the reasons that say it had been there. */
const asks: ReadonlySet<string> = new Set(['start', 'restart', 'enable', 'reset-failed']);
const out: ReadonlySet<string> = new Set(['drifted', 'failed', 'session-missing', 'enablement-changed']);

const isOf = ({ agent, incarnation, alive }: ObservedSession, name: string, invocation: string | undefined): boolean =>
  alive && agent === name && incarnation === invocation;
