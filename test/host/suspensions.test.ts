import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suspensionReader, suspensionWriter } from '../../src/host/suspensions.ts';
import type { Suspension } from '../../src/model/controller.ts';

let stateDir: string;
let directory: string;
beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'suspensions-'));
  directory = path.join(stateDir, 'suspensions');
});
afterEach(() => rm(stateDir, { recursive: true }));

const now = () => new Date('2026-01-02T03:30:00Z');
const reader = () => suspensionReader(stateDir, now);
const writer = () => suspensionWriter(stateDir, now);

const suspension: Suspension = {
  kind: 'agent',
  name: 'coder0',
  reason: null,
  since: '2026-01-02T03:04:05Z',
  until: null,
  by: 'jason',
};

test('each is a file for its owner alone', async () => {
  await writer().suspend(suspension);
  await writer().suspend({ ...suspension, kind: 'fleet', name: 'coding' });
  expect((await readdir(directory)).sort()).toEqual(['agent-coder0.json', 'fleet-coding.json']);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(directory, 'agent-coder0.json'))).mode & 0o777).toBe(0o600);
});

describe('that there is a file is the suspension', () => {
  const whole = { format_version: '1.0', ...suspension };

  test.each<readonly [string, string]>([
    ['empty', ''],
    ['cut short', JSON.stringify(whole).slice(0, 30)],
    ['another kind of document', '[]'],
    ['without who asked', JSON.stringify({ ...whole, by: undefined })],
    ['with an end that is no time', JSON.stringify({ ...whole, until: 'soon' })],
    ['of a newer format', JSON.stringify({ ...whole, format_version: '2.0' })],
  ])('%s', async (_what, text) => {
    await mkdir(directory);
    const file = path.join(directory, 'agent-coder0.json');
    await writeFile(file, text);
    await utimes(file, now(), now());
    expect(await reader().list()).toEqual([
      {
        kind: 'agent',
        name: 'coder0',
        reason: expect.stringMatching(
          /^its file .*agent-coder0\.json cannot be read: (?:it is damaged|a newer Muster wrote it)$/,
        ),
        since: '2026-01-02T03:30:00.000Z',
        until: null,
        by: 'unknown',
      },
    ]);
    expect(await writer().resume('agent', 'coder0')).toBe(true);
    expect(await reader().list()).toEqual([]);
  });

  test('its name says whom it is about, whatever is in it', async () => {
    await writer().suspend({ ...suspension, name: 'coder1' });
    await writeFile(path.join(directory, 'agent-coder2.json'), JSON.stringify(whole));
    expect((await reader().list()).map(({ name }) => name)).toEqual(['coder1', 'coder2']);
  });

  test('a minor version later is read as far as it is known', async () => {
    await mkdir(directory);
    await writeFile(path.join(directory, 'agent-coder0.json'), JSON.stringify({ ...whole, format_version: '1.7', mood: 'new' }));
    expect(await reader().list()).toEqual([suspension]);
  });

  test('other files beside them are nobody', async () => {
    await writer().suspend(suspension);
    for (const name of ['.agent-coder1.json.draft', 'agent-Coder.json', 'host-a.json', 'agent-coder1.json~', 'agent-.json'])
      await writeFile(path.join(directory, name), JSON.stringify(whole));
    expect(await reader().list()).toEqual([suspension]);
  });
});

test('what a newer version wrote is not written over', async () => {
  await mkdir(directory);
  await writeFile(path.join(directory, 'agent-coder0.json'), '{"format_version":"2.0"}');
  await expect(writer().suspend(suspension)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('a newer Muster wrote it'),
  });
});

test('what cannot be listed is not empty', async () => {
  await writeFile(directory, '');
  await expect(reader().list()).rejects.toMatchObject({
    name: 'PortError',
    message: expect.stringMatching(/^cannot read what is suspended: /),
  });
});

test.each<readonly [string, (at: Date) => Promise<unknown>]>([
  ['suspend', (at) => suspensionWriter(stateDir, () => at).suspend({ ...suspension, name: 'coder1' })],
  ['resume', (at) => suspensionWriter(stateDir, () => at).resume('agent', 'coder1')],
])('the next %s takes away what has expired, and nothing else', async (_what, act) => {
  await writer().suspend({ ...suspension, name: 'short', until: '2026-01-02T04:00:00Z' });
  await writer().suspend({ ...suspension, name: 'long', until: '2026-01-02T05:00:00Z' });
  await act(new Date('2026-01-02T04:30:00Z'));
  const left = await readdir(directory);
  expect(left).toContain('agent-long.json');
  expect(left).not.toContain('agent-short.json');
});
