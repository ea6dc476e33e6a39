import { describe, expect, test } from 'vitest';
import { execute } from '../../src/apply/execute.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { Action, Verb } from '../../src/model/plan.ts';
import { verbs } from '../../src/model/plan.ts';
import { apply, desiredOf, hostRunning, lookAt, small } from './scenes.ts';

const unit = agentUnit('coder0');
const desired = desiredOf({ coding: small });

const action = (verb: Verb, more: Partial<Action> = {}): Action => ({
  id: `${verb} it`,
  verb,
  kind: 'agent',
  fleet: null,
  name: null,
  unit: null,
  target: null,
  reason: 'rostered',
  after: [],
  disruptive: false,
  ...more,
});

const rows: readonly (readonly [Verb, Partial<Action>, string])[] = [
  ['write', { target: 'agents/coder0.env' }, 'agents/coder0.env'],
  ['remove', { target: 'agents/coder0.env' }, 'agents/coder0.env'],
  ['linger', { target: 'tester' }, ''],
  ['reload', {}, ''],
  ['reset-failed', { unit }, unit],
  ['enable', { unit }, unit],
  ['disable', { unit }, unit],
  ['start', { unit }, unit],
  ['restart', { unit }, unit],
  ['stop', { unit }, unit],
  ['kill-session', { target: '$1' }, '$1'],
];

test('every verb is carried out', () => {
  expect(rows.map(([verb]) => verb).sort()).toEqual([...verbs].sort());
});

test.each(rows)('%s is one call, about just its target', async (verb, more, target) => {
  const host = await hostRunning(desired);
  const observation = await lookAt(host, desired);
  const before = host.journal.length;
  await execute(action(verb, more), { desired, observation, readers: host.readers, writers: host.writers });
  expect(host.journal.slice(before)).toEqual([{ deed: verb, target }]);
});

test('a file is written as desired state has it', async () => {
  const host = await hostRunning(desired);
  host.machine.files.clear();
  const deeds = { desired, observation: await lookAt(host, desired), readers: host.readers, writers: host.writers };
  await execute(action('write', { target: 'bin/mosaic-agent-run' }), deeds);
  expect(host.machine.files.get('bin/mosaic-agent-run')).toEqual(desired.files.get('bin/mosaic-agent-run'));
});

describe('what cannot be meant is not done', () => {
  test.each<readonly [string, Action, RegExp]>([
    ['a file that nobody desires', action('write', { target: 'agents/other.env' }), /knows no content/],
    ['a unit that is not named', action('start'), /names no unit/],
    ['a file that is not named', action('remove'), /names no target/],
    ['a session that was not seen', action('kill-session', { target: '$99' }), /was not seen/],
  ])('%s', async (_, wrong, why) => {
    const host = await hostRunning(desired);
    const before = host.journal.length;
    const deeds = { desired, observation: await lookAt(host, desired), readers: host.readers, writers: host.writers };
    await expect(execute(wrong, deeds)).rejects.toThrow(why);
    expect(host.journal.length).toBe(before);
  });
});

test('a session is ended by what it was seen as: one that has its id by now is left alone', async () => {
  const host = await hostRunning(desired);
  const id = host.machine.addSession('lost', { agent: 'lost', incarnation: 'of old' });
  const observation = await lookAt(host, desired);
  const seen = host.machine.sessions.get(id);
  if (seen === undefined) throw new Error('no session');
  host.machine.sessions.set(id, { ...seen, agent: 'coder9', incarnation: 'new' });
  await execute(action('kill-session', { target: id }), { desired, observation, readers: host.readers, writers: host.writers });
  expect(host.machine.sessions.has(id)).toBe(true);
});

test('a run has a result for each action of its plan, in the order of the plan', async () => {
  const host = await hostRunning(desired);
  const { plan, results } = await apply(host, desiredOf({ coding: { ...small, coder1: 'implementer', coder0: 'reviewer' } }));
  expect(plan.actions.length).toBeGreaterThan(5);
  expect(results.map((result) => [result.action.id, result.outcome])).toEqual(plan.actions.map(({ id }) => [id, 'done']));
});
