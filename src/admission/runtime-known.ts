import { agentPath } from '../model/roster.ts';
import { builtinRuntimes } from '../roster/runtimes.ts';
import { nearest } from '../roster/wording.ts';
import { denial, type Rule } from './input.ts';

/** Every agent's runtime is declared in its roster or built in. */
export const runtimeKnown: Rule = ({ selected }) =>
  selected.flatMap((roster) => {
    const known = [...new Set([...Object.keys(roster.runtimes), ...Object.keys(builtinRuntimes)])];
    return roster.agents.flatMap((agent, index) => {
      if (known.includes(agent.runtime)) return [];
      const near = nearest(agent.runtime, known);
      return denial('runtime/known', `agent ${agent.name} asks for the runtime ${agent.runtime}, which nobody declares`, {
        detail: `known here: ${known.join(', ')}`,
        hint: near ? `did you mean \`${near}\`?` : `declare it under \`runtimes\`, with its command`,
        place: roster.locate(agentPath(index, 'runtime')),
      });
    });
  });
