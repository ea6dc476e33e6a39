import { posix } from 'node:path';
import type { Scope } from '../admission/admit.ts';
import { selects } from '../admission/selects.ts';
import type { Roster, RosterSet } from '../model/roster.ts';
import { builtinRuntimes } from '../roster/runtimes.ts';

/**
 * Rosters of one host and user as they are tried out on a private host: for whoever is there, with the orchestrator's terminal as the
 * only channel, and with programs that are looked for on the PATH, where stand-ins are.
 */
export const rehearsable = (set: RosterSet, scope: Scope): RosterSet => ({
  ...set,
  rosters: set.rosters
    .filter((roster) => selects(roster, scope))
    .map((roster) => ({
      ...roster,
      hosts: null,
      tenant: null,
      connector: { kind: 'tmux', operators: [], settings: {}, declared: false },
      runtimes: byName(roster.runtimes),
    })),
});

const byName = (runtimes: Roster['runtimes']): Roster['runtimes'] =>
  Object.fromEntries(
    Object.entries(runtimes).map(([name, runtime]) => [name, { ...runtime, command: posix.basename(runtime.command) }]),
  );

/** What stand-ins are needed for: the programs of all agents, but the stub, which is the stand-in. */
export function commandsOf(rosters: readonly Roster[]): readonly string[] {
  const commands = rosters.flatMap((roster) =>
    roster.agents.map(({ runtime }) => roster.runtimes[runtime]?.command ?? builtinRuntimes[runtime]?.command ?? runtime),
  );
  return [...new Set(commands)].filter((command) => command !== 'muster').sort();
}

/** Where agents work, but their home. */
export const placesOf = (rosters: readonly Roster[]): readonly string[] =>
  [...new Set(rosters.flatMap(({ agents }) => agents.flatMap(({ workingDirectory }) => workingDirectory ?? [])))].sort();
