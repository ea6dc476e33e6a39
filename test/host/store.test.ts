import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { statusFile } from '../../src/host/status-file.ts';
import { controllerStore } from '../../src/host/store.ts';
import type { ControllerRecord, ControllerStatus } from '../../src/model/controller.ts';

let root: string;
let stateDir: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'store-'));
  stateDir = path.join(root, 'mosaic/0123');
});
afterEach(() => rm(root, { recursive: true }));

const revision = 'a'.repeat(40);
const record: ControllerRecord = {
  format_version: '1.0',
  binding: { repository: '/srv/fleet', ref: 'refs/heads/main', rosters: 'rosters' },
  admitted: revision,
  good: null,
  trial: { revision, blamed: true },
  quarantined: { revision: 'b'.repeat(64), why: 'the floor did not hold', at: '2026-01-02T03:04:05Z' },
};
const status: ControllerStatus = {
  format_version: '1.0',
  host: 'w-jarvis',
  tenant: 'jason',
  pid: 7,
  started: '2026-01-02T03:04:05Z',
  binding: record.binding,
  attempted: {
    revision,
    outcome: 'denied',
    diagnostics: [
      { severity: 'error', code: 'floor/enhancer', summary: 'none', file: 'rosters/coding.yaml', line: 1, column: 1 },
    ],
    at: '2026-01-02T03:04:05Z',
  },
  applied: revision,
  good: revision,
  quarantined: record.quarantined,
  fleets: [
    {
      name: 'coding',
      conditions: [
        {
          type: 'FloorHeld',
          status: 'True',
          reason: 'Live',
          message: '',
          since: '2026-01-02T03:04:05Z',
          observed_revision: revision,
        },
      ],
    },
  ],
  back_offs: [{ resource: 'mosaic-agent@a.service', failures: 3, why: 'exit status 7', until: null, quarantined: false }],
  suspensions: [{ kind: 'fleet', name: 'x', reason: null, since: '2026-01-02T03:04:05Z', until: null, by: 'jason' }],
  left: [],
  drift: ['/units/mosaic-agent@a.service/active'],
  obstacle: null,
  passes: 4,
  last_pass: { at: '2026-01-02T03:04:05Z', took_ms: 12.5 },
};

const kinds = [
  {
    file: 'controller.json',
    load: () => controllerStore(stateDir).load(),
    save: () => controllerStore(stateDir).save(record),
    whole: record,
  },
  {
    file: 'status.json',
    load: () => statusFile(stateDir).read(),
    save: () => statusFile(stateDir).write(status),
    whole: status,
  },
] as const;

describe.each(kinds)('$file', ({ file, load, save, whole }) => {
  const put = async (text: string): Promise<void> => {
    await mkdir(stateDir, { recursive: true });
    await writeFile(path.join(stateDir, file), text);
  };

  test('is what was saved last, and nothing before that', async () => {
    expect(await load()).toBeNull();
    await put(JSON.stringify({ format_version: '1.0' }));
    await save();
    expect(await load()).toEqual(whole);
  });

  test('is for its owner alone, with no draft left beside it', async () => {
    await save();
    expect((await stat(path.join(stateDir, file))).mode & 0o777).toBe(0o600);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
    expect(await readdir(stateDir)).toEqual([file]);
  });

  test('of a later minor version is read as far as it is known', async () => {
    await put(JSON.stringify({ ...whole, format_version: '1.9' }));
    expect(await load()).toEqual(whole);
  });

  test.each([
    ['empty', ''],
    ['cut short', JSON.stringify(whole).slice(0, 200)],
    ['no object', '[]'],
    ['without its format', JSON.stringify({ ...whole, format_version: undefined })],
    ['with a binding that is none', JSON.stringify({ ...whole, binding: 'main' })],
    ['with a part missing', JSON.stringify({ ...whole, good: undefined })],
    ['all zeros, as a power loss leaves it', '\0'.repeat(500)],
  ])('%s is damaged, not absent', async (_what, text) => {
    await put(text);
    await expect(load()).rejects.toMatchObject({
      name: 'PortError',
      kind: 'failed',
      message: expect.stringMatching(new RegExp(`${file.replace('.', '\\.')} is damaged; .{10}`)),
    });
    await save();
    expect(await load()).toEqual(whole);
  });

  test('of a newer format is neither read nor written over', async () => {
    const newer = JSON.stringify({ format_version: '2.0', more: true });
    await put(newer);
    for (const refused of [load, save]) {
      await expect(refused()).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('a newer Muster wrote it'),
      });
    }
    expect(await readFile(path.join(stateDir, file), 'utf8')).toBe(newer);
  });
});
