import { expect, test } from 'vitest';
import { heldBy, type Ledger, noteFailure } from '../../src/controller/back-off.ts';

test.each([
  [1, 'backing off after 1 failure, again in 1 s: its job failed'],
  [2, 'backing off after 2 failures, again in 2 s: its job failed'],
  [6, 'quarantined after 6 failures, again in 600 s: its job failed'],
])('who failed %d times is told of as people count', (failures, told) => {
  let ledger: Ledger = new Map();
  for (let n = 0; n < failures; n += 1) {
    const failure = { resource: 'units', why: 'its job failed', evidence: `${n}`, source: 'action' as const };
    ledger = noteFailure(ledger, failure, { now: 0, random: () => 0.5 });
  }
  expect(heldBy(ledger, 0).get('units')).toBe(told);
});
