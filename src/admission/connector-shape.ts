import type { SettingProblem } from '../model/connectors.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Path, Roster } from '../model/roster.ts';
import { denial, type Rule, termsOf } from './input.ts';

/** The block fits its kind, as the kind itself judges, and there is an orchestrator to talk to. */
export const connectorShape: Rule = (input) =>
  input.selected
    .filter((roster) => roster.connector.declared)
    .flatMap((roster) => [
      ...(termsOf(roster, input)?.problems(roster.connector) ?? []).map((problem) => unfit(problem, roster)),
      ...unheard(roster),
    ]);

function unfit({ path, summary, hint }: SettingProblem, roster: Roster): Diagnostic {
  const code = path[0] === 'operators' ? 'connector/operators' : 'connector/shape';
  return denial(code, summary, { hint, place: roster.locate(placeOf(path, roster)) });
}

/** In a roster the settings stand in a block that is named after the kind. */
const placeOf = ([first, ...rest]: Path, { connector: { kind } }: Roster): Path => [
  'connector',
  ...(first === undefined ? [] : [first === 'settings' ? kind : first]),
  ...rest,
];

function unheard(roster: Roster): Diagnostic[] {
  if (roster.agents.some((agent) => agent.class === 'orchestrator')) return [];
  return [
    denial('connector/shape', `fleet ${roster.fleet} declares a connector but has no orchestrator`, {
      detail: 'a connector carries words between the operator and the orchestrator',
      hint: 'take the connector out, or add an orchestrator',
      place: roster.locate(['connector', 'kind']),
    }),
  ];
}
