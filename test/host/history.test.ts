import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { historyReader } from '../../src/host/history.ts';
import { controllerStore } from '../../src/host/store.ts';
import type { HistoryEntry } from '../../src/model/controller.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'history-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

const file = (name: string) => path.join(stateDir, name);
const append = (entry: HistoryEntry) => controllerStore(stateDir).append(entry);
const last = (count: number) => historyReader(stateDir).last(count);
const messages = async (count = 1000) => (await last(count)).map((entry) => ('message' in entry ? entry.message : ''));

const note = (message: string): HistoryEntry => ({
  format_version: '1.0',
  at: '2026-01-02T03:04:05Z',
  revision: null,
  kind: 'controller',
  event: 'started',
  message,
});
const lineOf = (message: string): string => `${JSON.stringify(note(message))}\n`;

const everyKind: readonly HistoryEntry[] = [
  note('begun'),
  {
    format_version: '1.0',
    at: '2026-01-02T03:04:05Z',
    revision: 'a'.repeat(40),
    kind: 'pass',
    triggers: ['unit'],
    plan: 'sha256:0',
    took_ms: 12,
    seen: [{ unit: 'mosaic-agent@a.service', name: 'a', cause: 'killed', detail: 'signal 9 (KILL)' }],
    actions: [
      {
        id: 'start mosaic-agent@a.service',
        verb: 'start',
        fleet: 'coding',
        name: 'a',
        unit: 'mosaic-agent@a.service',
        reason: 'drifted',
        outcome: 'failed',
        detail: 'exit status 7',
      },
    ],
  },
  {
    format_version: '1.0',
    at: '2026-01-02T03:04:06Z',
    revision: 'a'.repeat(40),
    kind: 'revision',
    subject: 'b'.repeat(40),
    outcome: 'denied',
    message: 'bad',
    diagnostics: [{ severity: 'error', code: 'floor/enhancer', summary: 'none' }],
  },
  {
    format_version: '1.0',
    at: '2026-01-02T03:04:07Z',
    revision: null,
    kind: 'suspended',
    target: 'agent a',
    by: 'me',
    message: '',
  },
  {
    format_version: '1.0',
    at: '2026-01-02T03:04:08Z',
    revision: null,
    kind: 'resumed',
    target: 'agent a',
    by: 'me',
    message: '',
  },
];

test('entries of every kind come back as they went in, newest last', async () => {
  expect(await last(10)).toEqual([]);
  for (const entry of everyKind) await append(entry);
  expect(await last(10)).toEqual(everyKind);
  expect(await last(2)).toEqual(everyKind.slice(-2));
  expect(await last(0)).toEqual([]);
  expect((await stat(file('history.jsonl'))).mode & 0o777).toBe(0o600);
});

test('entries that are appended together stay whole, in the order of the calls', async () => {
  const store = controllerStore(stateDir);
  const all = Array.from({ length: 50 }, (_, index) => `${index} ${'x'.repeat(index * 10)}`);
  await Promise.all(all.map((message) => store.append(note(message))));
  expect(await messages()).toEqual(all);
});

describe('damage', () => {
  test.each<readonly [string, string]>([
    ['a line cut short', lineOf('cut').slice(0, 40)],
    ['zeros where a power loss left no data', '\0'.repeat(100)],
    ['a character cut in two', `${lineOf('é').split('é')[0]}\u00c3`],
  ])('%s costs nothing but itself', async (_what, torn) => {
    await append(note('before'));
    await appendFile(file('history.jsonl'), Buffer.from(torn, 'latin1'));
    expect(await messages()).toEqual(['before']);
    await append(note('after'));
    await append(note('later'));
    expect(await messages()).toEqual(['before', 'after', 'later']);
    expect(await messages(1)).toEqual(['later']);
  });

  test.each([
    ['no entry', '{}'],
    ['of another shape', JSON.stringify({ ...note('x'), message: 7 })],
    ['of an unknown kind', JSON.stringify({ ...note('x'), kind: 'party' })],
    ['of a newer format', JSON.stringify({ ...note('x'), format_version: '2.0' })],
    ['empty', ''],
  ])('a line that is %s is left out', async (_what, line) => {
    await writeFile(file('history.jsonl'), `${lineOf('one')}${line}\n${lineOf('two')}`);
    expect(await messages()).toEqual(['one', 'two']);
    expect(await messages(2)).toEqual(['one', 'two']);
  });

  test('what is no file is said, with where it is', async () => {
    await mkdir(file('history.jsonl'));
    await expect(append(note('x'))).rejects.toMatchObject({
      name: 'PortError',
      message: expect.stringContaining('history.jsonl'),
    });
    await expect(last(1)).rejects.toMatchObject({ name: 'PortError' });
  });

  test('one entry that could not be written does not keep the next from being', async () => {
    const store = controllerStore(stateDir);
    await mkdir(file('history.jsonl'));
    await expect(store.append(note('lost'))).rejects.toThrow();
    await rm(file('history.jsonl'), { recursive: true });
    await store.append(note('kept'));
    expect(await messages()).toEqual(['kept']);
  });
});

describe('rotation', () => {
  const mebi = 1024 * 1024;
  const full = (name: string): Promise<void> => writeFile(file(name), `${' '.repeat(4 * mebi)}\n${lineOf(name)}`);

  test('a full file is put aside, and read on from', async () => {
    await full('history.jsonl');
    await append(note('fresh'));
    expect((await readdir(stateDir)).sort()).toEqual(['history.1.jsonl', 'history.jsonl']);
    expect(await readFile(file('history.jsonl'), 'utf8')).toBe(lineOf('fresh'));
    expect(await messages()).toEqual(['history.jsonl', 'fresh']);
  });

  test('no file grows over 4 MiB, and no entry is cut in two', async () => {
    const store = controllerStore(stateDir);
    const long = 'x'.repeat(mebi);
    for (let entry = 0; entry < 9; entry += 1) await store.append(note(`${entry}${long}`));
    const sizes = await Promise.all((await readdir(stateDir)).map(async (name) => (await stat(file(name))).size));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * mebi);
    expect((await messages()).map((message) => message[0])).toEqual([...'012345678']);
  });

  test('four old files are kept; the oldest goes', async () => {
    const names = ['history.jsonl', 'history.1.jsonl', 'history.2.jsonl', 'history.3.jsonl', 'history.4.jsonl'];
    for (const name of names) await full(name);
    await append(note('fresh'));
    expect((await readdir(stateDir)).sort()).toEqual(names.toSorted());
    expect(await messages()).toEqual(['history.3.jsonl', 'history.2.jsonl', 'history.1.jsonl', 'history.jsonl', 'fresh']);
  });

  test('where a crash left a gap, nothing old is lost', async () => {
    for (const name of ['history.jsonl', 'history.1.jsonl', 'history.3.jsonl', 'history.4.jsonl']) await full(name);
    await append(note('fresh'));
    expect(await messages()).toEqual(['history.4.jsonl', 'history.3.jsonl', 'history.1.jsonl', 'history.jsonl', 'fresh']);
  });

  test('an entry greater than a file is written all the same', async () => {
    await append(note('small'));
    await append(note('x'.repeat(5 * mebi)));
    await append(note('after'));
    expect((await messages()).map((message) => message.slice(0, 5))).toEqual(['small', 'xxxxx', 'after']);
  });

  test('a file that was put aside while it was read is not told twice', async () => {
    for (const message of ['one', 'two']) await append(note(message));
    await rename(file('history.jsonl'), file('history.1.jsonl'));
    await append(note('three'));
    // The same file in two places is what a reader sees that comes to the second after it has moved.
    await rm(file('history.jsonl'));
    const { link } = await import('node:fs/promises');
    await link(file('history.1.jsonl'), file('history.jsonl'));
    expect(await messages()).toEqual(['one', 'two']);
  });
});

test('the newest entries are found without reading all that came before', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => lineOf(`message ${index}`)).join('');
  await writeFile(file('history.jsonl'), `${many}`);
  expect(await messages(3)).toEqual(['message 19997', 'message 19998', 'message 19999']);
  expect((await messages(20_000)).length).toBe(20_000);
});

test('of those that are such the newest are found, however many others came after', async () => {
  const suspended = (target: string): HistoryEntry => ({ ...base, kind: 'suspended', target, by: 'jason', message: '' });
  const base = { format_version: '1.0', at: '2026-01-02T03:04:05Z', revision: null } as const;
  for (const entry of [suspended('agent a'), suspended('agent b'), suspended('agent c')]) await append(entry);
  await writeFile(file('history.jsonl'), lineOf('other').repeat(3000), { flag: 'a' });
  const isSuspended = (entry: HistoryEntry): entry is HistoryEntry & { readonly kind: 'suspended' } => entry.kind === 'suspended';
  const found = await historyReader(stateDir).newest(isSuspended, 2);
  expect(found.map(({ target }) => target)).toEqual(['agent b', 'agent c']);
  expect(await historyReader(stateDir).newest(isSuspended, 0)).toEqual([]);
});
