import type { Handover } from '../model/plan.ts';
import { type Role, sameRole } from './roles.ts';
import { isUp } from './sheet.ts';
import type { UnitTransition } from './transitions.ts';

/** What happens to one class of the floor in one fleet. */
export interface Moves {
  readonly ends: UnitTransition[];
  readonly begins: UnitTransition[];
  readonly restarts: UnitTransition[];
}

export interface FleetMoves {
  readonly orchestrator: Moves;
  readonly enhancer: Moves;
}

type FloorClass = keyof FleetMoves;

/** Transitions that touch the floor, by fleet. A running unit of unknown class may be anybody's orchestrator. */
export function floorMoves(agents: readonly UnitTransition[]): ReadonlyMap<string, FleetMoves> {
  const fleets = new Map<string, FleetMoves>();
  for (const transition of agents) {
    const { before, after } = transition;
    const from = before === 'unknown' ? null : before;
    if (sameRole(from, after)) {
      if (from !== null) note(fleets, from, 'restarts', transition);
      continue;
    }
    if (from !== null) note(fleets, from, 'ends', transition);
    if (after !== null) note(fleets, after, 'begins', transition);
  }
  const strangers = agents.filter(({ before, after, steps }) => before === 'unknown' && after === null && ends(steps));
  for (const fleet of fleets.values()) fleet.orchestrator.ends.push(...strangers);
  return fleets;
}

/** A transition that only enables or disables changes no role. */
function note(fleets: Map<string, FleetMoves>, role: Role, move: keyof Moves, transition: UnitTransition): void {
  const floorClass = floorClassOf(role);
  const relevant =
    move === 'ends' ? ends(transition.steps) : transition.steps.some(({ verb }) => isUp(verb) && verb !== 'enable');
  if (floorClass === null || !relevant) return;
  let fleet = fleets.get(role.fleet);
  if (fleet === undefined) {
    fleet = { orchestrator: { ends: [], begins: [], restarts: [] }, enhancer: { ends: [], begins: [], restarts: [] } };
    fleets.set(role.fleet, fleet);
  }
  fleet[floorClass][move].push(transition);
}

const ends = (steps: UnitTransition['steps']): boolean => steps.some(({ verb }) => verb === 'stop');

const floorClassOf = (role: Role): FloorClass | null =>
  role.class === 'orchestrator' || role.class === 'enhancer' ? role.class : null;

/**
 * The one that would come back as what it was: written down, to run no more, and serving until now where there is a choice. One
 * that goes on in another role is taken where none leaves for good.
 */
export function leavingOf(ends: readonly UnitTransition[]): UnitTransition | undefined {
  const known = ends.filter(({ before }) => before !== 'unknown');
  const leaving = known.filter(({ after }) => after === null);
  return leaving.find(isLive) ?? leaving[0] ?? known[0];
}

/** Both witnesses say that it runs. */
export const isLive = ({ verdict }: UnitTransition): boolean => verdict?.phase === 'live';

/** Leaving and entering orchestrators of the same fleet. */
export function handoversOf(moves: ReadonlyMap<string, FleetMoves>): Handover[] {
  const handovers: Handover[] = [];
  for (const [fleet, { orchestrator }] of moves) {
    const entering = orchestrator.begins[0];
    const leaving = leavingOf(orchestrator.ends);
    if (entering === undefined || leaving === undefined) continue;
    // Whoever is still rostered has its files rewritten, also when it is to rest.
    const movers = [leaving, entering].filter(({ agent, before }) => before !== null && before !== 'unknown' && agent !== null);
    handovers.push({ fleet, leaving: leaving.name, entering: entering.name, movers: movers.map(({ name }) => name) });
  }
  return handovers.sort((a, b) => (a.fleet < b.fleet ? -1 : 1));
}
