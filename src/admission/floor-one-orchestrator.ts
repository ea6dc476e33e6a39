import type { Diagnostic } from '../model/diagnostic.ts';
import { type Agent, agentPath, type Roster } from '../model/roster.ts';
import { floorWaived, standsByItself, whyNot } from './floor.ts';
import { denial, type Rule } from './input.ts';

/** Exactly one orchestrator, whatever its state, and it is enabled, running and core; with profile `minimal` at most one. */
export const floorOneOrchestrator: Rule = ({ selected }) => selected.flatMap(judge);

function judge(roster: Roster): Diagnostic[] {
  const orchestrators = roster.agents.flatMap((agent, index) => (agent.class === 'orchestrator' ? [{ agent, index }] : []));
  const [first, ...more] = orchestrators;
  if (first === undefined) return floorWaived(roster) ? [] : [none(roster)];
  const stands = floorWaived(roster) || standsByItself(first.agent);
  return [
    ...(stands ? [] : [idle(roster, first.agent, first.index)]),
    ...more.map(({ agent, index }) => second(roster, agent, index)),
  ];
}

const none = (roster: Roster): Diagnostic =>
  denial('floor/one-orchestrator', `fleet ${roster.fleet} has no orchestrator`, {
    detail: 'the orchestrator is the single point of contact between operator and fleet',
    hint: 'add an agent of class orchestrator; only `profile: minimal` may go without',
    place: roster.locate(['agents']),
  });

const second = (roster: Roster, agent: Agent, index: number): Diagnostic =>
  denial('floor/one-orchestrator', `fleet ${roster.fleet} has a second orchestrator, ${agent.name}`, {
    detail: 'a fleet has exactly one orchestrator, also when another one is stopped',
    hint: 'give one of them another class, or take it out',
    place: roster.locate(agentPath(index, 'class')),
  });

const idle = (roster: Roster, agent: Agent, index: number): Diagnostic =>
  denial('floor/one-orchestrator', `orchestrator ${agent.name} of fleet ${roster.fleet} ${whyNot(agent).words}`, {
    detail: 'the orchestrator has to be enabled, running and core',
    hint: whyNot(agent).hint,
    place: roster.locate(agentPath(index, whyNot(agent).key)),
  });
