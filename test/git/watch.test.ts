import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { worktreeSource } from '../../src/git/worktree-source.ts';
import { env, folder, git, repository, write } from './repositories.ts';
import { another, commitTo, named, sourceOf, watching } from './sources.ts';

const main = 'refs/heads/main';
const fleet = () => repository({ 'rosters/coding.yaml': 'one\n' });
const head = (root: string, ref = main): string => git(root, 'rev-parse', ref);
/** Looked at from elsewhere: whoever asks the watched one for its tip has it look after its watch, too. */
const names =
  (root: string, wanted: string, ref = main) =>
  async () =>
    (await named(sourceOf(root, ref))) === wanted;
const isUnreadable =
  (root: string, ref = main) =>
  async () =>
    !(await sourceOf(root, ref).tip()).readable;
const always = async () => true;

describe('a watch of a branch calls when', () => {
  test('a commit is made, packed before or not', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const calls = await watching(source);
    await calls.until(names(root, another(root, 'two\n')));
    git(root, 'pack-refs', '--all');
    await calls.until(names(root, another(root, 'three\n')));
    git(root, 'gc', '--quiet');
    await calls.until(names(root, another(root, 'four\n')));
  });

  test('it is pushed to', async () => {
    const root = fleet();
    const bare = join(folder(), 'bare.git');
    git(root, 'clone', '--quiet', '--bare', root, bare);
    const source = sourceOf(bare);
    const calls = await watching(source);
    const next = another(root, 'two\n');
    git(root, 'push', '--quiet', bare, 'main');
    await calls.until(names(bare, next));
  });

  test('it is forced back', async () => {
    const root = fleet();
    const first = head(root);
    another(root, 'two\n');
    const source = sourceOf(root);
    const calls = await watching(source);
    git(root, 'reset', '--quiet', '--hard', first);
    await calls.until(names(root, first));
  });

  test.each([main, 'refs/heads/deep/er/branch'])('%s is deleted, and made again', async (ref) => {
    const root = fleet();
    git(root, 'update-ref', ref, 'HEAD');
    const first = head(root);
    const source = sourceOf(root, ref);
    const calls = await watching(source);
    git(root, 'update-ref', '-d', ref);
    await calls.until(isUnreadable(root, ref));
    git(root, 'update-ref', ref, first);
    await calls.until(names(root, first, ref));
    await calls.until(names(root, commitTo(root, ref, 'next'), ref));
    git(root, 'pack-refs', '--all');
    git(root, 'update-ref', '-d', ref);
    await calls.until(isUnreadable(root, ref));
  });

  test('its first commit is made', async () => {
    const root = folder();
    git(root, 'init', '--quiet', '--initial-branch=main');
    const source = sourceOf(root);
    const calls = await watching(source);
    await calls.until(names(root, another(root, 'one\n')));
  });

  test('it moves in the repository that a linked worktree belongs to', async () => {
    const root = fleet();
    const linked = join(folder(), 'linked');
    git(root, 'worktree', 'add', '--quiet', '--detach', linked);
    const source = sourceOf(linked);
    const calls = await watching(source);
    await calls.until(names(root, another(root, 'two\n')));
  });

  test('the repository is moved away and comes back', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const calls = await watching(source);
    renameSync(root, `${root}-away`);
    await calls.until(isUnreadable(root));
    const moved = another(`${root}-away`, 'two\n');
    renameSync(`${root}-away`, root);
    await calls.until(names(root, moved));
    await calls.until(names(root, another(root, 'three\n')));
  });

  test('the repository is deleted and made again', async () => {
    const root = join(folder(), 'a/b');
    const make = (): string => {
      mkdirSync(root, { recursive: true });
      git(root, 'init', '--quiet', '--initial-branch=main');
      return another(root, 'x\n');
    };
    make();
    const source = sourceOf(root);
    const calls = await watching(source);
    for (let round = 0; round < 3; round += 1) {
      rmSync(join(root, '..'), { recursive: true });
      await calls.until(isUnreadable(root));
      await calls.until(names(root, make()));
      await calls.until(names(root, commitTo(root, main, `round ${round}`)));
    }
  });

  test('it moved between the last look and the watch', async () => {
    const root = fleet();
    const source = sourceOf(root);
    await named(source);
    const second = another(root, 'two\n');
    const calls = await watching(source);
    await calls.until(always);
    expect(await named(source)).toBe(second);
  });

  test('a hundred commits come at once: not for each, and never without the last', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const calls = await watching(source);
    const parent = head(root);
    // One process makes them all: as fast as git can.
    const lines = Array.from({ length: 100 }, (_, at) =>
      [
        `commit ${main}`,
        'committer A <a@example.internal> 1700000000 +0000',
        'data 1',
        '\n',
        ...(at === 0 ? [`from ${parent}`] : []),
        'checkpoint',
      ].join('\n'),
    );
    write(root, { stream: `${lines.join('\n')}\n` });
    git(root, 'config', 'fastimport.unpackLimit', '0');
    execFileSync('sh', ['-c', `git -C ${root} fast-import --quiet < ${join(root, 'stream')}`]);
    const last = head(root);
    expect(git(root, 'rev-list', '--count', `${parent}..${last}`)).toBe('100');
    expect(git(root, 'reflog', 'show', main).split('\n').length, 'the ref moved each time').toBeGreaterThan(100);
    await calls.until(names(root, last));
    expect(calls.count()).toBeLessThanOrEqual(100);
  });

  test('a higher directory was moved, at the next look', async () => {
    const top = folder();
    const root = join(top, 'a/b/c');
    mkdirSync(root, { recursive: true });
    git(root, 'init', '--quiet', '--initial-branch=main');
    const first = another(root, 'one\n');
    const source = sourceOf(root);
    const calls = await watching(source);
    renameSync(join(top, 'a'), join(top, 'z'));
    expect((await source.tip()).readable).toBe(false);
    await calls.until(always);
    renameSync(join(top, 'z'), join(top, 'a'));
    await calls.until(names(root, first));
    await calls.until(names(root, another(root, 'two\n')));
  });
});

describe('a watch of a branch does not call', () => {
  test('for another branch, a tag, a note, what is kept, or a checkout', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    const calls = await watching(source);
    git(root, 'branch', 'other');
    git(root, 'tag', 'v1');
    git(root, 'notes', '--ref=muster', 'add', '-m', 'x');
    await source.keep('admitted', first);
    await source.keep('good', first);
    git(root, 'checkout', '--quiet', 'other');
    another(root, 'on another branch\n');
    git(root, 'pack-refs', '--all');
    // What came before has been seen once this is.
    const last = commitTo(root, main, 'last');
    await calls.until(names(root, last));
    expect(calls.count()).toBe(1);
  });

  test('twice for one commit, however often it is asked', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const calls = await watching(source);
    const second = another(root, 'two\n');
    await calls.until(always);
    for (let time = 0; time < 5; time += 1) await named(source);
    await calls.until(names(root, another(root, 'three\n')));
    expect(calls.count()).toBe(2);
    expect(second).not.toBe(head(root));
  });

  test('once it was ended', async () => {
    const root = fleet();
    const [one, other] = [sourceOf(root), sourceOf(root)];
    const [ended, calls] = [await watching(one), await watching(other)];
    await ended.end();
    await calls.until(names(root, another(root, 'two\n')));
    expect(ended.count()).toBe(0);
    await named(one);
    expect(ended.count()).toBe(0);
  });

  test('into the void: a callback that throws is called again', async () => {
    const root = fleet();
    const source = sourceOf(root);
    let count = 0;
    let wake: () => void = () => {};
    const end = await source.watch(() => {
      count += 1;
      wake();
      throw new Error('not ours');
    });
    for (const text of ['two\n', 'three\n']) {
      const called = new Promise<void>((resolve) => {
        wake = resolve;
      });
      another(root, text);
      await called;
    }
    await end();
    expect(count).toBe(2);
  });
});

describe('a working tree', () => {
  const tree = () => {
    const root = fleet();
    return { root, source: worktreeSource({ repository: root, rosters: 'rosters' }, env) };
  };

  test('is told apart by all that is read of it', async () => {
    const { root, source } = tree();
    const keys = [await named(source)];
    expect(await source.tip()).toMatchObject({ readable: true, commit: null, key: expect.stringMatching(/^sha256:/) });
    write(root, { 'rosters/roles/coder.md': 'x\n' });
    keys.push(await named(source));
    write(root, { 'rosters/coding.yaml': 'two\n' });
    keys.push(await named(source));
    write(root, { 'rosters/bad.yaml': new Uint8Array([0xff]) });
    keys.push(await named(source));
    rmSync(join(root, 'rosters'), { recursive: true });
    keys.push(await named(source));
    expect(new Set(keys).size).toBe(keys.length);
    expect((await source.read('')).diagnostics).toMatchObject([{ code: 'git/no-rosters' }]);
    write(root, { 'README.md': 'x', 'rosters/coding.yaml': 'one\n' });
    expect(await named(source)).toBe(keys[0]);
  });

  test('that is gone is not readable', async () => {
    const source = worktreeSource({ repository: join(folder(), 'gone'), rosters: 'rosters' }, env);
    expect(await source.tip()).toMatchObject({ readable: false });
  });

  test('is watched: a file written in place, a new one, a directory that comes and goes', async () => {
    const { root, source } = tree();
    const calls = await watching(source);
    const other = worktreeSource({ repository: root, rosters: 'rosters' }, env);
    const seen = async (change: () => void): Promise<void> => {
      const before = await named(other);
      change();
      await calls.until(async () => (await named(other)) !== before);
    };
    await seen(() => write(root, { 'rosters/coding.yaml': 'two\n' }));
    await seen(() => write(root, { 'rosters/roles/coder.md': 'x\n' }));
    await seen(() => write(root, { 'rosters/roles/coder.md': 'y\n' }));
    await seen(() => rmSync(join(root, 'rosters'), { recursive: true }));
    await seen(() => write(root, { 'rosters/coding.yaml': 'three\n' }));
    await seen(() => renameSync(root, join(dirname(root), `${basename(root)}-away`)));
    await seen(() => renameSync(join(dirname(root), `${basename(root)}-away`), root));
  });

  test('has no history, no signature, nothing to keep and nothing to fetch', async () => {
    const { source } = tree();
    expect(await source.isAncestor('a', 'b')).toBe(true);
    expect(await source.verify('a')).toMatchObject({ trusted: false });
    await source.keep('good', 'a');
    expect(await source.kept('good')).toBeNull();
    await source.fetch();
  });
});
