import type { Diagnostic } from '../model/diagnostic.ts';
import { notice, type Rule, termsOf } from './input.ts';

/**
 * Whoever cannot be reached by anybody is told so. That ids are such that they never change hands is asked by the kind itself, that a
 * roster says something of operators by the schema.
 */
export const connectorOperators: Rule = (input) =>
  input.selected.flatMap((roster): Diagnostic[] => {
    const { operators } = roster.connector;
    if (termsOf(roster, input)?.operators(operators, input.scope.tenant).length !== 0) return [];
    return [
      notice('connector/operators', `nobody may speak to fleet ${roster.fleet}: its list of operators is empty`, {
        place: roster.locate(['connector', 'operators']),
      }),
    ];
  });
