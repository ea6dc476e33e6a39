import type { Desired } from '../model/desired.ts';
import { agentUnit, environmentFile, type FileKey } from '../model/names.ts';
import type { Observation } from '../model/observation.ts';
import type { Derived, Verdict } from './derive.ts';
import { restartsInTurn } from './floor-edges.ts';
import { type FleetMoves, isLive } from './floor-moves.ts';
import { isRunning, presentRole, type Role, roleOnDisk, sameRole } from './roles.ts';
import type { FileTransition, UnitTransition, UnitVerb } from './transitions.ts';
import type { Wish } from './wishes.ts';

/** What has to wait so that nothing that brings an agent up at the wrong moment makes two orchestrators, or takes the last enhancer away. */
export interface LateFiles {
  /** Steps after which each of these files may be written. */
  readonly after: ReadonlyMap<FileKey, readonly string[]>;
  /** By unit: steps, besides the end of those who run, after which nobody would come up as orchestrator of its fleet. */
  readonly cleared: ReadonlyMap<string, readonly string[]>;
  readonly wishes: readonly Wish[];
}

/**
 * An agent that is there already takes its new role with its environment file: after a power loss, or when it ends by itself, it would
 * come up as a second orchestrator. So that file is written when the former one would not come up as such any more: when it is disabled,
 * or has the file of another role.
 *
 * An enhancer that restarts when others have proved themselves gets its file when they have: if it ends by itself meanwhile, it comes back
 * as it was, and not with what the others may fail with.
 */
export function lateFiles(
  agents: readonly UnitTransition[],
  files: readonly FileTransition[],
  desired: Desired,
  { observation, verdicts }: Derived,
  moves: ReadonlyMap<string, FleetMoves>,
): LateFiles {
  const isWritten = writes(files);
  const members = observation.admitted.known ? (observation.admitted.value?.fleets ?? {}) : {};
  const boots = (one: UnitTransition, role: Role): boolean => {
    const rest = roleOnDisk(one.name, observation);
    return rest === 'unknown' ? (members[role.fleet] ?? []).includes(one.name) : sameRole(rest, role);
  };
  const suspects = agents.filter((one) => mayGiveUp(one, observation));
  const after = new Map<FileKey, readonly string[]>();
  const cleared = new Map<string, readonly string[]>();
  const exchanges: Wish[] = [];
  const stops: Wish[] = [];
  for (const role of desired.agents.values()) {
    if (!role.running || role.class !== 'orchestrator') continue;
    const unit = agentUnit(role.name);
    const verdict = verdicts.get(unit);
    const before = presentRole(verdict, observation);
    if (before !== 'unknown' && sameRole(before, role)) continue;
    const formers = suspects.filter((one) => one.unit !== unit && mayBe(role, one, boots));
    if (formers.length === 0) continue;
    const disabled = formers.filter((one) => does(one, 'disable'));
    const rewritten = formers.filter((one) => !disabled.includes(one) && isWritten(environmentFile(one.name)));
    // Who is stopped was disabled before, and is waited for all the same.
    const gone = [...disabled.filter((one) => !does(one, 'stop')).map(disableOf), ...rewritten.map(writeOf)];
    if (gone.length > 0) cleared.set(unit, gone);
    const key = environmentFile(role.name);
    if (!isWritten(key) || !mayComeUp(verdict)) continue;
    const givenUp = rewritten.filter((one) => one.after?.class !== 'orchestrator').map(writeOf);
    // It may take its role at any moment.
    const isUnderWay =
      verdict?.phase === 'starting' && before !== null && before !== 'unknown' && before.class !== 'orchestrator';
    after.set(key, [...disabled.map(disableOf), ...givenUp, ...(isUnderWay ? [`stop ${unit}`] : [])]);
    // Orchestrators of several fleets that change places wait for one another.
    const others = rewritten.filter((one) => one.after?.class === 'orchestrator');
    exchanges.push(...others.map((one) => [{ action: writeOf(role), after: writeOf(one) }]));
    stops.push([{ action: writeOf(role), after: `stop ${unit}` }]);
  }
  for (const { enhancer } of moves.values())
    for (const [restarting, steps] of restartsInTurn(enhancer)) {
      const key = environmentFile(restarting.name);
      if (steps.length > 0 && isWritten(key) && isLive(restarting)) after.set(key, steps);
    }
  return { after, cleared, wishes: [...exchanges, ...stops] };
}

/** Of most plans nobody asks. */
function writes(files: readonly FileTransition[]): (key: FileKey) => boolean {
  let keys: ReadonlySet<FileKey> | null = null;
  return (key) => {
    keys ??= new Set(files.filter(({ verb }) => verb === 'write').map((file) => file.key));
    return keys.has(key);
  };
}

/** It runs as an orchestrator, or may do so, or might come up as one. */
function mayGiveUp(one: UnitTransition, observation: Observation): boolean {
  if (one.before !== null) return one.before === 'unknown' || one.before.class === 'orchestrator';
  if (does(one, 'disable')) return true;
  if (!mayComeUp(one.verdict)) return false;
  const rest = roleOnDisk(one.name, observation);
  return rest !== null && rest !== 'unknown' && rest.class === 'orchestrator';
}

/** Of those, one that is or may be what would come up in this role, and that is to give it up. */
function mayBe(role: Role, one: UnitTransition, boots: (one: UnitTransition, role: Role) => boolean): boolean {
  const { before, after } = one;
  if (sameRole(after, role)) return false;
  return before === 'unknown' || (before === null ? boots(one, role) : sameRole(before, role));
}

const does = ({ steps }: UnitTransition, what: UnitVerb): boolean => steps.some(({ verb }) => verb === what);

const disableOf = ({ unit }: UnitTransition): string => `disable ${unit}`;

const mayComeUp = (verdict: Verdict | undefined): boolean =>
  verdict !== undefined && (verdict.raw.enablement === 'enabled' || isRunning(verdict));

const writeOf = ({ name }: { readonly name: string }): string => `write ${environmentFile(name)}`;
