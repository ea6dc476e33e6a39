import { nearest } from '../roster/wording.ts';
import { denial, type Rule } from './input.ts';

/** A kind that cannot be served here is denied rather than left silent. */
export const connectorUnavailable: Rule = ({ selected, connectors }) => {
  const served = connectors.map(({ kind }) => kind);
  return selected
    .filter((roster) => roster.connector.declared && !served.includes(roster.connector.kind))
    .map((roster) => {
      const near = nearest(roster.connector.kind, served);
      return denial('connector/unavailable', `connectors of kind ${roster.connector.kind} cannot be served by this version`, {
        detail: `served: ${served.join(', ')}`,
        hint: near ? `did you mean \`${near}\`?` : 'choose a served kind, or take the connector out: tmux is the default',
        place: roster.locate(['connector', 'kind']),
      });
    });
};
