import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bindBranch, bindWorktree } from '../../src/git/binding.ts';
import { GitError } from '../../src/git/findings.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { env, folder, git, repository, write } from './repositories.ts';

const fleet = () => repository({ 'rosters/coding.yaml': 'version: 1\n', 'fleet/rosters/other.yaml': 'version: 1\n' });

async function refusal(dir: string, ref: string | null): Promise<Diagnostic> {
  const error = await bindBranch(dir, 'rosters', ref, env).catch((caught: unknown) => caught);
  if (error instanceof GitError) return error.diagnostic;
  throw new Error(`it was bound, or failed otherwise: ${JSON.stringify(error)}`);
}

describe('what is followed', () => {
  test('without a name, the branch that is checked out', async () => {
    const root = fleet();
    git(root, 'checkout', '--quiet', '-b', 'prod/eu');
    expect(await bindBranch(root, 'rosters', null, env)).toEqual({
      repository: root,
      ref: 'refs/heads/prod/eu',
      rosters: 'rosters',
    });
    expect((await bindBranch(root, 'rosters', 'HEAD', env)).ref).toBe('refs/heads/prod/eu');
  });

  test.each([
    ['main', 'refs/heads/main'],
    ['refs/heads/main', 'refs/heads/main'],
    ['refs/tags/v1', 'refs/tags/v1'],
    ['refs/remotes/origin/main', 'refs/remotes/origin/main'],
    ['alias', 'refs/heads/main'],
  ])('%s is %s', async (ref, full) => {
    const root = fleet();
    git(root, 'tag', '--annotate', '--message', 'x', 'v1');
    git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    git(root, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    expect((await bindBranch(root, 'rosters', ref, env)).ref).toBe(full);
  });

  test.each([
    ['.', 'rosters', 'rosters'],
    ['rosters', 'rosters', 'rosters'],
    ['fleet', 'rosters', 'fleet/rosters'],
    ['.', 'not-there-yet', 'not-there-yet'],
    ['fleet', 'not-there-yet', 'fleet/not-there-yet'],
    ['fleet/rosters', '.', 'fleet/rosters'],
  ])('from %s, rosters in %s are in %s', async (dir, rosters, found) => {
    const root = fleet();
    expect(await bindBranch(join(root, dir), rosters, null, env)).toMatchObject({ repository: root, rosters: found });
  });

  test('in a bare repository whose root holds the rosters', async () => {
    const root = repository({ 'coding.yaml': 'version: 1\n' });
    const bare = join(folder(), 'bare.git');
    git(root, 'clone', '--quiet', '--bare', root, bare);
    expect(await bindBranch(bare, 'rosters', null, env)).toEqual({ repository: bare, ref: 'refs/heads/main', rosters: '.' });
  });

  test('not the repository that the caller’s environment names', async () => {
    const root = fleet();
    const error = await bindBranch(folder(), 'rosters', null, { ...env, GIT_DIR: join(root, '.git') }).catch(String);
    expect(error).toMatch(/is not in a git repository/);
  });
});

describe('a working tree', () => {
  test.each([
    ['.', 'rosters', 'rosters'],
    ['rosters', 'rosters', 'rosters'],
    ['fleet', 'rosters', 'fleet/rosters'],
    ['fleet/rosters', '.', 'fleet/rosters'],
  ])('from %s, rosters in %s are in %s', async (dir, rosters, found) => {
    const root = fleet();
    expect(await bindWorktree(join(root, dir), rosters, env)).toEqual({ repository: root, rosters: found });
  });

  test('is a directory without a repository as well', async () => {
    const root = folder();
    write(root, { 'coding.yaml': 'version: 1\n' });
    expect(await bindWorktree(root, 'rosters', env)).toEqual({ repository: root, rosters: '.' });
  });

  test('without rosters is none', async () => {
    const error = await bindWorktree(folder(), 'rosters', env).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ diagnostic: { code: 'git/no-rosters' } });
  });
});

describe('what is not', () => {
  test('a detached HEAD', async () => {
    const root = fleet();
    git(root, 'checkout', '--quiet', '--detach');
    expect(await refusal(root, null)).toMatchObject({ code: 'git/no-branch', hint: expect.stringContaining('--ref main') });
  });

  test.each([null, 'main', 'refs/heads/main'])('a branch without a commit, named %s', async (ref) => {
    const root = folder();
    git(root, 'init', '--quiet', '--initial-branch=main');
    expect(await refusal(root, ref)).toMatchObject({ code: 'git/no-commit', summary: 'branch main has no commit yet' });
  });

  test.each([
    ['v1', 'It is the name of a tag.', '--ref refs/tags/v1'],
    ['origin/main', 'It is the name of a remote-tracking branch.', '--ref refs/remotes/origin/main'],
    ['heads/main', 'It is the name of a branch.', '--ref refs/heads/main'],
    ['both', 'There is refs/heads/both, and also refs/tags/both.', '--ref refs/heads/both'],
    ['main~0', 'It names a commit only.', '--ref main'],
  ])('%s', async (ref, detail, hint) => {
    const root = fleet();
    git(root, 'tag', 'v1');
    git(root, 'tag', 'both');
    git(root, 'branch', 'both');
    git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
    expect(await refusal(root, ref)).toMatchObject({ code: 'git/no-branch', detail, hint: expect.stringContaining(hint) });
  });

  test.each([40, 12])('a commit by %i digits of its name', async (digits) => {
    const root = fleet();
    const id = git(root, 'rev-parse', 'HEAD').slice(0, digits);
    expect(await refusal(root, id)).toMatchObject({ code: 'git/no-branch', detail: 'It names a commit, which never moves.' });
  });

  test('a name that is almost that of a branch', async () => {
    expect(await refusal(fleet(), 'mian')).toMatchObject({ code: 'git/unknown-revision', hint: 'Did you mean main?' });
  });

  test.each(['', '--all', '../main', 'refs/heads/../../HEAD', 'main\n', 'refs/heads/x.lock'])('%j', async (ref) => {
    expect(['git/unknown-revision', 'git/no-branch']).toContain((await refusal(fleet(), ref)).code);
  });

  test('a directory without a repository', async () => {
    const dir = folder();
    mkdirSync(join(dir, 'x'));
    expect(await refusal(join(dir, 'x'), null)).toMatchObject({ code: 'git/not-a-repository' });
    expect(await refusal(join(dir, 'y'), null)).toMatchObject({ code: 'git/not-a-repository' });
  });
});
