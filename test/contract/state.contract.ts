import { beforeEach, expect, test } from 'vitest';
import type { Suspension } from '../../src/model/controller.ts';
import type { SuspensionWriter } from '../../src/model/controller-ports.ts';
import { digestOfText } from '../../src/model/digest.ts';
import type { AdmittedRecord } from '../../src/model/observation.ts';
import type { StateReader, StateWriter, WriterLock } from '../../src/model/ports.ts';

const record: AdmittedRecord = {
  format_version: '1.0',
  revision: 'a'.repeat(40),
  source: { root: '/srv/fleet', rosters: 'rosters' },
  state: {
    linger: true,
    files: { 'agents/coder0.env': digestOfText('') },
    units: { 'mosaic-agent@coder0.service': { enabled: true, active: true, config: digestOfText('') } },
    sessions: { coder0: true },
  },
  fleets: { coding: ['coder0', 'enhancer', 'orchestrator'] },
  at: '2026-01-02T03:04:05Z',
};

export function stateContract(make: () => { readonly reader: StateReader; readonly writer: StateWriter }): void {
  test('before the first revision there is none; then it is the last one recorded', async () => {
    const { reader, writer } = make();
    expect(await reader.admitted()).toBeNull();
    await writer.recordAdmitted(record);
    expect(await reader.admitted()).toEqual(record);
    await writer.recordAdmitted({ ...record, revision: 'b'.repeat(64) });
    expect((await reader.admitted())?.revision).toBe('b'.repeat(64));
    await writer.recordAdmitted({ ...record, revision: null, source: null, fleets: {} });
    expect(await reader.admitted()).toEqual({ ...record, revision: null, source: null, fleets: {} });
  });
}

const agent: Suspension = {
  kind: 'agent',
  name: 'coder0',
  reason: 'a\nlong look at "it" \u{1f50d}',
  since: '2026-01-02T03:04:05Z',
  until: null,
  by: 'jason',
};
const fleet: Suspension = { ...agent, kind: 'fleet', name: 'coding', reason: null, until: '2026-01-02T04:00:00.000Z' };

export interface SuspensionsOnTrial {
  readonly reader: Pick<StateReader, 'suspensions'>;
  readonly writer: SuspensionWriter;
}

/** `now` is the clock that both have to go by. */
export function suspensionContract(make: (now: () => Date) => SuspensionsOnTrial): void {
  let now = new Date('2026-01-02T03:30:00Z');
  let reader: SuspensionsOnTrial['reader'];
  let writer: SuspensionWriter;
  beforeEach(() => {
    now = new Date('2026-01-02T03:30:00Z');
    ({ reader, writer } = make(() => now));
  });

  test('nothing is suspended until it is asked for; then it is until it is resumed', async () => {
    expect(await reader.suspensions()).toEqual([]);
    await writer.suspend(fleet);
    await writer.suspend(agent);
    expect(await reader.suspensions()).toEqual([agent, fleet]);
    expect(await writer.resume('agent', 'coder0')).toBe(true);
    expect(await reader.suspensions()).toEqual([fleet]);
    expect(await writer.resume('agent', 'coder0')).toBe(false);
  });

  test('an agent and a fleet of one name are two', async () => {
    await writer.suspend({ ...agent, name: 'coding' });
    expect(await writer.resume('fleet', 'coding')).toBe(false);
    expect(await reader.suspensions()).toEqual([{ ...agent, name: 'coding' }]);
  });

  test('the later one of two about the same counts', async () => {
    await writer.suspend(agent);
    await writer.suspend({ ...agent, reason: 'another' });
    expect(await reader.suspensions()).toEqual([{ ...agent, reason: 'another' }]);
  });

  test('it ends when it was to end, and there is nothing to resume then', async () => {
    await writer.suspend(fleet);
    now = new Date('2026-01-02T03:59:59.999Z');
    expect(await reader.suspensions()).toEqual([fleet]);
    now = new Date('2026-01-02T04:00:00Z');
    expect(await reader.suspensions()).toEqual([]);
    expect(await writer.resume('fleet', 'coding')).toBe(false);
  });

  test('one that would be over before it begins is refused', async () => {
    await expect(writer.suspend({ ...fleet, until: '2026-01-02T03:30:00Z' })).rejects.toMatchObject({ kind: 'refused' });
    expect(await reader.suspensions()).toEqual([]);
  });

  test.each(['', '../coder0', 'Coder', 'a b', 'x'.repeat(64)])('%j is no name', async (name) => {
    await expect(writer.suspend({ ...agent, name })).rejects.toMatchObject({ name: 'PortError', kind: 'refused' });
    await expect(writer.resume('agent', name)).rejects.toMatchObject({ name: 'PortError', kind: 'refused' });
  });
}

export function lockContract(make: () => Promise<WriterLock>): void {
  test('one writer at a time: a second one is told who the first is, until it lets go', async () => {
    const lock = await make();
    const first = await lock.acquire('apply');
    if (!('release' in first)) throw new Error(`held by ${first.heldBy}`);
    expect(await lock.acquire('run')).toEqual({ heldBy: expect.stringContaining('apply') });
    await first.release();
    const second = await lock.acquire('run');
    if (!('release' in second)) throw new Error(`held by ${second.heldBy}`);
    await second.release();
  });
}
