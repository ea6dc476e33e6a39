import { expect, test } from 'vitest';
import { screenObstacle } from '../../../src/agents/delivery/readiness.ts';
import { ofAge } from '../../../src/agents/runtimes/read-screen.ts';
import { adapterFor } from '../../../src/agents/state/delivery-adapter.ts';

const blank = { state: 'starting', composer: null, detail: 'its screen is blank' } as const;
const now = Date.parse('2026-11-23T12:00:00Z');

test.each([
  ['is starting within a minute', now - 59_000, 'agent-starting'],
  ['has a screen that tells nothing after that', now - 61_000, 'screen-unclear'],
  ['is starting as far as anybody knows, where its age cannot be told', null, 'agent-starting'],
])('a program that draws nothing %s', (_what, began, reason) => {
  const reading = ofAge(blank, began, now);
  expect(screenObstacle({ reading, adapter: adapterFor('mine') })).toEqual({ reason, detail: 'its screen is blank' });
});

test('the age of a program changes nothing about a screen that is not blank', () => {
  const busy = { state: 'busy', composer: null, detail: 'esc to interrupt' } as const;
  expect(ofAge(busy, 0, now)).toBe(busy);
});
