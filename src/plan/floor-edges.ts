import type { FleetMoves, Moves } from './floor-moves.ts';
import { isUp, type UnitEdges } from './sheet.ts';
import type { UnitTransition } from './transitions.ts';

type Prepared = (agent: UnitTransition) => string[];

/**
 * What each agent's steps wait for so that the floor holds at every step:
 * an orchestrator ends only when its successor is prepared, and begins only when its predecessor has ended;
 * an enhancer ends only when those that enter are live; enhancers restart one at a time, after the orchestrator's own change.
 */
export function floorEdges(moves: ReadonlyMap<string, FleetMoves>, prepared: Prepared): (agent: UnitTransition) => UnitEdges {
  const waits = new Map<UnitTransition, { first: string[]; up: string[] }>();
  const of = (agent: UnitTransition) => {
    const known = waits.get(agent) ?? { first: [], up: [] };
    waits.set(agent, known);
    return known;
  };
  for (const { orchestrator, enhancer } of moves.values()) {
    for (const leaving of orchestrator.ends) of(leaving).first.push(...orchestrator.begins.flatMap(prepared));
    for (const entering of orchestrator.begins) {
      of(entering).up.push(...others(orchestrator.ends, entering).map((leaving) => `stop ${leaving.unit}`));
    }
    chainRestarts(orchestrator, enhancer, of);
    for (const leaving of enhancer.ends) of(leaving).first.push(...beforeEnhancerEnds(leaving, orchestrator, enhancer));
  }
  return (agent) => {
    const extra = waits.get(agent);
    const own = agent.steps.some(({ verb }) => isUp(verb)) ? prepared(agent) : [];
    return { first: [...own, ...(extra?.first ?? [])], up: extra?.up ?? [] };
  };
}

function chainRestarts(orchestrator: Moves, enhancer: Moves, of: (agent: UnitTransition) => { first: string[] }): void {
  let previous = [...liveIds(orchestrator), ...enhancer.begins.map(startOf)];
  for (const restarting of enhancer.restarts) {
    of(restarting).first.push(...previous);
    previous = [startOf(restarting)];
  }
}

/** An enhancer that becomes something else waits for less: what it becomes may be what the others wait for. */
function beforeEnhancerEnds(leaving: UnitTransition, orchestrator: Moves, enhancer: Moves): string[] {
  const begins = others(enhancer.begins, leaving);
  if (!isMover(leaving)) return [...begins.map(startOf), ...enhancer.restarts.map(startOf), ...liveIds(orchestrator)];
  return begins.filter((entering) => !movesAmongEnhancers(leaving, entering)).map(startOf);
}

/** Two enhancers that change fleets would wait for each other for ever. */
const movesAmongEnhancers = (leaving: UnitTransition, entering: UnitTransition): boolean =>
  leaving.after?.class === 'enhancer' &&
  entering.before !== null &&
  entering.before !== 'unknown' &&
  entering.before.class === 'enhancer';

const isMover = ({ steps }: UnitTransition): boolean =>
  steps.some(({ verb }) => verb === 'stop') && steps.some(({ verb }) => verb === 'start');

/** Steps after which the entering and the restarted agents of a class are live. */
export const liveIds = (moves: Moves | undefined): string[] =>
  moves === undefined ? [] : [...moves.begins, ...moves.restarts].map(startOf);

const startOf = ({ unit, steps }: UnitTransition): string =>
  `${steps.find(({ verb }) => verb === 'start' || verb === 'restart')?.verb} ${unit}`;

const others = (transitions: readonly UnitTransition[], one: UnitTransition): UnitTransition[] =>
  transitions.filter((transition) => transition !== one);
