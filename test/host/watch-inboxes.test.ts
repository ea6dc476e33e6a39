import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inboxIndex } from '../../src/host/inbox-index.ts';
import { inboxJournal } from '../../src/host/inbox-journal.ts';
import { watchInboxes } from '../../src/host/watch-inboxes.ts';

async function watched() {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'muster-inboxes-'));
  const write = (agent: string, id: string) =>
    inboxJournal(stateDir, agent).append([{ format_version: '1.0', kind: 'untyped', id, at: new Date(0).toISOString() }]);
  await write('coder0', 'before');
  const told: string[] = [];
  const end = await watchInboxes(stateDir, (agent) => told.push(agent));
  onTestFinished(() => {
    end();
    rmSync(stateDir, { recursive: true, force: true });
  });
  return { stateDir, write, told, end };
}

test('an inbox that is written to is told of, one that is new among them, however soon after the last time', async () => {
  const { write, told } = await watched();
  await write('coder1', 'first');
  await expect.poll(() => told).toContain('coder1');
  expect(told).not.toContain('coder0');
  // Two in a row: the second must be told of after it is there.
  for (const id of ['a', 'b', 'c']) {
    const before = told.length;
    await write('coder0', id);
    await expect.poll(() => told.slice(before)).toContain('coder0');
  }
});

test('an inbox that was removed and made anew is told of again', async () => {
  const { stateDir, write, told } = await watched();
  rmSync(path.join(stateDir, 'inbox/coder0'), { recursive: true });
  await write('coder0', 'first');
  await expect.poll(() => told).toContain('coder0');
  const before = told.length;
  await write('coder0', 'second');
  await expect.poll(() => told.slice(before)).toContain('coder0');
});

test('the index tells by their marks which inboxes were written to', async () => {
  const { stateDir, write } = await watched();
  mkdirSync(path.join(stateDir, 'inbox/empty'));
  mkdirSync(path.join(stateDir, 'inbox/No Name'));
  const first = await inboxIndex(stateDir)();
  expect([...first.keys()]).toEqual(['coder0']);
  expect(await inboxIndex(stateDir)()).toEqual(first);
  await write('coder0', 'again');
  expect((await inboxIndex(stateDir)()).get('coder0')).not.toBe(first.get('coder0'));
  expect((await inboxIndex(path.join(stateDir, 'nowhere'))()).size).toBe(0);
});
