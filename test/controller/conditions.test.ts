import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Condition } from '../../src/model/controller.ts';
import { agentUnit, holderUnit } from '../../src/model/names.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const [boss, coder] = [agentUnit('boss'), agentUnit('coder0')];

const suspend = ({ machine, clock }: Stage, kind: 'agent' | 'fleet', name: string): void => {
  const since = clock.date().toISOString();
  machine.suspensions.set(`${kind} ${name}`, { kind, name, reason: null, since, until: null, by: 'jo' });
};

const stopped = (unit: string) => (stage: Stage) => {
  stage.machine.breaking.add(unit);
  stage.machine.stop(unit);
};

const rows: readonly (readonly [string, string, (stage: Stage) => unknown])[] = [
  ['Admitted', 'True Admitted', () => {}],
  ['Admitted', 'False Denied', (stage) => stage.commit({ coding: { coder0: 'implementer' } })],
  ['Admitted', 'Unknown Unreadable', (stage) => Object.assign(stage.repository, { trouble: 'git is away' })],
  ['Reconciled', 'True UpToDate', () => {}],
  ['Reconciled', 'False HeldBack', stopped(coder)],
  ['Reconciled', 'False Starting', ({ machine }) => machine.killPane('coder0')],
  ['Reconciled', 'Unknown Unreadable', (stage) => stage.hide('units.list', 'no answer')],
  ['Healthy', 'True AllLive', () => {}],
  ['Healthy', 'False AgentsDown', stopped(coder)],
  ['Healthy', 'Unknown Unreadable', (stage) => stage.hide('units.list', 'no answer')],
  ['FloorHeld', 'True Stable', () => {}],
  ['FloorHeld', 'True Live', (stage) => stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: new' } })],
  ['FloorHeld', 'False NotLive', stopped(boss)],
  ['FloorHeld', 'Unknown Unreadable', (stage) => stage.hide('sessions.list', 'no answer')],
  ['FloorHeld', 'Unknown Suspended', (stage) => suspend(stage, 'agent', 'boss')],
  [
    'FloorHeld',
    'False Masked',
    (stage) => {
      stage.machine.stop(boss);
      stage.machine.masked.add(boss);
    },
  ],
  [
    'FloorHeld',
    'False Masked',
    ({ machine }) => {
      machine.stop(holderUnit);
      machine.masked.add(holderUnit);
    },
  ],
  ['FloorHeld', 'True Stable', ({ machine }) => void machine.masked.add(holderUnit)],
  ['Healthy', 'True Masked', ({ machine }) => void machine.masked.add(holderUnit)],
  ['Healthy', 'True Masked', ({ machine }) => void machine.masked.add(coder)],
  [
    'FloorHeld',
    'Unknown Waived',
    (stage) => stage.commit({ coding: { boss: 'orchestrator' } }, { head: 'profile: minimal', trailers: ['coding'] }),
  ],
  ['ConnectorReady', 'True Ready', () => {}],
  ['ConnectorReady', 'False OrchestratorDown', stopped(boss)],
  [
    'ConnectorReady',
    'Unknown NoOrchestrator',
    (stage) => stage.commit({ coding: { coder0: 'implementer' } }, { head: 'profile: minimal', trailers: ['coding'] }),
  ],
  ['Suspended', 'False NotSuspended', () => {}],
  ['Suspended', 'True Agents', (stage) => suspend(stage, 'agent', 'coder0')],
  ['Suspended', 'True Fleet', (stage) => suspend(stage, 'fleet', 'coding')],
];

describe('what holds of a fleet', () => {
  test.each(rows)('%s is %s', async (type, told, happen) => {
    const stage = await settled();
    happen(stage);
    await stage.look();
    expect(stage.condition(type)).toBe(told);
  });

  test('of what is masked and live it is told that it will not come back', async () => {
    const stage = await settled();
    stage.machine.masked.add(boss);
    await stage.look();
    const told = stage.status?.fleets[0]?.conditions.filter(({ type }) => type === 'Healthy' || type === 'FloorHeld');
    const doomed = expect.stringMatching(/masked by hand, so that what ends does not come back: boss$/);
    expect(told?.map(({ status, message }) => [status, message])).toEqual([
      ['True', doomed],
      ['True', doomed],
    ]);
  });

  test('a revision that broke the floor is told to be quarantined', async () => {
    const stage = await settled();
    stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: fails' } });
    await stage.look('revision');
    await stage.wait(130_000);
    expect(stage.condition('Admitted')).toBe('False Quarantined');
  });
});

test('since when is told anew only where the status changes, not where the reason does', async () => {
  const stage = await settled();
  const held = (): Condition | undefined => stage.status?.fleets[0]?.conditions.find(({ type }) => type === 'FloorHeld');
  const first = held();
  stage.commit({ coding: { ...small, boss: 'orchestrator, model_hint: new' } });
  await stage.look('revision');
  expect(held()).toMatchObject({
    status: 'True',
    reason: 'Live',
    since: first?.since,
    observed_revision: stage.repository.branch,
  });
  stage.machine.breaking.add(boss);
  stage.machine.stop(boss);
  await stage.look();
  expect(held()).toMatchObject({ status: 'False', since: stage.clock.date().toISOString() });
});

test('what is attempted and what is applied are told apart', async () => {
  const stage = await settled();
  const good = stage.repository.branch;
  const denied = stage.commit({ coding: { coder0: 'implementer' } });
  await stage.look('revision');
  expect(stage.status).toMatchObject({ attempted: { revision: denied, outcome: 'denied' }, applied: good, good });
});

test('what is left alone is named, with the reason', async () => {
  const stage = await settled();
  await stage.host.writers.suspensions.suspend({
    kind: 'agent',
    name: 'coder0',
    reason: 'to debug it',
    since: '2026-01-01T00:00:00.000Z',
    until: null,
    by: 'jason',
  });
  stage.machine.stop(coder);
  await stage.look('suspension');
  const told = stage.status?.fleets[0]?.conditions.find(({ type }) => type === 'Reconciled');
  expect(told).toMatchObject({
    reason: 'HeldBack',
    message: 'left alone: coder0 (suspended by jason since 2026-01-01T00:00:00.000Z: to debug it)',
  });
});
