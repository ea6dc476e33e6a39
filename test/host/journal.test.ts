import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JournalEntry, type JournalRequest, readJournal } from '../../src/host/journal.ts';

const unit = 'mosaic-agent@coder0.service';
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A journalctl that does this; without one there is none on the PATH. */
function journalctl(script: string): void {
  writeFileSync(join(directory, 'journalctl'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'journalctl'), 0o755);
}

interface Told {
  readonly entries: JournalEntry[];
  readonly problems: string[];
}

async function read(request: Partial<JournalRequest> = {}, path = `${directory}:/usr/bin:/bin`): Promise<Told> {
  const told: Told = { entries: [], problems: [] };
  const asked = { unit, lines: 50, since: null, follow: null, ...request };
  await readJournal({ PATH: path }, asked, {
    entry: (entry) => told.entries.push(entry),
    problem: (why) => told.problems.push(why),
  });
  return told;
}

const say = (...lines: readonly object[]): string => lines.map((line) => `echo '${JSON.stringify(line)}'`).join('\n');
const line = { __REALTIME_TIMESTAMP: '1767312000000000', PRIORITY: '6', SYSLOG_IDENTIFIER: 'systemd', MESSAGE: 'Started.' };

test('entries with their time, priority and program', async () => {
  journalctl(say(line, { ...line, SYSLOG_IDENTIFIER: undefined, _COMM: 'sh', PRIORITY: undefined, MESSAGE: [104, 105] }));
  expect(await read()).toEqual({
    entries: [
      { at: '2026-01-02T00:00:00.000Z', priority: 6, identifier: 'systemd', text: 'Started.' },
      { at: '2026-01-02T00:00:00.000Z', priority: null, identifier: 'sh', text: 'hi' },
    ],
    problems: [],
  });
});

test('only this unit of this user, so many lines, since then', async () => {
  journalctl(`printf '%s\\n' "$*" > ${directory}/argv; ${say(line)}`);
  await read({ lines: 7, since: new Date('2026-01-02T00:00:00.900Z') });
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(join(directory, 'argv'), 'utf8').trim()).toBe(
    `--user --unit=${unit} --no-pager --output=json --all --lines=7 --since=@1767312000`,
  );
});

test('no journalctl', async () => {
  expect((await read({}, directory)).problems).toEqual(['journalctl is not installed, or not on PATH']);
});

test('no permission, which it says only as text', async () => {
  journalctl(
    'case "$*" in *json*) exit 1;; *) echo "Hint: someone" >&2; echo "No journal files were opened due to insufficient permissions." >&2; exit 1;; esac',
  );
  expect((await read()).problems).toContain('journalctl ended with status 1');
  journalctl(
    'case "$*" in *json*) ;; *) echo "Hint: someone" >&2; echo "No journal files were opened due to insufficient permissions." >&2;; esac',
  );
  expect((await read()).problems).toEqual(['No journal files were opened due to insufficient permissions.']);
});

test('a journal that has nothing of it', async () => {
  journalctl('exit 0');
  expect((await read()).problems).toEqual([`it has nothing of ${unit}`]);
});

test('what is no entry, is none', async () => {
  journalctl(`echo nonsense; echo '[1]'; ${say(line)}; echo '{"half'`);
  const { entries, problems } = await read();
  expect([entries.length, problems]).toEqual([1, []]);
});

test('followed until it is told to stop', async () => {
  journalctl(`${say(line)}; exec sleep 60`);
  const stop = new AbortController();
  const entries: JournalEntry[] = [];
  await readJournal(
    { PATH: `${directory}:/usr/bin:/bin` },
    { unit, lines: 1, since: null, follow: stop.signal },
    {
      entry: (entry) => {
        entries.push(entry);
        stop.abort();
      },
      problem: () => {},
    },
  );
  expect(entries).toHaveLength(1);
});
