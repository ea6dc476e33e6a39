import type { Diagnostic } from '../model/diagnostic.ts';
import type { Roster } from '../model/roster.ts';
import { found } from '../roster/wording.ts';
import { denial, notice, type Rule } from './input.ts';

/** Ids that never change hands, by kind: names and nicknames can be taken by others. */
const operatorIds: Readonly<Record<string, { readonly pattern: RegExp; readonly expected: string }>> = {
  matrix: { pattern: /^@[^\s:@]+:[^\s@]+$/, expected: 'a user id such as "@jason:example.org"' },
  discord: { pattern: /^\d{15,20}$/, expected: 'a user id of 15 to 20 digits, in quotes' },
};

/** Connectors that others can reach name who may speak, by ids that last. That they name somebody is asked by the schema. */
export const connectorOperators: Rule = ({ selected }) => selected.flatMap(judge);

function judge(roster: Roster): Diagnostic[] {
  const { kind, operators, declared } = roster.connector;
  const ids = Object.hasOwn(operatorIds, kind) ? operatorIds[kind] : undefined;
  if (!declared || ids === undefined) return [];
  if (operators.length === 0) return [nobody(roster)];
  return operators.flatMap((operator, index) =>
    ids.pattern.test(operator)
      ? []
      : denial('connector/operators', `operators: ${found(operator, '')} is not an id that ${kind} knows`, {
          hint: `expected ${ids.expected}`,
          place: roster.locate(['connector', 'operators', index]),
        }),
  );
}

const nobody = (roster: Roster): Diagnostic =>
  notice('connector/operators', `nobody may speak to fleet ${roster.fleet}: its list of operators is empty`, {
    place: roster.locate(['connector', 'operators']),
  });
