import { agentPath } from '../model/roster.ts';
import { nearest } from '../roster/wording.ts';
import { denial, type Rule } from './input.ts';

/** Every agent's class has a role document. */
export const classKnown: Rule = ({ selected, set }) => {
  // A role document that could not be read may be the one.
  if (
    set.diagnostics.some(
      ({ severity, place, summary }) => severity === 'error' && /(^|\/)roles\/[^/]*\.md\b/.test(place?.file ?? summary),
    )
  )
    return [];
  const known = [...new Set(Object.values(set.roles).flatMap((role) => role.classes))].sort();
  const served = new Set(known);
  return selected.flatMap((roster) =>
    roster.agents.flatMap((agent, index) => {
      if (served.has(agent.class)) return [];
      const near = nearest(agent.class, known);
      return denial('class/known', `agent ${agent.name} is of class ${agent.class}, which has no role document`, {
        detail: `known classes: ${known.join(', ')}`,
        hint: near ? `did you mean \`${near}\`?` : `add a role document: roles/${agent.class}.md in the roster directory`,
        place: roster.locate(agentPath(index, 'class')),
      });
    }),
  );
};
