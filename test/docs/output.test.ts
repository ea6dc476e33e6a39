import { describe, expect, test } from 'vitest';
import { receiptStates } from '../../src/model/agents.ts';
import { whyCodes } from '../../src/model/explanation.ts';
import { reasons, verbs } from '../../src/model/plan.ts';
import { rehearsalSteps } from '../../src/model/rehearsal.ts';
import { connectorStates } from '../../src/model/status.ts';
import { connectorHealthStates } from '../../src/views/connector-health.ts';
import { plans } from '../views/plans.ts';
import { definitions, outputErrors } from './output.ts';
import { codeWords, page, rowsBelow } from './page.ts';

const output = page('docs/output.md');

/** Words that are shared definitions, not documents. */
const shared = [
  'verb',
  'reason',
  'unknown_place',
  'pending',
  'condition',
  'step',
  'suspension',
  'read',
  'not_read',
  'missing',
  'connector_problem',
];

describe('docs/output.md', () => {
  test('tells every definition of the schema, and no other', () => {
    const told = rowsBelow(output, 'Output for programs').map(([first]) => codeWords(first ?? '')[0] ?? '');
    const below = codeWords(/^Definitions that these share.*$/m.exec(output.text)?.[0] ?? '');
    expect([...told, ...below, ...shared].toSorted()).toEqual(Object.keys(definitions).toSorted());
  });

  test.each<[string, readonly string[]]>([
    ['/verb/enum', verbs],
    ['/reason/enum', reasons],
    ['/receipt/properties/state/enum', receiptStates],
    ['/explain/properties/why/items/properties/code/enum', whyCodes],
    ['/rehearse/properties/rehearsals/items/properties/steps/items/properties/step/enum', rehearsalSteps],
    ['/connector_health/properties/state/enum', connectorHealthStates],
    ['/ps/properties/fleets/items/properties/connector_status/properties/state/enum', connectorStates],
  ])('the schema has every word of %s', (path, words) => {
    let at: unknown = definitions;
    for (const key of path.split('/').slice(1)) at = (at as Readonly<Record<string, unknown>>)[key];
    expect(at).toEqual([...words]);
  });

  test.each(Object.entries(plans))('the plan %s fits', (_name, plan) => {
    expect(outputErrors('plan', plan)).toEqual([]);
  });

  test('what does not fit is seen: a word that is not known, a field that is gone, one that nobody told', () => {
    const plan = structuredClone(plans.mixed) as unknown as Record<string, unknown>;
    const { revision: _gone, ...rest } = plan;
    expect(outputErrors('plan', rest)).toEqual([" must have required property 'revision'"]);
    expect(outputErrors('plan', { ...plan, summary: { jump: 1 } })).not.toEqual([]);
    expect(outputErrors('plan', { ...plan, mood: 'good' })).toEqual([' must NOT have additional properties: mood']);
  });
});
