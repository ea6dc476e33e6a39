import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordNote } from '../../src/git/notes.ts';
import { env, folder, git, repository } from './repositories.ts';
import { another } from './sources.ts';

const fleet = () => repository({ 'rosters/coding.yaml': 'one\n' });
const placeOf = (root: string) => ({ repository: root, host: 'host.example.internal', env });
const noteOf = (root: string, commit: string): string => git(root, 'notes', '--ref=muster', 'show', commit);

test('the outcome of a commit is its note, and the last one counts', async () => {
  const root = fleet();
  const first = git(root, 'rev-parse', 'HEAD');
  const second = another(root, 'two\n');
  await recordNote(placeOf(root), first, 'admitted\n');
  await recordNote(placeOf(root), second, 'denied\n\n--force: no agent is an orchestrator\n');
  await recordNote(placeOf(root), first, 'good\n');
  expect(noteOf(root, first)).toBe('good');
  expect(noteOf(root, second)).toContain('no agent is an orchestrator');
  expect(git(root, 'log', '-1', '--format=%an <%ae> %cn', 'refs/notes/muster')).toBe(
    'Muster <muster@host.example.internal> Muster',
  );
  expect(git(root, 'rev-parse', 'main')).toBe(second);
  expect(git(root, 'status', '--porcelain')).toBe('');
});

test('a symbolic ref in its place leads to no branch', async () => {
  const root = fleet();
  const head = git(root, 'rev-parse', 'HEAD');
  git(root, 'symbolic-ref', 'refs/notes/muster', 'refs/heads/main');
  await expect(recordNote(placeOf(root), head, 'x')).rejects.toMatchObject({ name: 'PortError', kind: 'failed' });
  expect(git(root, 'rev-parse', 'main')).toBe(head);
});

test('what the repository configures is not run', async () => {
  const root = fleet();
  const marker = join(folder(), 'ran');
  const trap = join(root, '.git/hooks/reference-transaction');
  mkdirSync(join(root, '.git/hooks'), { recursive: true });
  writeFileSync(trap, `#!/bin/sh\ntouch ${marker}\n`);
  chmodSync(trap, 0o755);
  for (const name of ['core.editor', 'gpg.program', 'core.fsmonitor', 'alias.notes']) git(root, 'config', name, trap);
  git(root, 'config', 'commit.gpgSign', 'true');
  const head = git(root, 'rev-parse', 'HEAD');
  await recordNote(placeOf(root), head, 'good');
  expect(existsSync(marker)).toBe(false);
  expect(noteOf(root, head)).toBe('good');
  git(root, 'update-ref', 'refs/heads/x', head);
  expect(existsSync(marker), 'the trap works').toBe(true);
});

test.each([
  ['a commit that is gone', (root: string) => placeOf(root), 'f'.repeat(40)],
  ['an option', (root: string) => placeOf(root), '--stdin'],
  ['a repository that is gone', () => placeOf('/nonexistent'), 'f'.repeat(40)],
])('%s is a failure of the port, and nothing else', async (_what, place, commit) => {
  const root = fleet();
  await expect(recordNote(place(root), commit, 'x')).rejects.toMatchObject({ name: 'PortError' });
  expect(git(root, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
});

describe('the lock of the notes', () => {
  const locked = (heldForSeconds: number) => {
    const root = fleet();
    mkdirSync(join(root, '.git/refs/notes'), { recursive: true });
    const lock = join(root, '.git/refs/notes/muster.lock');
    writeFileSync(lock, '');
    const since = Date.now() / 1000 - heldForSeconds;
    utimesSync(lock, since, since);
    return { root, lock, head: git(root, 'rev-parse', 'HEAD') };
  };

  test('that a git which was killed has left does not end them', async () => {
    const { root, head, lock } = locked(120);
    await recordNote(placeOf(root), head, 'good');
    expect(noteOf(root, head)).toBe('good');
    expect(existsSync(lock)).toBe(false);
  });

  test('that somebody may still hold is left alone, and told', async () => {
    const { root, head, lock } = locked(5);
    await expect(recordNote(placeOf(root), head, 'good')).rejects.toMatchObject({
      message: expect.stringContaining('refs/notes/muster.lock'),
    });
    expect(existsSync(lock)).toBe(true);
  });
});
