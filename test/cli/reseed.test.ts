import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { carryOutReseed, proposeReseed, type Reseeding } from '../../src/cli/reseed.ts';
import { branchFor, commitReseed, filesToCommit } from '../../src/cli/update-commit.ts';

const roster = (line = ''): string => `version: 1\n${line}profile: minimal\nagents:\n  - { name: a, class: coder }\n`;
const then = { 'roles/coder.md': 'one\n\ntwo\n\nthree\n', 'roles/board.md': 'board\n', 'presets/general.yaml': roster() };
const now = { ...then, 'roles/coder.md': 'ONE\n\ntwo\n\nthree\n', 'presets/general.yaml': roster('# new\n') };

let root: string;
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', root, '-c', 'user.name=O', '-c', 'user.email=o@e', ...args], { encoding: 'utf8' });
const write = (file: string, text: string | Buffer): void => writeFileSync(path.join(root, 'rosters', file), text);
const read = (file: string): string => readFileSync(path.join(root, 'rosters', file), 'utf8');
const commit = (): void => {
  git('add', '-A');
  git('commit', '-qm', 'x');
};

async function propose(): Promise<Reseeding> {
  const input = { dir: root, rosters: 'rosters', shipped: now, shippedThen: then };
  const proposed = await proposeReseed(input, { cwd: root, env: { PATH: process.env.PATH } });
  if (proposed === null) throw new Error('no repository');
  return proposed;
}

const told = ({ copies }: Reseeding): Record<string, string> =>
  Object.fromEntries(copies.map(({ file, status }) => [path.posix.relative('rosters', file), status]));

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'reseed-'));
  mkdirSync(path.join(root, 'rosters/roles'), { recursive: true });
  git('init', '-q');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what was committed as shipped and edited later is a copy: both changes come together', async () => {
  write('roles/coder.md', then['roles/coder.md']);
  write('team.yaml', then['presets/general.yaml']);
  commit();
  write('roles/coder.md', 'one\n\ntwo\n\nTHREE\n');
  commit();
  const proposed = await propose();
  expect(told(proposed)).toEqual({ 'roles/coder.md': 'merged', 'team.yaml': 'updated' });
  expect(read('roles/coder.md')).toBe('one\n\ntwo\n\nTHREE\n');
  await carryOutReseed(proposed);
  expect(read('roles/coder.md')).toBe('ONE\n\ntwo\n\nTHREE\n');
  expect(read('team.yaml')).toBe(now['presets/general.yaml']);
  expect(readdirSync(path.join(root, 'rosters/roles'))).toEqual(['coder.md']);
  const again = await propose();
  expect(told(again)).toEqual({ 'roles/coder.md': 'kept', 'team.yaml': 'current' });
  expect(again.seeds).toBeNull();
});

test('without the record, which an interruption kept from being written, the next one comes to the same', async () => {
  write('roles/coder.md', then['roles/coder.md']);
  commit();
  write('roles/coder.md', 'one\n\ntwo\n\nTHREE\n');
  commit();
  await carryOutReseed({ ...(await propose()), seeds: null });
  const proposed = await propose();
  expect(proposed.copies).toMatchObject([{ text: null, beside: null, base: now['roles/coder.md'] }]);
});

test('what is not committed is left as it is', async () => {
  write('roles/coder.md', then['roles/coder.md']);
  expect(told(await propose())).toEqual({ 'roles/coder.md': 'uncommitted' });
});

test('what was changed while the question was open is not written over', async () => {
  write('roles/coder.md', then['roles/coder.md']);
  commit();
  const proposed = await propose();
  write('roles/coder.md', 'meanwhile\n');
  await expect(carryOutReseed(proposed)).rejects.toThrow('changed meanwhile');
  expect(read('roles/coder.md')).toBe('meanwhile\n');
});

describe('left as they are, and told', () => {
  test.each<readonly [string, () => void, RegExp]>([
    ['a link', () => symlinkSync('/etc/passwd', path.join(root, 'rosters/roles/coder.md')), /coder.md .*symbolic link/],
    ['what is no text', () => write('roles/coder.md', Buffer.from([0xff, 0xfe, 0])), /coder.md .*not UTF-8/],
    ['a directory', () => mkdirSync(path.join(root, 'rosters/roles/coder.md')), /coder.md .*no regular file/],
    ['a large one', () => write('roles/coder.md', 'x'.repeat(1024 * 1024 + 1)), /coder.md .*1 MiB/],
  ])('%s', async (_, make, summary) => {
    write('team.yaml', roster());
    make();
    commit();
    const { findings, copies } = await propose();
    expect(findings.map((one) => one.summary)).toEqual([expect.stringMatching(summary)]);
    expect(copies.map(({ file }) => file)).toEqual(['rosters/team.yaml']);
  });

  test.each<readonly [string, string, RegExp]>([
    ['of a newer format', '{"format_version":"2.0"}', /newer Muster/],
    ['that is damaged', '<<<<<<< HEAD\n', /damaged/],
  ])('a record %s ends it before anything is done', async (_, text, message) => {
    mkdirSync(path.join(root, 'rosters/.muster'));
    write('.muster/seeded.json', text);
    write('roles/coder.md', then['roles/coder.md']);
    commit();
    await expect(propose()).rejects.toThrow(message);
    expect(read('.muster/seeded.json')).toBe(text);
  });
});

describe('what an update writes can be committed with it', () => {
  const identity = { GIT_AUTHOR_NAME: 'O', GIT_AUTHOR_EMAIL: 'o@e', GIT_COMMITTER_NAME: 'O', GIT_COMMITTER_EMAIL: 'o@e' };
  const context = { env: { PATH: process.env.PATH, ...identity }, version: '9.9.9' };

  async function carriedOut(): Promise<Reseeding> {
    for (const file of ['roles/coder.md', 'roles/board.md'] as const) write(file, then[file]);
    commit();
    write('roles/board.md', 'half a thought\n');
    write('roles/staged.md', 'staged\n');
    git('add', 'rosters/roles/staged.md');
    const proposed = await propose();
    await carryOutReseed(proposed);
    return proposed;
  }
  const status = (): string => git('status', '--porcelain', '--untracked-files=all');

  test('alone, with the record of what copies were made of, which was never committed before', async () => {
    const proposed = await carriedOut();
    expect(filesToCommit(proposed)).toEqual(['rosters/roles/coder.md', 'rosters/.muster/seeded.json']);
    const done = await commitReseed(proposed, await branchFor(proposed, context), context);
    expect(git('show', '--format=%H %an%n%B', '--name-only')).toBe(
      `${done.id} O\nUpdate copies to Muster 9.9.9\n\nrosters/roles/coder.md: updated\n\n\nrosters/.muster/seeded.json\nrosters/roles/coder.md\n`,
    );
    expect(status()).toBe(' M rosters/roles/board.md\nA  rosters/roles/staged.md\n');
  });

  test('or not, where a hook refuses: the files are written, and what is staged is what was', async () => {
    const proposed = await carriedOut();
    const before = status();
    writeFileSync(path.join(root, '.git/hooks/pre-commit'), '#!/bin/sh\necho no\nexit 1\n', { mode: 0o755 });
    const refused = await commitReseed(proposed, 'main', context).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      diagnostics: [{ code: 'edit/not-committed', detail: expect.stringMatching(/^no\. The files are written/) }],
    });
    expect(status()).toBe(before);
    expect(read('roles/coder.md')).toBe(now['roles/coder.md']);
  });

  test.each([
    ['no branch is checked out', () => git('checkout', '-q', '--detach')],
    ['a merge is under way', () => writeFileSync(path.join(root, '.git/MERGE_HEAD'), git('rev-parse', 'HEAD'))],
  ])('which is refused before anything is done where %s', async (_why, hinder) => {
    write('roles/coder.md', then['roles/coder.md']);
    commit();
    hinder();
    const refused = await branchFor(await propose(), context).catch((error: unknown) => error);
    expect(refused).toMatchObject({ diagnostics: [{ code: 'edit/not-committed' }] });
  });
});
