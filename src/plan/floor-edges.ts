import { type FleetMoves, isLive, leavingOf, type Moves } from './floor-moves.ts';
import type { LateFiles } from './late-files.ts';
import { isUp, type UnitEdges } from './sheet.ts';
import type { UnitTransition } from './transitions.ts';
import type { Wish } from './wishes.ts';

/** Steps that make an agent ready: those that can come before anything else, and those that come between two steps of another one. */
type Prepared = (agent: UnitTransition) => { readonly early: string[]; readonly late: string[] };

/** What is necessary, by agent, and what is better where it can be had. */
export interface FloorOrder {
  readonly edges: (agent: UnitTransition) => UnitEdges;
  readonly wishes: readonly Wish[];
  /** No agent waits for another. */
  readonly isFree: boolean;
}

/**
 * What each agent's steps wait for so that the floor holds at every step:
 * an orchestrator ends only when its successor is prepared and its leaving connector has ended, and begins only when its
 * predecessor has ended; an enhancer ends only when those that enter are live; enhancers restart one at a time.
 */
export function floorOrder(
  moves: ReadonlyMap<string, FleetMoves>,
  prepared: Prepared,
  connectorGone: (fleet: string) => string[],
  late: LateFiles,
): FloorOrder {
  const waits = new Map<UnitTransition, Waits>();
  const of = (agent: UnitTransition): Waits => {
    const known = waits.get(agent) ?? { first: [], down: [], up: [] };
    waits.set(agent, known);
    return known;
  };
  const cleared = ({ unit }: UnitTransition): readonly string[] => late.cleared.get(unit) ?? [];
  for (const [fleet, { orchestrator, enhancer }] of moves) {
    for (const leaving of orchestrator.ends) {
      for (const origin of [fleet, ...others(orchestrator.begins, leaving).flatMap(formerFleet)]) {
        const begins = moves.get(origin)?.orchestrator.begins ?? [];
        of(leaving).first.push(...connectorGone(origin), ...begins.flatMap((one) => prepared(one).early));
        of(leaving).down.push(...begins.flatMap((one) => [...prepared(one).late, ...cleared(one)]));
      }
      // Its successor comes when its own file is that of another role.
      if (isMover(leaving)) of(leaving).down.push(...prepared(leaving).late);
    }
    for (const [leaving, earlier] of lastToEnd(orchestrator.ends)) of(leaving).down.push(...earlier.map(stopOf));
    for (const entering of orchestrator.begins)
      of(entering).up.push(...others(orchestrator.ends, entering).map(stopOf), ...cleared(entering));
    for (const restarting of orchestrator.restarts) {
      of(restarting).first.push(...connectorGone(fleet), ...orchestrator.ends.map(stopOf));
    }
    chainRestarts(enhancer, of);
    for (const leaving of enhancer.ends.filter((one) => !isMover(one))) {
      of(leaving).first.push(...[...enhancer.begins, ...enhancer.restarts].map(startOf), ...liveIds(orchestrator));
    }
  }
  const wishes = [...wishesOf([...moves.values()]), ...late.wishes];
  const isBound = ({ first, down, up }: Waits): boolean => first.length + down.length + up.length > 0;
  const isFree = wishes.length === 0 && late.after.size === 0 && ![...waits.values()].some(isBound);
  return { edges: (agent) => edgesOf(agent, waits.get(agent), prepared), wishes, isFree };
}

interface Waits {
  readonly first: string[];
  readonly down: string[];
  readonly up: string[];
}

function edgesOf(agent: UnitTransition, extra: Waits | undefined, prepared: Prepared): UnitEdges {
  const own = agent.steps.some(({ verb }) => isUp(verb)) ? prepared(agent) : { early: [], late: [] };
  if (extra === undefined) return { first: own.early, up: own.late };
  const { first, down, up } = extra;
  return { first: [...new Set([...own.early, ...first])], down, up: [...new Set([...own.late, ...up])] };
}

/** Where more than one could be the orchestrator, the one that would come back if its successor failed ends last. */
function lastToEnd(ends: readonly UnitTransition[]): readonly (readonly [UnitTransition, readonly UnitTransition[]])[] {
  const last = leavingOf(ends);
  return last === undefined ? [] : [[last, others(ends, last)]];
}

/** An orchestrator that comes from another fleet can leave it only when all is ready for its successor there. */
const formerFleet = ({ before, steps }: UnitTransition): string[] =>
  isMover({ steps }) && before !== null && before !== 'unknown' && before.class === 'orchestrator' ? [before.fleet] : [];

function chainRestarts(enhancer: Moves, of: (agent: UnitTransition) => { first: string[] }): void {
  for (const [restarting, previous] of restartsInTurn(enhancer)) of(restarting).first.push(...previous);
}

/** One at a time, each with the steps that it waits for; those that do not serve come first: then there is one that does while the others restart. */
export function restartsInTurn({ begins, restarts }: Moves): readonly (readonly [UnitTransition, readonly string[]])[] {
  const inTurn = [...restarts].sort((a, b) => Number(isLive(a)) - Number(isLive(b)));
  return inTurn.map((one, turn) => {
    const former = inTurn[turn - 1];
    return [one, former === undefined ? begins.map(startOf) : [startOf(former)]];
  });
}

/**
 * Agents that change their roles in circles cannot all have this, most important first: an enhancer that becomes something else
 * waits for another; the next orchestrator is free of its old role before its predecessor ends; enhancers restart or move when
 * the orchestrator's own change is over.
 */
function wishesOf(fleets: readonly FleetMoves[]): Wish[] {
  const replaced: Wish[] = [];
  const free: Wish[] = [];
  const later: Wish[] = [];
  for (const { orchestrator, enhancer } of fleets) {
    const movers = enhancer.ends.filter(isMover);
    replaced.push(...replacements(movers, [...enhancer.begins, ...enhancer.restarts]));
    for (const entering of orchestrator.begins.filter(isMover)) {
      free.push(...others(orchestrator.ends, entering).map((one) => [{ action: stopOf(one), after: stopOf(entering) }]));
    }
    const changed = liveIds(orchestrator);
    const waiting = [...enhancer.restarts, ...movers.filter(({ after }) => after?.class !== 'orchestrator')];
    later.push(...waiting.flatMap((one) => changed.map((after) => [{ action: firstOf(one), after }])));
  }
  return [...replaced, ...free, ...later];
}

/** All wait for those that only enter or stay. Where each comes from another role, one of those that go waits for one that comes. */
function replacements(movers: readonly UnitTransition[], lasting: readonly UnitTransition[]): Wish[] {
  const steady = lasting.filter((one) => !isMover(one));
  if (steady.length > 0) {
    return movers.flatMap((mover) => steady.map((one) => [{ action: stopOf(mover), after: startOf(one) }]));
  }
  const last = [...movers].sort((a, b) => Number(isLive(b)) - Number(isLive(a)));
  return [last.flatMap((mover) => lasting.map((one) => ({ action: stopOf(mover), after: startOf(one) })))];
}

const isMover = ({ steps }: Pick<UnitTransition, 'steps'>): boolean =>
  steps.some(({ verb }) => verb === 'stop') && steps.some(({ verb }) => verb === 'start');

/** Steps after which the entering and the restarted agents of a class are live. */
export const liveIds = (moves: Moves | undefined): string[] =>
  moves === undefined ? [] : [...moves.begins, ...moves.restarts].map(startOf);

const firstOf = ({ unit, steps }: UnitTransition): string => `${steps[0]?.verb} ${unit}`;

const stopOf = ({ unit }: UnitTransition): string => `stop ${unit}`;

const startOf = ({ unit, steps }: UnitTransition): string =>
  `${steps.find(({ verb }) => verb === 'start' || verb === 'restart')?.verb} ${unit}`;

const others = (transitions: readonly UnitTransition[], one: UnitTransition): UnitTransition[] =>
  transitions.filter((transition) => transition !== one);
