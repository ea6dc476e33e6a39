import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entriesOf, inPhase, receiptFor, shortened } from '../../../src/agents/inbox/entries.ts';
import { inboxBounds, store } from '../../../src/agents/inbox/store.ts';
import { inboxJournal } from '../../../src/host/inbox-journal.ts';
import type { Message, ReceiptState } from '../../../src/model/agents.ts';
import type { InboxJournal, InboxRecord } from '../../../src/model/inbox.ts';
import { bundled } from '../bundled.ts';

const agent = 'coder0';
const at = '2026-01-02T03:04:05.000Z';
let stateDir: string;
let journal: InboxJournal;
let file: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'inbox-'));
  journal = inboxJournal(stateDir, agent);
  file = join(stateDir, 'inbox', agent, 'journal.jsonl');
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

const message = (id: string, over: Partial<Message> = {}): Message => ({
  format_version: '1.0',
  id,
  agent,
  sender: 'jason',
  text: `text of ${id}`,
  attachments: [],
  at,
  expires: null,
  ...over,
});
const format_version = '1.0' as const;
const stored = (id: string, over: Partial<Message> = {}): InboxRecord => ({
  format_version,
  kind: 'message',
  message: message(id, over),
});
const typing = (id: string): InboxRecord => ({ format_version, kind: 'typing', id, at, invocation: 'abc', buffer: 'b' });
const receipt = (id: string, state: ReceiptState): InboxRecord => ({
  format_version,
  kind: 'receipt',
  receipt: receiptFor({ id, agent }, state, [], null, at),
});
const states = async () =>
  [...entriesOf(await journal.read()).values()].map(({ id, phase, receipt: { state } }) => [id, phase, state]);

describe('an inbox', () => {
  test('that nobody has written to is empty', async () => {
    expect(await journal.read()).toEqual([]);
    expect(existsSync(join(stateDir, 'inbox'))).toBe(false);
  });

  test('keeps messages in order, and one of each id', async () => {
    expect(await store(journal, message('b'))).toMatchObject({
      known: false,
      receipt: { state: 'queued', evidence: ['stored'] },
    });
    expect(await store(journal, message('a'))).toMatchObject({ known: false });
    expect(await store(journal, message('b', { text: 'another' }))).toMatchObject({ known: true, receipt: { id: 'b' } });
    expect(await states()).toEqual([
      ['b', 'waiting', 'queued'],
      ['a', 'waiting', 'queued'],
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each<readonly [string, readonly InboxRecord[], string, ReceiptState]>([
    ['is being typed', [typing('a')], 'typing', 'queued'],
    ['was not typed after all', [typing('a'), { format_version, kind: 'untyped', id: 'a', at }], 'waiting', 'queued'],
    ['is taken', [typing('a'), receipt('a', 'turn-started')], 'settled', 'turn-started'],
    ['is kept by the runtime', [typing('a'), receipt('a', 'queued')], 'settled', 'queued'],
    ['was left in the composer', [typing('a'), receipt('a', 'typed')], 'dead', 'typed'],
    ['was submitted in the end', [typing('a'), receipt('a', 'typed'), receipt('a', 'submitted')], 'settled', 'submitted'],
    ['was refused', [receipt('a', 'refused')], 'dead', 'refused'],
    ['is not typed again', [typing('a'), receipt('a', 'unknown'), typing('a')], 'dead', 'unknown'],
    ['is not stored again', [receipt('a', 'expired'), stored('a')], 'dead', 'expired'],
    ['is forgotten', [receipt('a', 'unknown'), { format_version, kind: 'forgotten', id: 'a', at }], 'forgotten', 'unknown'],
  ])('knows of a message that it %s', async (_, records, phase, state) => {
    await journal.append([stored('a')]);
    for (const record of records) await journal.append([record]);
    expect(await states()).toEqual([['a', phase, state]]);
    expect(await inboxJournal(stateDir, agent).read()).toHaveLength(records.length + 1);
  });

  test('a second send of a message gives the receipt of the first', async () => {
    await journal.append([stored('a'), typing('a'), receipt('a', 'submitted')]);
    expect(await store(journal, message('a'))).toMatchObject({ known: true, receipt: { state: 'submitted' } });
  });

  test('refuses more than its bound, and nothing that is in it is lost', async () => {
    await journal.append(Array.from({ length: inboxBounds.messages }, (_, index) => stored(`m${index}`)));
    expect(await store(journal, message('more'))).toMatchObject({ receipt: { state: 'refused', reason: 'inbox-full' } });
    await journal.append([receipt('m0', 'submitted')]);
    expect(await store(journal, message('more'))).toMatchObject({ receipt: { state: 'queued' } });
  });

  test('refuses more text than its bound', async () => {
    const text = 'x'.repeat(inboxBounds.bytes / 16);
    await journal.append(Array.from({ length: 16 }, (_, index) => stored(`m${index}`, { text })));
    expect(await store(journal, message('more'))).toMatchObject({ receipt: { state: 'refused', reason: 'inbox-full' } });
  });

  test.each(['', '..', '../up', 'A'])('of nobody: %j is no name of an agent', (name) => {
    expect(() => inboxJournal(stateDir, name)).toThrow('cannot be the name');
  });
});

describe('a journal that is damaged', () => {
  test.each([
    '{"format_version":"1.0","kind":"mess',
    'nonsense',
    '{"kind":"message"}',
    '\u0000\u0000\u0000',
    '{"format_version":"2.0","kind":"typing"}',
  ])('loses nothing besides a line such as %j', async (torn) => {
    await journal.append([stored('a')]);
    appendFileSync(file, torn);
    expect(await states()).toHaveLength(1);
    await journal.append([stored('b')]);
    expect(await states()).toEqual([
      ['a', 'waiting', 'queued'],
      ['b', 'waiting', 'queued'],
    ]);
  });

  test('a line that is still being written is read when it is whole', async () => {
    await journal.append([stored('a')]);
    const line = JSON.stringify(stored('b'));
    appendFileSync(file, line.slice(0, 30));
    expect(await states()).toHaveLength(1);
    appendFileSync(file, `${line.slice(30)}\n`);
    expect(await states()).toHaveLength(2);
  });
});

const large = 'x'.repeat(200_000);

describe('a journal that has grown large', () => {
  const fill = async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      await journal.append([stored(id, { text: large }), typing(id), receipt(id, 'submitted')]);
    await journal.append([stored('dead'), typing('dead'), receipt('dead', 'unknown'), stored('next'), stored('last')]);
  };

  test('says the same in fewer words', async () => {
    await fill();
    const before = await states();
    await journal.compact(shortened);
    expect(statSync(file).size).toBeLessThan(20_000);
    const sorted = (list: readonly (readonly string[])[]) => list.map((entry) => entry.join()).sort();
    expect(sorted(await states())).toEqual(sorted(before));
    expect(inPhase(entriesOf(await journal.read()), 'waiting').map(({ id }) => id)).toEqual(['next', 'last']);
    expect(inPhase(entriesOf(await journal.read()), 'dead')[0]?.message?.text).toBe('text of dead');
    expect(existsSync(join(stateDir, 'inbox', agent, 'journal.former.jsonl'))).toBe(false);
    expect(await store(inboxJournal(stateDir, agent), message('a'))).toMatchObject({ known: true });
  });

  test('keeps what another process appends meanwhile', async () => {
    await fill();
    const other = inboxJournal(stateDir, agent);
    await journal.compact((records) => {
      // The file is still the one of before.
      appendFileSync(file, `\n${JSON.stringify(stored('meanwhile'))}\n`);
      return shortened(records);
    });
    expect(inPhase(entriesOf(await other.read()), 'waiting').map(({ id }) => id)).toEqual(['next', 'last', 'meanwhile']);
  });

  test('keeps what was appended before a crash in the midst of it', async () => {
    await fill();
    const bytes = statSync(file).size;
    const former = join(stateDir, 'inbox', agent, 'journal.former.jsonl');
    appendFileSync(file, `\n${JSON.stringify(stored('meanwhile'))}\n`);
    linkSync(file, former);
    expect((await states()).length).toBe(11);
    rmSync(file);
    const short = shortened((await inboxJournal(stateDir, agent).read()).filter(() => false));
    writeFileSync(
      file,
      `\n${[{ format_version, kind: 'compacted', bytes }, stored('next'), ...short].map((record) => JSON.stringify(record)).join('\n')}\n`,
    );
    const waiting = async () => inPhase(entriesOf(await journal.read()), 'waiting').map(({ id }) => id);
    expect(await waiting()).toEqual(['next', 'meanwhile']);
    await journal.compact(shortened);
    expect(existsSync(former)).toBe(false);
    expect(await waiting()).toEqual(['next', 'meanwhile']);
  });
});

test('many processes that write at once lose and mix up nothing, also while it is compacted', async () => {
  const writer = await bundled(new URL('writer.ts', import.meta.url));
  const children = ['p', 'q', 'r'].map((name) => fork(writer, [stateDir, agent, name, '60'], { execArgv: [] }));
  const ended = Promise.all(children.map((child) => once(child, 'exit')));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over) {
    await journal.append([receipt('z', 'submitted')]);
    await journal.compact(shortened);
  }
  expect((await ended).map(([status]) => status)).toEqual([0, 0, 0]);
  const ids = inPhase(entriesOf(await journal.read()), 'waiting', 'settled').map(({ id }) => id);
  for (const name of ['p', 'q', 'r']) {
    expect(ids.filter((id) => id.startsWith(name)).sort()).toEqual(
      Array.from({ length: 60 }, (_, index) => `${name}${index}`).sort(),
    );
  }
  expect(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith('}')),
  ).toEqual([]);
});
