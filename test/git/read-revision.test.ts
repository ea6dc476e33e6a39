import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRevision } from '../../src/git/read.ts';
import type { RevisionFiles } from '../../src/model/roster.ts';
import { commit, env, type Files, folder, git, repository, write } from './repositories.ts';

const read = (dir: string, more: { readonly ref?: string; readonly rosters?: string } = {}): Promise<RevisionFiles> =>
  readRevision({ dir, rosters: more.rosters ?? 'rosters', ref: more.ref ?? 'HEAD', env });

const files = ({ rosters, roles }: RevisionFiles): readonly string[] => [...rosters, ...roles].map(({ file }) => file);
const codes = ({ diagnostics }: RevisionFiles): readonly string[] => diagnostics.map(({ code }) => code);

const fleet: Files = { 'rosters/coding.yaml': 'version: 1\n', 'rosters/roles/coder.md': 'Write code.\n', 'README.md': 'hello\n' };

describe('what is read', () => {
  test('roster files and role documents of the commit, and nothing that is only on disk', async () => {
    const root = repository({
      ...fleet,
      'rosters/alpha.yml': 'version: 1\n',
      'rosters/notes.txt': 'x',
      'rosters/.hidden.yaml': 'x',
      'rosters/deep/x.yaml': 'x',
    });
    const revision = git(root, 'rev-parse', 'HEAD');
    write(root, { 'rosters/coding.yaml': 'changed on disk\n', 'rosters/new.yaml': 'new on disk\n' });
    git(root, 'add', 'rosters/new.yaml');

    expect(await read(root)).toEqual({
      rosters: [
        { file: 'rosters/alpha.yml', text: 'version: 1\n' },
        { file: 'rosters/coding.yaml', text: 'version: 1\n' },
      ],
      roles: [{ file: 'rosters/roles/coder.md', text: 'Write code.\n' }],
      diagnostics: [],
      revision,
      dirty: false,
      trailers: [],
      root: realpathSync(root),
      folder: 'rosters',
    });
  });

  test('another revision by branch, tag, abbreviation and ancestry', async () => {
    const root = repository(fleet);
    const first = git(root, 'rev-parse', 'HEAD');
    git(root, 'tag', '--annotate', '--message', 'one', 'v1');
    git(root, 'branch', 'old');
    write(root, { 'rosters/coding.yaml': 'version: 1 # later\n' });
    commit(root);
    for (const ref of ['old', 'v1', 'refs/tags/v1', first, first.slice(0, 10), 'HEAD~1', 'main^', 'main@{1}']) {
      expect(await read(root, { ref }), ref).toMatchObject({
        revision: first,
        rosters: [{ text: 'version: 1\n' }],
        diagnostics: [],
      });
    }
  });

  test('a bare repository, a linked working tree and a repository of sha256', async () => {
    const root = repository(fleet);
    const parent = folder();
    git(root, 'clone', '--quiet', '--bare', root, join(parent, 'bare.git'));
    git(root, 'worktree', 'add', '--quiet', join(parent, 'linked'));
    git(parent, 'init', '--quiet', '--object-format=sha256', 'long');
    write(join(parent, 'long'), fleet);
    commit(join(parent, 'long'));
    for (const name of ['bare.git', 'linked', 'long']) {
      const read1 = await read(join(parent, name));
      expect(read1.diagnostics, name).toEqual([]);
      expect(files(read1), name).toEqual(['rosters/coding.yaml', 'rosters/roles/coder.md']);
    }
  });

  test('only role documents, when there is no roster beside them', async () => {
    expect(files(await read(repository({ 'rosters/roles/coder.md': 'x' })))).toEqual(['rosters/roles/coder.md']);
  });
});

describe('where the rosters are', () => {
  const layout: Files = {
    'rosters/a.yaml': 'a',
    'team/rosters/b.yaml': 'b',
    'fleets/c.yaml': 'c',
    'fleets/roles/r.md': 'r',
    'src/main.c': 'x',
  };
  test.each([
    { dir: '', rosters: 'rosters', found: ['rosters/a.yaml'] },
    { dir: 'rosters', rosters: 'rosters', found: ['rosters/a.yaml'] },
    { dir: 'rosters', rosters: '.', found: ['rosters/a.yaml'] },
    { dir: 'team', rosters: 'rosters', found: ['team/rosters/b.yaml'] },
    { dir: 'src', rosters: 'rosters', found: ['rosters/a.yaml'] },
    { dir: '', rosters: 'team/rosters/', found: ['team/rosters/b.yaml'] },
    { dir: '', rosters: './fleets', found: ['fleets/c.yaml', 'fleets/roles/r.md'] },
    { dir: 'fleets', rosters: '.', found: ['fleets/c.yaml', 'fleets/roles/r.md'] },
  ])('asked for "$dir" with --rosters $rosters', async ({ dir, rosters, found }) => {
    const root = repository(layout);
    const read1 = await read(join(root, dir), { rosters });
    expect(files(read1)).toEqual(found);
    expect(read1.diagnostics).toEqual([]);
  });

  test('a directory with rosters and another name is taken for it, with a notice', async () => {
    const root = repository(layout);
    const read1 = await read(join(root, 'fleets'));
    expect(files(read1)).toEqual(['fleets/c.yaml', 'fleets/roles/r.md']);
    expect(read1.diagnostics).toMatchObject([{ severity: 'notice', code: 'git/no-rosters' }]);
  });

  test('a repository that is the roster directory', async () => {
    const root = repository({ 'a.yaml': 'a', 'roles/r.md': 'r' });
    expect(files(await read(root, { rosters: '.' }))).toEqual(['a.yaml', 'roles/r.md']);
  });

  test.each(['nowhere', '../rosters', '/etc', 'a/../../b'])('--rosters %s is not in the repository', async (rosters) => {
    const read1 = await read(repository({ 'README.md': 'x' }), { rosters });
    expect(codes(read1)).toEqual(['git/no-rosters']);
    expect(read1.rosters).toEqual([]);
  });
});

describe('a revision that cannot be read', () => {
  test('no repository, no directory', async () => {
    expect(await read(folder())).toMatchObject({
      revision: null,
      root: null,
      diagnostics: [{ code: 'git/not-a-repository', severity: 'error' }],
    });
    expect(await read(join(folder(), 'gone'))).toMatchObject({ diagnostics: [{ code: 'git/not-a-repository' }] });
  });

  test('an unborn branch', async () => {
    const root = folder();
    git(root, 'init', '--quiet', '--initial-branch=trunk');
    expect((await read(root)).diagnostics).toMatchObject([{ code: 'git/no-commit', summary: 'branch trunk has no commit yet' }]);
  });

  test('an unknown revision, with the branch that was meant', async () => {
    const root = repository(fleet);
    git(root, 'branch', 'production');
    expect((await read(root, { ref: 'prodution' })).diagnostics).toMatchObject([
      { code: 'git/unknown-revision', summary: 'no commit is named prodution', hint: 'Did you mean production?' },
    ]);
  });

  test.each([
    '',
    '-h',
    '--all',
    '--output=x',
    'HEAD:rosters',
    'a b',
    'x\ny',
    'x\0y',
    '\u001b[31mred',
    '$(touch x)',
    '0'.repeat(40),
    '..',
    'HEAD..HEAD',
    '^HEAD',
    '@{-9}',
  ])('a revision spelt %j is neither found nor obeyed', async (ref) => {
    const read1 = await read(repository(fleet), { ref });
    expect(codes(read1)).toEqual(['git/unknown-revision']);
    expect(read1.diagnostics[0]?.summary).not.toMatch(/\p{Cc}/u);
    expect(read1.rosters).toEqual([]);
  });

  test('no git', async () => {
    const root = repository(fleet);
    const read1 = await readRevision({ dir: root, rosters: 'rosters', ref: 'HEAD', env: { PATH: folder() } });
    expect(codes(read1)).toEqual(['git/not-found']);
  });

  test('a broken repository, in words that cannot steer a terminal', async () => {
    const root = repository(fleet);
    writeFileSync(join(root, '.git', 'config'), '[core\u001b[2J\n');
    const [finding] = (await read(root)).diagnostics;
    expect(finding).toMatchObject({ code: 'git/failed', severity: 'error' });
    expect(JSON.stringify(finding)).not.toContain('\\u001b');
  });
});

describe('files that are refused', () => {
  const refused = async (root: string): Promise<Record<string, string | undefined>> => {
    const read1 = await read(root);
    expect(files(read1)).toEqual(['rosters/coding.yaml', 'rosters/roles/coder.md']);
    expect(read1.diagnostics.every(({ severity }) => severity === 'error')).toBe(true);
    return Object.fromEntries(read1.diagnostics.map(({ code, place }) => [place?.file, code]));
  };

  test('symbolic links, out of the repository or inside it', async () => {
    const root = repository(fleet);
    symlinkSync('/etc/passwd', join(root, 'rosters/out.yaml'));
    symlinkSync('coding.yaml', join(root, 'rosters/in.yaml'));
    symlinkSync('/etc/passwd', join(root, 'rosters/roles/out.md'));
    commit(root);
    expect(await refused(root)).toEqual({
      'rosters/out.yaml': 'git/symlink',
      'rosters/in.yaml': 'git/symlink',
      'rosters/roles/out.md': 'git/symlink',
    });
  });

  test('a symbolic link for the roster directory, or for roles', async () => {
    const root = repository({ 'real/coding.yaml': 'version: 1\n', 'ok/x.yaml': 'x' });
    symlinkSync('real', join(root, 'rosters'));
    symlinkSync('/etc', join(root, 'ok/roles'));
    commit(root);
    expect(codes(await read(root))).toEqual(['git/symlink']);
    const beside = await read(root, { rosters: 'ok' });
    expect(files(beside)).toEqual(['ok/x.yaml']);
    expect(beside.diagnostics).toMatchObject([{ code: 'git/symlink', place: { file: 'ok/roles' } }]);
  });

  test('a submodule for the roster directory, or among the files', async () => {
    const other = repository(fleet);
    const root = repository({ 'README.md': 'x' });
    git(root, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'rosters');
    commit(root);
    expect(codes(await read(root))).toEqual(['git/submodule']);

    const among = repository(fleet);
    git(among, 'update-index', '--add', '--cacheinfo', `160000,${git(other, 'rev-parse', 'HEAD')},rosters/sub.yaml`);
    git(among, 'commit', '--quiet', '--message', 'x');
    expect(await refused(among)).toEqual({ 'rosters/sub.yaml': 'git/submodule' });
  });

  test('names that cannot be shown, named by escapes', async () => {
    const root = repository({
      ...fleet,
      'rosters/a\nb.yaml': 'x',
      'rosters/\u001b[31m.yaml': 'x',
      'rosters/\u202egnp.yaml': 'x',
    });
    const tree = git(root, 'rev-parse', 'HEAD:rosters');
    expect(tree).toMatch(/^[0-9a-f]{40}$/);
    expect(await refused(root)).toEqual({
      'rosters/a\\x0ab.yaml': 'git/odd-path',
      'rosters/\\x1b[31m.yaml': 'git/odd-path',
      'rosters/\\u{202e}gnp.yaml': 'git/odd-path',
    });
  });

  test('a name that is not UTF-8', async () => {
    const root = repository(fleet);
    writeFileSync(Buffer.concat([Buffer.from(`${root}/rosters/`), Buffer.from([0xff, 0xfe]), Buffer.from('.yaml')]), 'x');
    commit(root);
    expect(Object.values(await refused(root))).toEqual(['git/odd-path']);
  });

  test('a directory with the name of a roster', async () => {
    const root = repository({ ...fleet, 'rosters/dir.yaml/x': 'x' });
    expect(await refused(root)).toEqual({ 'rosters/dir.yaml': 'git/odd-path' });
  });

  test('a file over 1 MiB, and not one of 1 MiB', async () => {
    const root = repository({
      ...fleet,
      'rosters/huge.yaml': Buffer.alloc(100 * 1024 * 1024, '#'),
      'rosters/roles/long.md': 'x'.repeat(1024 * 1024 + 1),
    });
    expect(await refused(root)).toEqual({ 'rosters/huge.yaml': 'roster/too-large', 'rosters/roles/long.md': 'roster/too-large' });
    write(root, { 'rosters/coding.yaml': '#'.repeat(1024 * 1024) });
    rmSync(join(root, 'rosters/huge.yaml'));
    rmSync(join(root, 'rosters/roles/long.md'));
    commit(root);
    expect(await refused(root)).toEqual({});
  });

  test('what is not UTF-8 text, by line', async () => {
    const root = repository({
      ...fleet,
      'rosters/latin.yaml': Buffer.from('a: 1\nb: \xe9\n', 'latin1'),
      'rosters/nul.yaml': 'a\n\nb\0\n',
    });
    expect((await read(root)).diagnostics).toMatchObject([
      { code: 'roster/syntax', place: { file: 'rosters/latin.yaml', line: 2 } },
      { code: 'roster/syntax', place: { file: 'rosters/nul.yaml', line: 3 } },
    ]);
    await refused(root);
  });

  test('all of them, when there are too many', async () => {
    const root = repository(Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`rosters/${index}.yaml`, 'x'])));
    const read1 = await read(root);
    expect(files(read1)).toEqual([]);
    expect(codes(read1)).toEqual(['roster/too-large']);
  });
});

describe('consent in the message', () => {
  test.each([
    { message: 'Drop workers\n\nMuster-Allow-Prune: coding\n', allowed: ['coding'] },
    {
      message: 'Drop\n\nWhy.\n\nSigned-off-by: A <a@b>\nmuster-allow-prune:  research \nMuster-Allow-Prune: coding',
      allowed: ['coding', 'research'],
    },
    { message: 'Drop\n\nMuster-Allow-Prune: coding\n\nThat was a quotation.', allowed: [] },
    { message: 'Muster-Allow-Prune: coding', allowed: [] },
    { message: 'Drop\n\nMuster-Allow-Prune: ../x\nMuster-Allow-Prune: *\nMuster-Allow-Prune: a b', allowed: [] },
  ])('$message', async ({ message, allowed }) => {
    expect((await read(repository(fleet, message))).trailers).toEqual(allowed);
  });
});

test('a byte order mark is no part of the text', async () => {
  expect((await read(repository({ 'rosters/a.yaml': '\ufeffversion: 1\n' }))).rosters).toEqual([
    { file: 'rosters/a.yaml', text: 'version: 1\n' },
  ]);
});

test('a directory of the name of a repository above it, with odd characters, is asked for literally', async () => {
  const root = repository({ ':(glob)*/rosters/a.yaml': 'a', 'x/rosters/b.yaml': 'b' });
  mkdirSync(join(root, ':(glob)*', 'deep'));
  expect(files(await read(join(root, ':(glob)*')))).toEqual([':(glob)*/rosters/a.yaml']);
});
