import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { digestOfJson } from '../../src/model/digest.ts';
import { makePlan, type PlanInput } from '../../src/plan/plan.ts';
import { renderJson } from '../../src/views/json.ts';
import { runs, type Story, world, worldOf } from './arbitrary.ts';

const before = [
  {
    name: 'coding',
    agents: [
      { name: 'boss', class: 'orchestrator' },
      { name: 'muse', class: 'enhancer' },
      { name: 'coder0', class: 'implementer' },
    ],
  },
];
const after = [
  {
    name: 'coding',
    agents: [
      { name: 'chief', class: 'orchestrator' },
      { name: 'muse', class: 'enhancer' },
      { name: 'coder0', class: 'implementer', config: 1 },
    ],
  },
];

const inputOf = (story: Partial<Story> = {}, more: Partial<PlanInput> = {}): PlanInput => {
  const { desired, seen } = worldOf({ from: before, to: after, ...story });
  return {
    desired,
    observation: seen,
    revision: 'a'.repeat(40),
    dirty: false,
    against: 'host',
    adopt: false,
    rosterless: false,
    diagnostics: [],
    ...more,
  };
};
const planOf = (...given: Parameters<typeof inputOf>) => makePlan(inputOf(...given)).plan;

describe('the id of a plan', () => {
  test('is the digest of everything else in it', () => {
    const { id, ...rest } = planOf();
    expect(id).toBe(digestOfJson(rest));
  });

  test.each<readonly [string, Parameters<typeof inputOf>]>([
    ['the revision', [{}, { revision: 'b'.repeat(40) }]],
    ['whether its files are committed', [{}, { dirty: true }]],
    ['what it is compared with', [{}, { against: 'snapshot' }]],
    ['what is desired', [{ to: before }]],
    ['what was observed', [{ mishaps: [['muse', 'disabled']] }]],
    ['what could not be read', [{ unreadable: ['linger'] }]],
    ['findings', [{}, { diagnostics: [{ severity: 'notice', code: 'floor/waived', summary: 'so it is' }] }]],
  ])('changes with %s', (_, given) => {
    expect(planOf(...given).id).not.toBe(planOf().id);
  });

  test('is the same for the same inputs, whatever they are', () => {
    fc.assert(
      fc.property(world, ({ desired, seen, adopt }) => {
        const make = () => renderJson(makePlan({ ...inputOf(), desired, observation: structuredClone(seen), adopt }).plan);
        expect(make()).toBe(make());
      }),
      { ...runs, numRuns: 100 },
    );
  });
});

describe('the digest of what was observed', () => {
  const digestOf = (...given: Parameters<typeof inputOf>) => planOf(...given).observed_digest;

  test.each<readonly [string, Parameters<typeof inputOf>]>([
    ['the revision', [{}, { revision: null }]],
    ['findings', [{}, { diagnostics: [{ severity: 'notice', code: 'floor/waived', summary: 'so it is' }] }]],
  ])('does not depend on %s', (_, given) => {
    expect(digestOf(...given)).toBe(digestOf());
  });

  test.each<readonly [string, Parameters<typeof inputOf>]>([
    ['an agent that stopped', [{ mishaps: [['coder0', 'stopped']] }]],
    ['an agent that comes up', [{ mishaps: [['coder0', 'auto-restart']] }]],
    ['a file that was edited', [{ mishaps: [['muse', 'env-edited']] }]],
    ['a session that is left over', [{ strays: ['orphan-session'] }]],
    ['units that could not be read', [{ unreadable: ['units'] }]],
  ])('changes with %s', (_, given) => {
    expect(digestOf(...given)).not.toBe(digestOf());
  });
});

test('the summary counts actions by verb', () => {
  const { summary, actions } = planOf();
  expect(Object.values(summary).reduce((sum, count) => sum + count, 0)).toBe(actions.length);
  expect(summary).toMatchObject({ start: 1, stop: 1, restart: 1 });
});

test('findings keep their order and lose nothing: those of rosters first', () => {
  const place = { file: 'rosters/coding.yaml', line: 3, column: 5 };
  const own: Diagnostic = { severity: 'notice', code: 'floor/waived', summary: 'so it is', place };
  const { plan, diagnostics } = makePlan(inputOf({ unreadable: ['units', 'tmux', 'files', 'admitted'] }, { diagnostics: [own] }));
  expect(diagnostics[0]).toBe(own);
  expect(plan.diagnostics[0]).toEqual({ severity: 'notice', code: 'floor/waived', summary: 'so it is', ...place });
  const codes = plan.diagnostics.map(({ code }) => code);
  for (const code of ['host/no-bus', 'host/no-tmux', 'host/unreadable', 'state/unreadable']) expect(codes).toContain(code);
  expect(plan.actions.filter(({ disruptive }) => disruptive)).toEqual([]);
});

test('the document, as scripts see it', () =>
  expect(renderJson(planOf({ mishaps: [['muse', 'disabled']], unreadable: ['linger'] }))).toMatchFileSnapshot(
    '../golden/plan-document.txt',
  ));
