import { expect, test } from 'vitest';
import { fleet, judge } from './judge.ts';

const workers = (count: number): string => Array.from({ length: count }, (_, index) => `  - { name: w${index} }`).join('\n');
const before = (count: number): { fleets: Record<string, string[]> } => ({
  fleets: { f: ['f-orchestrator', 'f-enhancer', ...Array.from({ length: count }, (_, index) => `w${index}`)] },
});

test.each([
  ['nothing leaves', 8, 8, [], true],
  ['exactly half of ten leave', 8, 3, [], true],
  ['more than half of ten leave', 8, 2, [], false],
  ['two of three, which is more than half but few', 1, 0, [], true],
  ['more than half, with consent', 8, 0, ['f'], true],
  ['more than half, with consent for another fleet', 8, 0, ['g'], false],
] as const)('%s', (_what, had, has, consents, admitted) => {
  const admission = judge({ f: fleet('f', '', workers(has)) }, { previous: before(had), consents });
  expect(admission.admitted).toBe(admitted);
  expect(admission.diagnostics.map((finding) => finding.code)).toEqual(admitted ? [] : ['prune/mass']);
});

test('counts are of the host, not of a fleet: a small fleet among others may go', () => {
  const previous = { fleets: { ...before(8).fleets, g: ['g-orchestrator', 'g-enhancer', 'g0', 'g1'] } };
  expect(judge({ f: fleet('f', '', workers(8)) }, { previous }).admitted).toBe(true);
});

test('agents that move to another fleet are not dropped', () => {
  const previous = { fleets: { old: ['f-orchestrator', 'f-enhancer', 'w0', 'w1'] } };
  expect(judge({ f: fleet('f', '', workers(2)) }, { previous }).diagnostics).toEqual([]);
});

test('every fleet that shrinks is named in the hint', () => {
  const previous = { fleets: { b: ['b0', 'b1'], a: ['a0', 'a1'], f: ['f-orchestrator'] } };
  const { diagnostics } = judge({ f: fleet('f') }, { previous, consents: [] });
  expect(diagnostics).toMatchObject([
    {
      summary: 'this revision drops 4 of 5 agents of this host',
      hint: 'if that is meant, say so in the commit message: Muster-Allow-Prune: a, Muster-Allow-Prune: b',
    },
  ]);
});

test('a revision with nothing for this host drops everything that was here', () => {
  const { diagnostics } = judge({ f: fleet('f', 'host: elsewhere') }, { previous: before(2) });
  expect(diagnostics.map((finding) => finding.code)).toEqual(['prune/mass', 'rosters/none']);
});
