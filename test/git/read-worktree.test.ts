import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWorktree } from '../../src/git/read.ts';
import type { RevisionFiles } from '../../src/model/roster.ts';
import { env, type Files, folder, git, repository, write } from './repositories.ts';

const read = (dir: string, rosters = 'rosters'): Promise<RevisionFiles> => readWorktree({ dir, rosters, env });
const fleet: Files = { 'rosters/coding.yaml': 'version: 1\n', 'rosters/roles/coder.md': 'Write code.\n' };

test('uncommitted files are read, and make it dirty', async () => {
  const root = repository(fleet, 'Drop\n\nMuster-Allow-Prune: coding');
  const revision = git(root, 'rev-parse', 'HEAD');
  const clean = { revision, dirty: false, trailers: ['coding'], root: realpathSync(root), diagnostics: [] };
  expect(await read(root)).toMatchObject(clean);
  write(root, { 'notes.txt': 'beside the rosters' });
  expect(await read(root)).toMatchObject(clean);
  write(root, { 'rosters/coding.yaml': 'version: 1 # changed\n' });
  expect(await read(root)).toMatchObject({ revision, dirty: true, trailers: [], rosters: [{ text: 'version: 1 # changed\n' }] });
});

test.each<{ story: string; change: (root: string) => void }>([
  { story: 'a new file', change: (root) => write(root, { 'rosters/new.yaml': 'x' }) },
  { story: 'a removed file', change: (root) => rmSync(join(root, 'rosters/roles/coder.md')) },
  { story: 'an emptied file', change: (root) => write(root, { 'rosters/coding.yaml': '' }) },
])('$story makes it dirty', async ({ change }) => {
  const root = repository(fleet);
  change(root);
  expect(await read(root)).toMatchObject({ dirty: true, diagnostics: [] });
});

test('without a repository, without a commit, without git', async () => {
  const plain = folder();
  write(plain, fleet);
  const unborn = folder();
  git(unborn, 'init', '--quiet');
  write(unborn, fleet);
  const expected = { revision: null, dirty: true, trailers: [], diagnostics: [], rosters: [{ file: 'rosters/coding.yaml' }] };
  expect(await read(plain)).toMatchObject(expected);
  expect(await read(unborn)).toMatchObject(expected);
  expect(await readWorktree({ dir: repository(fleet), rosters: 'rosters', env: { PATH: '/nowhere' } })).toMatchObject(expected);
});

test('the roster directory itself, and a directory below the root', async () => {
  const root = repository({ ...fleet, 'src/x.c': '' });
  for (const dir of ['rosters', 'src'])
    expect((await read(join(root, dir))).rosters).toMatchObject([{ file: 'rosters/coding.yaml' }]);
  const plain = folder();
  write(plain, { 'fleets/a.yaml': 'a', 'fleets/roles/r.md': 'r' });
  expect(await read(join(plain, 'fleets'), '.')).toMatchObject({
    rosters: [{ file: 'a.yaml' }],
    roles: [{ file: 'roles/r.md' }],
    diagnostics: [],
  });
});

test('an empty roster directory is no error; an absent one is', async () => {
  const root = folder();
  mkdirSync(join(root, 'rosters'));
  expect(await read(root)).toMatchObject({ rosters: [], diagnostics: [] });
  expect((await read(folder())).diagnostics).toMatchObject([{ code: 'git/no-rosters' }]);
  expect((await read(join(root, 'gone'))).diagnostics).toMatchObject([{ code: 'git/not-a-repository' }]);
});

test('links are never followed: files, folders and folders on the way', async () => {
  const root = folder();
  write(root, { ...fleet, 'real/rosters/x.yaml': 'x' });
  symlinkSync('/etc/passwd', join(root, 'rosters/out.yaml'));
  symlinkSync('nowhere', join(root, 'rosters/dangling.yaml'));
  symlinkSync('real', join(root, 'link'));
  expect((await read(root)).diagnostics).toMatchObject([
    { code: 'git/symlink', place: { file: 'rosters/dangling.yaml' } },
    { code: 'git/symlink', place: { file: 'rosters/out.yaml' } },
  ]);
  expect((await read(root)).rosters).toHaveLength(1);
  expect(await read(root, 'link/rosters')).toMatchObject({ rosters: [], diagnostics: [{ code: 'git/symlink' }] });
  symlinkSync('rosters', join(root, 'fleets'));
  expect(await read(root, 'fleets')).toMatchObject({ rosters: [], diagnostics: [{ code: 'git/symlink' }] });
});

test('a named pipe holds nobody up', async () => {
  const root = folder();
  write(root, fleet);
  execFileSync('mkfifo', [join(root, 'rosters/pipe.yaml')]);
  expect((await read(root)).diagnostics).toMatchObject([{ code: 'git/odd-path', place: { file: 'rosters/pipe.yaml' } }]);
});

test('a huge file, a name with control characters, bytes that are no text', async () => {
  const root = folder();
  write(root, {
    ...fleet,
    'rosters/huge.yaml': Buffer.alloc(2 * 1024 * 1024),
    'rosters/a\rb.yaml': 'x',
    'rosters/latin.yaml': Buffer.from([0xe9]),
  });
  expect((await read(root)).diagnostics.map(({ code, place }) => [code, place?.file])).toEqual([
    ['git/odd-path', 'rosters/a\\x0db.yaml'],
    ['roster/too-large', 'rosters/huge.yaml'],
    ['roster/syntax', 'rosters/latin.yaml'],
  ]);
});
