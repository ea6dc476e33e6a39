import type { Desired } from '../model/desired.ts';
import { agentUnit, connectorUnit, holderUnit, parseUnit } from '../model/names.ts';
import type { Derived, Verdict } from './derive.ts';
import type { HoldOptions, Holds } from './holds.ts';
import { inOrder } from './keys.ts';
import { isFloorClass, isRunning, roleOnDisk, sameRole } from './roles.ts';
import { olderParts } from './settled.ts';

/**
 * Nothing is brought up while the files that it would start with, or the tmux that it would start in, cannot be read. Without
 * files nobody knows, besides, whether the units here are ours.
 */
export function holdBlind(held: Holds, desired: Desired, derived: Derived): void {
  const { files, tmux } = derived.observation;
  const blind = !files.known ? files : !tmux.known ? tmux : null;
  if (blind === null) return;
  const wanted = [holderUnit, ...[...desired.agents.keys()].map(agentUnit)];
  const connectors = [...desired.connectors.keys()].map(connectorUnit);
  for (const unit of files.known ? wanted : new Set([...wanted, ...connectors, ...derived.verdicts.keys()])) {
    const verdict = derived.verdicts.get(unit);
    if (files.known && verdict !== undefined && staysAsItIs(verdict, desired)) continue;
    held.unit(unit, verdict?.name ?? parseUnit(unit)?.name ?? '', blind.why);
  }
}

const staysAsItIs = (verdict: Verdict, desired: Desired): boolean =>
  isRunning(verdict) && (verdict.record === null || verdict.record.config === desired.state.units[verdict.unit]?.config);

/**
 * While nobody can tell what is enabled or runs, no agent takes or gives up a post of the floor by its file: it would come up with it, beside
 * one who holds that post, or with nobody to follow it.
 */
export function holdUnseenPosts(held: Holds, desired: Desired, { observation }: Derived): void {
  if (observation.units.known) return;
  for (const agent of desired.agents.values()) {
    const rest = roleOnDisk(agent.name, observation);
    if (rest === null || (rest !== 'unknown' && sameRole(rest, agent))) continue;
    if (rest !== 'unknown' && !isFloorClass(rest.class) && !isFloorClass(agent.class)) continue;
    held.unit(agentUnit(agent.name), agent.name, observation.units.why);
  }
}

/** A program is looked for before anything is ended for it, not when its unit fails. */
export function holdMissingPrograms(held: Holds, desired: Desired, derived: Derived, { relaunch }: HoldOptions): void {
  if (!derived.observation.programs.known) return;
  const found = derived.observation.programs.value;
  const missing = inOrder(Object.keys(found).filter((name) => found[name] === null));
  for (const name of missing) {
    const agent = desired.agents.get(name);
    if (agent?.running !== true) continue;
    const verdict = derived.verdicts.get(agentUnit(agent.name));
    const stays = verdict?.phase === 'live' && verdict.record?.config === agent.config;
    if (stays && !(relaunch === true && olderParts(verdict, desired).length > 0)) continue;
    held.unit(agentUnit(agent.name), agent.name, `${agent.program.command} is not on the unit's PATH`);
    held.diagnostics.push({
      severity: 'error',
      code: 'runtime/missing',
      summary: `${agent.program.command}, the program of runtime ${agent.runtime}, is not on the PATH of agent ${agent.name}'s unit`,
      detail: agent.program.command.includes('/')
        ? 'A command with a slash is taken as it is; ~ is not expanded in it.'
        : `The PATH of a user unit is not that of your shell; ${agent.program.path === null ? 'it comes from the user manager' : `the roster sets it to ${agent.program.path}`}.`,
      hint: `Install it into ~/.local/bin or /usr/local/bin, or give the runtime in the roster an absolute command.`,
      place: agent.place,
    });
  }
}
