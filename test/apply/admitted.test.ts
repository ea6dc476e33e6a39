import { describe, expect, test } from 'vitest';
import { admittedRecord } from '../../src/apply/admitted.ts';
import type { Desired } from '../../src/model/desired.ts';
import { agentUnit } from '../../src/model/names.ts';
import type { AdmittedRecord } from '../../src/model/observation.ts';
import { PortError } from '../../src/model/ports.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { apply, desiredOf, hostRunning, planFor, small } from './scenes.ts';

const from = { revision: 'a'.repeat(40), source: { root: '/srv/rosters', rosters: 'rosters' } };
const at = '2026-01-01T00:00:00.000Z';
const before = desiredOf({ coding: small });
const after = desiredOf({ coding: { ...small, coder1: 'implementer' } });

async function recordAfter(host: FakeHost, desired: Desired): Promise<AdmittedRecord> {
  return admittedRecord(from, desired, await apply(host, desired), at);
}

test('a run that went well reached all that was desired', async () => {
  const host = fakeHost();
  expect(await recordAfter(host, before)).toEqual({
    format_version: '1.0',
    ...from,
    fleets: { coding: ['boss', 'muse', 'coder0'] },
    state: before.state,
    at,
  });
});

test('fleets without agents are named, too', async () => {
  const host = fakeHost();
  const empty = desiredOf({ coding: small, idle: {} }, 'profile: minimal');
  expect((await recordAfter(host, empty)).fleets).toEqual({ coding: ['boss', 'muse', 'coder0'], idle: [] });
});

describe('what was not reached is left out', () => {
  test('an agent that did not start', async () => {
    const host = await hostRunning(before);
    host.machine.breaking.add(agentUnit('coder1'));
    const { state, fleets } = await recordAfter(host, after);
    expect(Object.keys(state.units)).not.toContain(agentUnit('coder1'));
    expect(Object.keys(state.sessions)).toEqual(['boss', 'coder0', 'muse']);
    expect(state.units[agentUnit('boss')]).toEqual(after.state.units[agentUnit('boss')]);
    // That it belongs to the fleet was admitted all the same.
    expect(fleets.coding).toContain('coder1');
  });

  test('a file that could not be written, and the agent that needs it', async () => {
    const host = await hostRunning(before);
    host.fault({ deed: 'write', target: 'agents/coder1.env', answer: new PortError('failed', 'no space left') });
    const { state } = await recordAfter(host, after);
    expect(Object.keys(state.files)).not.toContain('agents/coder1.env');
    expect(Object.keys(state.files)).toContain('agents/coder0.env');
    expect(Object.keys(state.units)).not.toContain(agentUnit('coder1'));
  });

  test('lingering that was not granted', async () => {
    const host = fakeHost();
    host.fault({ deed: 'linger', answer: new PortError('refused', 'not permitted') });
    expect((await recordAfter(host, before)).state.linger).toBe(false);
  });
});

describe('what could not be read is not taken for reached', () => {
  const hidden = ['units.list', 'files.list', 'sessions.list', 'linger.get'] as const;

  test.each(hidden)('%s: nothing was recorded before, so nothing is now', async (source) => {
    const host = await hostRunning(before);
    host.hide(source, 'no answer');
    const { state } = await recordAfter(host, before);
    const { files, units, sessions, linger } = state;
    expect(
      {
        'units.list': units,
        'files.list': files,
        'sessions.list': sessions,
        'linger.get': linger,
      }[source],
    ).toEqual(source === 'linger.get' ? false : {});
  });

  test.each(hidden)('%s: what had been reached before still counts as reached', async (source) => {
    const host = await hostRunning(before);
    const record = await recordAfter(host, before);
    host.machine.admitted = record;
    host.hide(source, 'no answer');
    expect((await recordAfter(host, before)).state).toEqual(record.state);
  });

  test('a unit that is held back was not reached: a masked one', async () => {
    const host = await hostRunning(before);
    host.machine.masked.add(agentUnit('coder1'));
    const { state } = await recordAfter(host, after);
    expect(Object.keys(state.units)).not.toContain(agentUnit('coder1'));
    expect(Object.keys(state.sessions)).not.toContain('coder1');
  });
});

test('what has been reached and differs since is drift, what has not is not', async () => {
  const host = await hostRunning(before);
  host.machine.breaking.add(agentUnit('coder1'));
  host.machine.admitted = await recordAfter(host, after);
  host.machine.stop(agentUnit('coder0'));
  const { plan } = await planFor(host, after);
  expect(plan.actions.map(({ id, reason }) => [id, reason])).toContainEqual([`start ${agentUnit('coder0')}`, 'drifted']);
  expect(plan.drift.some((path) => path.includes('coder0'))).toBe(true);
  expect(plan.drift.filter((path) => path.includes('coder1'))).toEqual([]);
});
