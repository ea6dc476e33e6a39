import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { carryOutReseed, proposeReseed, type Reseeding } from '../../src/cli/reseed.ts';

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
