import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groundAt, plant } from '../../src/git/begin.ts';
import { folder, git, ownerEnv, repository, write } from './repositories.ts';

const files = [
  { file: 'rosters/coding.yaml', text: 'version: 1\n' },
  { file: 'rosters/roles/coder.md', text: '# Coder\n' },
];
const commit = { message: 'Begin\n', madeUp: null };
const never = new AbortController().signal;
const everything = (root: string): readonly string[] => readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();

/** Aborted when it is asked for the nth time. */
function abortedAt(turn: number): AbortSignal {
  let asked = 0;
  const throwIfAborted = (): void => {
    asked += 1;
    if (asked === turn) throw new Error('interrupted');
  };
  return Object.assign(new AbortController().signal, { throwIfAborted });
}

describe('files that begin a repository', () => {
  test('are committed, in a repository that is made for them', async () => {
    const root = join(folder(), 'new/fleet');
    const id = await plant(await groundAt(root, ownerEnv), files, commit, ownerEnv, never);
    expect(git(root, 'rev-parse', 'main')).toBe(id);
    expect(git(root, 'ls-files')).toBe('rosters/coding.yaml\nrosters/roles/coder.md');
  });

  test.each([1, 2, 3])('leave nothing behind where they are interrupted, at turn %i', async (turn) => {
    const above = folder();
    const root = join(above, 'new/fleet');
    await expect(plant(await groundAt(root, ownerEnv), files, commit, ownerEnv, abortedAt(turn))).rejects.toThrow('interrupted');
    expect(everything(above)).toEqual([]);
  });

  test.each([1, 2, 3])('leave a repository that was there as it was, at turn %i', async (turn) => {
    const root = repository({ 'notes.txt': '' });
    write(root, { 'staged.txt': '' });
    git(root, 'add', 'staged.txt');
    const before = [everything(root).filter((path) => !path.startsWith('.git')), git(root, 'status', '--porcelain')];
    await expect(plant(await groundAt(root, ownerEnv), files, commit, ownerEnv, abortedAt(turn))).rejects.toThrow('interrupted');
    expect([everything(root).filter((path) => !path.startsWith('.git')), git(root, 'status', '--porcelain')]).toEqual(before);
  });

  test('are never written over what came to be there meanwhile', async () => {
    const root = folder();
    const ground = await groundAt(root, ownerEnv);
    write(root, { 'rosters/roles/coder.md': 'mine\n' });
    await expect(plant(ground, files, commit, ownerEnv, never)).rejects.toThrow(/EEXIST/);
    expect(everything(root)).toEqual(['rosters', 'rosters/roles', 'rosters/roles/coder.md']);
  });

  test('are taken back where a hook refuses them', async () => {
    const root = repository({ 'notes.txt': '' });
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    writeFileSync(join(root, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n');
    chmodSync(join(root, '.git/hooks/pre-commit'), 0o755);
    await expect(plant(await groundAt(root, ownerEnv), files, commit, ownerEnv, never)).rejects.toThrow(
      'did not take the commit',
    );
    expect(git(root, 'status', '--porcelain')).toBe('');
  });
});

describe('the ground', () => {
  test('of an empty directory in a repository is its own', async () => {
    const home = repository({ '.bashrc': '' });
    mkdirSync(join(home, 'fleet'));
    expect(await groundAt(join(home, 'fleet'), ownerEnv)).toMatchObject({ root: join(home, 'fleet'), repository: null });
  });

  test('of a directory with something in it is that of its repository', async () => {
    const root = repository({ 'ops/notes.txt': '' });
    write(root, { 'ops/more.txt': '' });
    expect(await groundAt(join(root, 'ops'), ownerEnv)).toMatchObject({
      root,
      prefix: 'ops',
      repository: { branch: 'main', changed: 1, obstacle: null },
    });
  });
});
