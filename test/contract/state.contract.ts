import { expect, test } from 'vitest';
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
