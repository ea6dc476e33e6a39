import type { Diagnostic } from '../model/diagnostic.ts';
import { agentPath, type Roster } from '../model/roster.ts';
import { floorWaived, standsByItself, whyNot } from './floor.ts';
import { denial, type Rule } from './input.ts';

/** At least one enhancer that is enabled, running and core. */
export const floorEnhancer: Rule = ({ selected }) => selected.flatMap((roster) => (floorWaived(roster) ? [] : judge(roster)));

function judge(roster: Roster): Diagnostic[] {
  const enhancers = roster.agents.flatMap((agent, index) => (agent.class === 'enhancer' ? [{ agent, index }] : []));
  if (enhancers.some(({ agent }) => standsByItself(agent))) return [];
  const [idle] = enhancers;
  const detail = 'a fleet keeps at least one enhancer enabled, running and core, to watch and mend it';
  if (idle === undefined) {
    const hint = 'add an agent of class enhancer; only `profile: minimal` may go without';
    return [
      denial('floor/enhancer', `fleet ${roster.fleet} has no enhancer`, { detail, hint, place: roster.locate(['agents']) }),
    ];
  }
  const { words, hint, key } = whyNot(idle.agent);
  const others = enhancers.length > 1 ? ', and no other one counts either' : '';
  const summary = `enhancer ${idle.agent.name} of fleet ${roster.fleet} ${words}${others}`;
  return [denial('floor/enhancer', summary, { detail, hint, place: roster.locate(agentPath(idle.index, key)) })];
}
