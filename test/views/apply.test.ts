import { expect, test } from 'vitest';
import type { ActionResult, Outcome } from '../../src/apply/run.ts';
import type { Action } from '../../src/model/plan.ts';
import { renderEvent, renderOutcome } from '../../src/views/apply.ts';
import { plain, styleFor } from '../../src/views/style.ts';
import { expectGolden } from './golden.ts';
import { file, holder, step } from './plans.ts';

const result = (action: Action, outcome: Outcome, detail?: string): ActionResult =>
  detail === undefined ? { action, outcome } : { action, outcome, detail };

const why = 'mosaic-agent@coder0.service: its job failed; journalctl --user -u mosaic-agent@coder0.service tells why';
const results: readonly ActionResult[] = [
  result(file('write', 'agents/coder0.env', 'coder0'), 'done'),
  result(file('write', 'agents/coder1.env', 'coder1'), 'failed', 'ENOSPC: no space left on device'),
  result(holder('start'), 'done'),
  result(step('start', 'coder0'), 'failed', why),
  result(step('start', 'coder1'), 'blocked', 'it comes after: write agents/coder1.env'),
  result(step('start', 'coder2'), 'not-run'),
  ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => result(step('start', name), 'done')),
];

const events = (style: typeof plain): string =>
  results
    .flatMap((one, index) => [
      renderEvent({ type: 'started', action: one.action }, style),
      renderEvent({ type: 'ended', result: one, ended: index + 1, total: results.length }, style),
    ])
    .join('');

test('a run as it goes', () => expectGolden(events(plain), 'apply-events'));
test('a run as it goes, in colours', () => expectGolden(events(styleFor(true)), 'apply-events-coloured'));

test('a run that left something', () =>
  expectGolden(
    renderOutcome(
      {
        results,
        left: [step('start', 'coder0'), step('start', 'coder1')],
        waiting: ['mosaic-agent@a.service'],
        held: [{ path: '/units/mosaic-agent@b.service', why: 'masked by hand' }],
      },
      plain,
    ),
    'apply-outcome-left',
  ));

test('a run that went well', () => {
  const done = results.filter(({ outcome }) => outcome === 'done');
  return expectGolden(renderOutcome({ results: done, left: [], waiting: [], held: [] }, styleFor(true)), 'apply-outcome-done');
});

test('files are told only when they fail: they are many', () => {
  const told = (outcome: Outcome): string =>
    renderEvent({ type: 'ended', result: result(file('write', 'agents/a.env', 'a'), outcome), ended: 1, total: 1 }, plain);
  expect(told('done')).toBe('');
  expect(told('failed')).toMatch(/✗ write agents\/a\.env/);
});
