import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordLog } from '../../src/host/record-log.ts';
import type { RecordLog } from '../../src/model/record-log.ts';
import { isFields, isFormat, isText } from '../../src/model/shape.ts';
import { bundled } from '../agents/bundled.ts';

interface Noted {
  readonly format_version: '1.0';
  readonly text: string;
  readonly foreign?: boolean;
}

let directory: string;
let file: string;
let log: RecordLog<Noted>;

const another = (): RecordLog<Noted> =>
  recordLog<Noted>({
    directory,
    name: 'log',
    isRecord: (value): value is Noted => isFields(value) && isFormat(value.format_version) && isText(value.text),
    isForeign: ({ foreign }) => foreign === true,
  });
const noted = (text: string, foreign = false): Noted => ({ format_version: '1.0', text, foreign });
const texts = async (from: RecordLog<Noted>): Promise<string[]> => (await from.read()).records.map(({ text }) => text);
const damagedCopies = (): string[] => readdirSync(directory).filter((name) => name.includes('damaged'));
const large = 'x'.repeat(200_000);

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'log-')), 'fleet');
  file = join(directory, 'log.jsonl');
  log = another();
});
afterEach(() => {
  rmSync(join(directory, '..'), { recursive: true });
});

describe('a log', () => {
  test('that nobody has written to is empty, and a look makes nothing', async () => {
    expect(await log.read()).toMatchObject({ records: [], damaged: 0 });
    expect(readdirSync(join(directory, '..'))).toEqual([]);
  });

  test('keeps records in order, readable by nobody else', async () => {
    await log.append([noted('a'), noted('b')]);
    await log.append([noted('c')]);
    expect(await texts(another())).toEqual(['a', 'b', 'c']);
    expect([statSync(directory).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test('tells who reads it again by its generation that there is only more', async () => {
    await log.append([noted('a')]);
    const before = await log.read();
    const count = before.records.length;
    await another().append([noted('b')]);
    const after = await log.read();
    expect(after.generation).toBe(before.generation);
    expect(after.records.slice(count)).toEqual([noted('b')]);
  });

  test('of a newer format is neither read nor compacted', async () => {
    await log.append([noted('a')]);
    appendFileSync(file, '{"format_version":"2.0","text":"b"}\n');
    await expect(log.read()).rejects.toThrow('a newer Muster wrote it');
    await expect(log.compact(() => [])).rejects.toThrow('a newer Muster wrote it');
    expect(readFileSync(file, 'utf8')).toContain('"a"');
  });

  test('that cannot be written says so', async () => {
    writeFileSync(join(directory, '..', 'in-the-way'), '');
    const stuck = recordLog<Noted>({
      directory: join(directory, '..', 'in-the-way'),
      name: 'log',
      isRecord: (_value): _value is Noted => true,
      isForeign: () => false,
    });
    await expect(stuck.append([noted('a')])).rejects.toThrow(/^cannot write to .*log\.jsonl: /);
  });

  test('calls who watches it', async () => {
    let tell: () => void = () => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const unwatch = log.watch(tell);
    await another().append([noted('a')]);
    await told;
    unwatch();
  });
});

describe('a line that was cut short', () => {
  test.each([1, 5, 20])('by %i bytes spoils no other and is no damage', async (bytes) => {
    await log.append([noted('a')]);
    await log.append([noted('cut')]);
    truncateSync(file, statSync(file).size - bytes);
    expect(await another().read()).toMatchObject({ records: [noted('a')], damaged: 0 });
    await another().append([noted('b')]);
    expect(await another().read()).toMatchObject({ records: [noted('a'), noted('b')], damaged: 0 });
    expect(await another().compact((records) => records)).toBe(null);
  });

  test('with zeros where a power loss left them is none either', async () => {
    await log.append([noted('a')]);
    appendFileSync(file, '\0\0\0\0');
    await another().append([noted('b')]);
    expect(await another().read()).toMatchObject({ records: [noted('a'), noted('b')], damaged: 0 });
  });
});

describe('a log with lines that cannot be read', () => {
  test('is set aside, and what can be read of it stays', async () => {
    await log.append([noted('a')]);
    appendFileSync(file, 'nonsense\n{"format_version":"1.0","txt":"b"}\n');
    await log.append([noted('c')]);
    const owner = another();
    expect(await owner.read()).toMatchObject({ records: [noted('a'), noted('c')], damaged: 2 });
    const copy = await owner.compact((records) => records);
    expect(readFileSync(copy ?? '', 'utf8')).toContain('nonsense');
    expect(await owner.read()).toMatchObject({ records: [noted('a'), noted('c')], damaged: 0 });
    expect(await owner.compact((records) => records)).toBe(null);
    expect(damagedCopies()).toHaveLength(1);
  });
});

describe('a log that has grown large', () => {
  const newest = (records: readonly Noted[]): readonly Noted[] => records.slice(-1);
  const fill = async (): Promise<void> => {
    for (let count = 0; count < 7; count += 1) await log.append([noted(large)]);
    await log.append([noted('last')]);
  };

  test('holds what it is shortened to', async () => {
    await log.append([noted('small')]);
    await log.compact(() => []);
    expect(await texts(log)).toEqual(['small']);
    await fill();
    expect(await log.compact(newest)).toBe(null);
    expect(await texts(another())).toEqual(['last']);
    expect(await texts(log)).toEqual(['last']);
    expect(readdirSync(directory)).toEqual(['log.jsonl']);
  });

  test('keeps what another process appends meanwhile', async () => {
    await fill();
    await log.compact((records) => {
      // The file is still the one of before.
      appendFileSync(file, `${JSON.stringify(noted('meanwhile', true))}\n`);
      return newest(records);
    });
    expect(await texts(another())).toEqual(['last', 'meanwhile']);
  });

  test.each(['before', 'after'])('is whole after a crash %s the new one took its place', async (moment) => {
    await fill();
    const bytes = statSync(file).size;
    await another().append([noted('meanwhile', true)]);
    const former = join(directory, 'log.former.jsonl');
    linkSync(file, former);
    if (moment === 'after') {
      rmSync(file);
      const lines = [{ format_version: '1.0', kind: 'compacted', bytes }, noted('last')].map(
        (record) => `${JSON.stringify(record)}\n`,
      );
      writeFileSync(file, lines.join(''));
    }
    expect((await texts(another())).slice(-2)).toEqual(['last', 'meanwhile']);
    const owner = another();
    await owner.compact((records) => records.slice(-2));
    expect(await texts(another())).toEqual(['last', 'meanwhile']);
    expect(readdirSync(directory)).toEqual(['log.jsonl']);
  });
});

describe('processes that write at once', () => {
  const ids = async (): Promise<string[]> => (await texts(another())).map((text) => text.split(' ')[0] ?? '');
  const started = async (name: string, count: number): Promise<ChildProcess> =>
    fork(await bundled(new URL('log-writer.ts', import.meta.url)), [directory, name, String(count)], { execArgv: [] });

  test('lose and mix up nothing, also while it is compacted', async () => {
    const owner = recordLog<Noted>({
      directory,
      name: 'log',
      isRecord: (value): value is Noted => isFields(value) && isText(value.text),
      isForeign: () => true,
    });
    const names = ['p', 'q', 'r'];
    const children = await Promise.all(names.map((name) => started(name, 150)));
    const ends = Promise.all(children.map((child) => once(child, 'exit')));
    let done = false;
    void ends.then(() => (done = true));
    const shorten = (records: readonly Noted[]): Noted[] => records.map(({ text }) => noted(text.slice(0, 30)));
    while (!done) {
      await owner.compact(shorten);
      await owner.read();
    }
    expect((await owner.read()).damaged).toBe(0);
    const written = await ids();
    for (const name of names) {
      const own = written.filter((id) => id.startsWith(name));
      expect([...new Set(own)]).toEqual(Array.from({ length: 150 }, (_, index) => `${name}${index}`));
    }
  });

  test('and are killed leave all that they have said is written', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const child = await started(name, 100_000);
      const said: string[] = [];
      await new Promise<void>((resolve) => {
        child.on('message', (id) => {
          said.push(String(id));
          if (said.length === 20) resolve();
        });
      });
      child.kill('SIGKILL');
      await once(child, 'exit');
      const written = await ids();
      expect(written).toEqual(expect.arrayContaining(said));
      expect((await another().read()).damaged).toBe(0);
    }
  });
});
