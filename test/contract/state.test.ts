import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stateReader, stateWriter } from '../../src/host/state.ts';
import { suspensionWriter } from '../../src/host/suspensions.ts';
import { stateContract, suspensionContract } from './state.contract.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = path.join(await mkdtemp(path.join(tmpdir(), 'state-')), 'mosaic/0123');
});
afterEach(() => rm(path.dirname(path.dirname(stateDir)), { recursive: true }));

describe('state on a disk', () => stateContract(() => ({ reader: stateReader(stateDir), writer: stateWriter(stateDir) })));

describe('suspensions on a disk', () =>
  suspensionContract((now) => ({ reader: stateReader(stateDir, now), writer: suspensionWriter(stateDir, now) })));

test('it is for its owner alone', async () => {
  const state = { linger: false, files: {}, units: {}, sessions: {} };
  const record = { format_version: '1.0', revision: null, source: null, fleets: {}, state, at: '2026-01-02T03:04:05Z' } as const;
  await stateWriter(stateDir).recordAdmitted(record);
  expect(((await stat(path.join(stateDir, 'admitted.json'))).mode & 0o777).toString(8)).toBe('600');
  expect(((await stat(stateDir)).mode & 0o777).toString(8)).toBe('700');
  expect(await readdir(stateDir)).toEqual(['admitted.json']);
});

describe('a record that cannot be read is no absent one', () => {
  const whole = {
    format_version: '1.0',
    revision: 'a'.repeat(40),
    source: null,
    fleets: {},
    state: { linger: true, files: {}, units: {}, sessions: {} },
    at: '2026-01-02T03:04:05Z',
  };
  const read = async (text: string) => {
    await mkdir(stateDir, { recursive: true });
    await writeFile(path.join(stateDir, 'admitted.json'), text);
    return stateReader(stateDir).admitted();
  };

  test('a whole one is read', async () => {
    expect(await read(JSON.stringify(whole))).toEqual(whole);
  });

  test.each([
    ['empty', ''],
    ['cut short', JSON.stringify(whole).slice(0, 40)],
    ['with a revision that is none', JSON.stringify({ ...whole, revision: 'main' })],
    ['with fleets that are none', JSON.stringify({ ...whole, fleets: { coding: [7] } })],
    ['without a state', JSON.stringify({ ...whole, state: undefined })],
    ['with a unit that is none', JSON.stringify({ ...whole, state: { ...whole.state, units: { x: { enabled: 'yes' } } } })],
  ])('%s', async (_what, text) => {
    await expect(read(text)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/admitted\.json is damaged; move it away/),
    });
  });

  test('one of a newer major format is refused', async () => {
    await expect(read(JSON.stringify({ format_version: '2.0' }))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('newer'),
    });
  });
});
