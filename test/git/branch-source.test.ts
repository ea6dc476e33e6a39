import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { branchSource, keptRef } from '../../src/git/branch-source.ts';
import { commit, env, folder, git, ownerEnv, repository } from './repositories.ts';
import { another, commitTo, named, scope, sourceOf } from './sources.ts';

const fleet = () => repository({ 'rosters/coding.yaml': 'one\n' });
const head = (root: string): string => git(root, 'rev-parse', 'main');

/** A PATH on which git writes down that it was called. */
function countedGit(): { readonly env: { readonly PATH: string }; readonly calls: () => number } {
  const bin = folder();
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho x >> ${bin}/calls-$$\nexec ${real} "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  return { env: { PATH: `${bin}:${env.PATH}` }, calls: () => readdirSync(bin).length - 1 };
}

describe('the tip', () => {
  test('is the commit of the bound branch, whatever is checked out', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    expect(await source.tip()).toEqual({ readable: true, key: first, commit: first });
    git(root, 'checkout', '--quiet', '-b', 'other');
    another(root, 'on another branch\n');
    expect(await named(source)).toBe(first);
    git(root, 'checkout', '--quiet', '--detach');
    expect(await named(source)).toBe(first);
  });

  test.each(['a file', 'the list of packed refs'])('is read from %s without a process', async (where) => {
    const root = fleet();
    if (where !== 'a file') git(root, 'pack-refs', '--all');
    expect(existsSync(join(root, '.git/refs/heads/main'))).toBe(where === 'a file');
    const counted = countedGit();
    const source = branchSource(
      { repository: root, ref: 'refs/heads/main', rosters: 'rosters' },
      { env: counted.env, scope, signatures: null },
    );
    expect(await named(source)).toBe(head(root));
    expect(counted.calls()).toBe(0);
    expect(await source.isAncestor(head(root), head(root))).toBe(true);
    expect(counted.calls()).toBe(1);
  });

  test('is the newer of a packed one and a file', async () => {
    const root = fleet();
    git(root, 'pack-refs', '--all');
    const second = another(root, 'two\n');
    expect(await named(sourceOf(root))).toBe(second);
  });

  test.each([false, true])('of an annotated tag is the commit (packed: %s)', async (isPacked) => {
    const root = fleet();
    git(root, 'tag', '--annotate', '--message', 'x', 'v1');
    if (isPacked) git(root, 'pack-refs', '--all');
    expect(await named(sourceOf(root, 'refs/tags/v1'))).toBe(head(root));
  });

  test('follows a symbolic ref', async () => {
    const root = fleet();
    git(root, 'symbolic-ref', 'refs/heads/alias', 'refs/heads/main');
    expect(await named(sourceOf(root, 'refs/heads/alias'))).toBe(head(root));
  });

  test('follows a force-push back, and says that it is no descendant', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    const second = another(root, 'two\n');
    expect(await named(source)).toBe(second);
    expect(await source.isAncestor(first, second)).toBe(true);
    git(root, 'reset', '--quiet', '--hard', first);
    expect(await named(source)).toBe(first);
    expect(await source.isAncestor(second, first)).toBe(false);
  });

  test('is none while the branch is deleted', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    git(root, 'update-ref', '-d', 'refs/heads/main');
    expect(await source.tip()).toEqual({ readable: false, why: 'there is no commit at refs/heads/main' });
    git(root, 'update-ref', 'refs/heads/main', first);
    expect(await named(source)).toBe(first);
  });

  test('is none before the first commit', async () => {
    const root = folder();
    git(root, 'init', '--quiet', '--initial-branch=main');
    expect((await sourceOf(root).tip()).readable).toBe(false);
  });

  test.each(['', 'garbage', '0'.repeat(40), 'ref: refs/heads/main', '\0'])('is none where its file says %j', async (content) => {
    const root = fleet();
    writeFileSync(join(root, '.git/refs/heads/main'), content);
    expect((await sourceOf(root).tip()).readable).toBe(false);
  });

  test('is none where a named pipe stands in its place', async () => {
    const root = fleet();
    rmSync(join(root, '.git/refs/heads/main'));
    execFileSync('mkfifo', [join(root, '.git/refs/heads/main')]);
    expect(await sourceOf(root).tip()).toMatchObject({ readable: false, why: expect.stringContaining('is no file') });
  });

  test('is none where the list of packed refs is damaged', async () => {
    const root = fleet();
    git(root, 'pack-refs', '--all');
    writeFileSync(join(root, '.git/packed-refs'), '# pack-refs with: peeled fully-peeled sorted\nnonsense\n');
    const tip = await sourceOf(root).tip();
    expect(tip).toMatchObject({ readable: false, why: expect.stringContaining('packed-refs') });
  });

  test('is none while the repository is away, and is there again with it', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    renameSync(root, `${root}-away`);
    expect(await source.tip()).toMatchObject({ readable: false });
    expect((await source.read(first)).diagnostics).toMatchObject([{ code: 'git/not-a-repository' }]);
    await expect(source.isAncestor(first, first)).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable' });
    await expect(source.keep('good', first)).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable' });
    renameSync(`${root}-away`, root);
    expect(await named(source)).toBe(first);
  });

  test('is not that of a repository above, once its own is gone', async () => {
    const above = fleet();
    const root = join(above, 'inner');
    mkdirSync(root);
    git(root, 'init', '--quiet', '--initial-branch=main');
    another(root, 'inner\n');
    const source = sourceOf(root);
    const inner = head(root);
    expect(await named(source)).toBe(inner);
    rmSync(join(root, '.git'), { recursive: true });
    expect((await source.tip()).readable).toBe(false);
    expect((await source.read(head(above))).rosters).toEqual([]);
  });

  test('of a linked worktree is that of the branch it shares', async () => {
    const root = fleet();
    const linked = join(folder(), 'linked');
    git(root, 'worktree', 'add', '--quiet', '--detach', linked);
    const source = sourceOf(linked);
    const second = another(root, 'two\n');
    expect(await named(source)).toBe(second);
    git(root, 'pack-refs', '--all');
    expect(await named(source)).toBe(second);
    expect((await source.read(second)).rosters).toEqual([{ file: 'rosters/coding.yaml', text: 'two\n' }]);
    await source.keep('good', second);
    expect(git(root, 'rev-parse', keptRef(scope, 'good'))).toBe(second);
    rmSync(join(root, '.git'), { recursive: true });
    expect((await source.tip()).readable).toBe(false);
  });

  test('is read through a link in place of the repository’s directory', async () => {
    const root = fleet();
    renameSync(join(root, '.git'), `${root}.git`);
    symlinkSync(`${root}.git`, join(root, '.git'));
    expect(await named(sourceOf(root))).toBe(git(root, 'rev-parse', 'main'));
    rmSync(`${root}.git`, { recursive: true });
  });

  test('is read from reftables', async ({ skip }) => {
    const root = folder();
    try {
      git(root, 'init', '--quiet', '--initial-branch=main', '--ref-format=reftable');
    } catch {
      skip(`${git(root, 'version')} has no reftables (2.45 is the first)`);
    }
    const first = another(root, 'one\n');
    const source = sourceOf(root);
    expect(await named(source)).toBe(first);
    const second = another(root, 'two\n');
    expect(await named(source)).toBe(second);
  });

  test('cannot be told without git where files do not tell', async () => {
    const root = fleet();
    const source = branchSource(
      { repository: root, ref: 'refs/heads/nope', rosters: 'rosters' },
      { env: { PATH: '/nonexistent' }, scope, signatures: null },
    );
    expect(await source.tip()).toMatchObject({ readable: false, why: expect.stringContaining('git is not installed') });
  });
});

describe('a revision', () => {
  test('is read by its name after the branch has moved on', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    another(root, 'two\n');
    expect(await source.read(first)).toMatchObject({ revision: first, rosters: [{ text: 'one\n' }], diagnostics: [] });
  });

  test.each(['', '--help', 'main', 'HEAD', 'main:rosters', '0'.repeat(40), 'f'.repeat(40)])('is not read by %j', async (key) => {
    const files = await sourceOf(fleet()).read(key);
    expect(files).toMatchObject({ revision: null, rosters: [], diagnostics: [{ code: 'git/unknown-revision' }] });
  });

  test.each([
    ['commit', 'HEAD', 'git/unknown-revision'],
    ['tree', 'HEAD^{tree}', 'git/failed'],
    ['roster', 'HEAD:rosters/coding.yaml', 'git/failed'],
  ])('with a damaged %s is found wanting', async (_what, name, code) => {
    const root = fleet();
    const source = sourceOf(root);
    const tip = head(root);
    const id = git(root, 'rev-parse', name);
    const path = join(root, '.git/objects', id.slice(0, 2), id.slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'not what it was');
    const files = await source.read(tip);
    expect(files.rosters).toEqual([]);
    expect(files.diagnostics).toMatchObject([{ severity: 'error' }]);
    expect(['git/failed', code]).toContain(files.diagnostics[0]?.code);
  });

  test('that is gone is nobody’s ancestor', async () => {
    const root = fleet();
    const source = sourceOf(root);
    expect(await source.isAncestor('f'.repeat(40), head(root))).toBe(false);
    expect(await source.isAncestor(head(root), 'f'.repeat(40))).toBe(false);
    expect(await source.isAncestor('main', 'main')).toBe(false);
  });

  test('cannot be compared while git does not understand the repository', async () => {
    const root = fleet();
    const first = head(root);
    const second = another(root, 'two\n');
    writeFileSync(join(root, '.git/config'), '[broken');
    await expect(sourceOf(root).isAncestor(first, second)).rejects.toMatchObject({ name: 'PortError', kind: 'failed' });
  });

  test('has the parents that it names, not those of a commit graph that lies', async () => {
    const root = fleet();
    const first = head(root);
    const second = another(root, 'two\n');
    const orphan = git(root, 'commit-tree', `${second}^{tree}`, '-m', 'orphan');
    git(root, 'replace', '--graft', orphan, first);
    expect(git(root, 'merge-base', first, orphan), 'the trap works').toBe(first);
    expect(await sourceOf(root).isAncestor(first, orphan)).toBe(false);
  });
});

describe('what is kept', () => {
  test('survives a force-push and the collection of garbage', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    const second = another(root, 'two\n');
    await source.keep('admitted', second);
    git(root, 'reset', '--quiet', '--hard', first);
    git(root, 'reflog', 'expire', '--expire=now', '--all');
    git(root, 'gc', '--quiet', '--prune=now');
    expect(await source.kept('admitted')).toBe(second);
    expect(await source.kept('good')).toBeNull();
    expect((await source.read(second)).rosters).toMatchObject([{ text: 'two\n' }]);
  });

  test('is moved, also back, and moves nothing else', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    const second = another(root, 'two\n');
    const refs = () => git(root, 'for-each-ref', '--format=%(refname) %(objectname)');
    await source.keep('good', second);
    await source.keep('good', first);
    await source.keep('good', first);
    expect(refs()).toBe(`refs/heads/main ${second}\nrefs/muster/host.example.internal-jason/good ${first}`);
  });

  test('moves no branch by way of a symbolic ref', async () => {
    const root = fleet();
    const first = head(root);
    const second = another(root, 'two\n');
    git(root, 'symbolic-ref', keptRef(scope, 'good'), 'refs/heads/main');
    await sourceOf(root).keep('good', first);
    expect(head(root)).toBe(second);
    expect(await sourceOf(root).kept('good')).toBe(first);
  });

  test('gets past the lock that a killed git has left, once it is known that nobody holds it', async () => {
    const root = fleet();
    const source = sourceOf(root);
    const first = head(root);
    await source.keep('good', first);
    const second = another(root, 'two\n');
    const lock = join(root, '.git', `${keptRef(scope, 'good')}.lock`);
    writeFileSync(lock, '');
    await expect(source.keep('good', second)).rejects.toMatchObject({ name: 'PortError' });
    expect(existsSync(lock)).toBe(true);
    await source.keep('good', second);
    expect(await source.kept('good')).toBe(second);
    expect(existsSync(lock)).toBe(false);
  });

  test('is nothing that is not there', async () => {
    const source = sourceOf(fleet());
    await expect(source.keep('good', 'f'.repeat(40))).rejects.toMatchObject({ name: 'PortError' });
    await expect(source.keep('good', '--stdin')).rejects.toMatchObject({ name: 'PortError' });
    expect(await source.kept('good')).toBeNull();
  });

  test.each([
    ['h', 'a', 'refs/muster/h-a/good'],
    ['a.b', 'x_y', 'refs/muster/a.b-x_y/good'],
    ['.h', 'a..b', 'refs/muster/%2eh-a%2e.b/good'],
    ['h', 'x.lock', 'refs/muster/h-x%2elock/good'],
    ['h', 'DOM\\user$ ü', 'refs/muster/h-DOM%5cuser%24%20%c3%bc/good'],
    ['h', '../../heads/main', 'refs/muster/h-%2e.%2f%2e.%2fheads%2fmain/good'],
  ])('on %s for %s has a safe name', async (host, tenant, ref) => {
    expect(keptRef({ host, tenant }, 'good')).toBe(ref);
    expect(git(folder(), 'check-ref-format', '--normalize', ref)).toBe(ref);
  });
});

describe('a hostile repository', () => {
  test('runs nothing, whatever is asked', async () => {
    const root = fleet();
    const first = head(root);
    const second = another(root, 'two\n');
    const marker = join(folder(), 'ran');
    const trap = join(root, '.git/trap');
    writeFileSync(trap, `#!/bin/sh\ntouch ${marker}\nexit 0\n`);
    chmodSync(trap, 0o755);
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    for (const hook of ['reference-transaction', 'post-update', 'update', 'pre-auto-gc', 'post-rewrite']) {
      symlinkSync('../trap', join(root, '.git/hooks', hook));
    }
    const settings = {
      'core.hooksPath': join(root, '.git/hooks'),
      'core.fsmonitor': trap,
      'core.sshCommand': trap,
      'core.editor': trap,
      'core.pager': trap,
      'gpg.program': trap,
      'gpg.openpgp.program': trap,
      'gpg.x509.program': trap,
      'gpg.ssh.program': trap,
      'gpg.ssh.defaultKeyCommand': trap,
      'url.ext::sh -c.insteadOf': 'https://',
      'protocol.ext.allow': 'always',
      'alias.update-ref': `!${trap}`,
      'alias.merge-base': `!${trap}`,
    };
    for (const [name, value] of Object.entries(settings)) git(root, 'config', name, value);

    const allowedSigners = join(folder(), 'allowed');
    writeFileSync(allowedSigners, '');
    for (const policy of [{ format: 'ssh', allowedSigners } as const, { format: 'gpg', home: folder() } as const]) {
      const source = sourceOf(root, 'refs/heads/main', policy);
      expect(await named(source)).toBe(second);
      expect(await source.isAncestor(first, second)).toBe(true);
      await source.keep('admitted', first);
      await source.keep('good', second);
      expect(await source.kept('good')).toBe(second);
      for (const kind of ['SSH SIGNATURE', 'PGP SIGNATURE', 'SIGNED MESSAGE']) {
        expect(await source.verify(signedInName(root, kind)), kind).toMatchObject({ trusted: false });
      }
      git(root, '-c', 'core.hooksPath=/dev/null', 'update-ref', '-d', 'refs/heads/main');
      expect((await source.tip()).readable).toBe(false);
      git(root, '-c', 'core.hooksPath=/dev/null', 'update-ref', 'refs/heads/main', second);
    }
    expect(existsSync(marker)).toBe(false);

    git(root, 'update-ref', 'refs/heads/x', first);
    expect(existsSync(marker), 'the trap works').toBe(true);
  });
});

/** A commit with something in the place of a signature. */
function signedInName(root: string, kind: string): string {
  const lines = git(root, 'cat-file', 'commit', 'HEAD').split('\n');
  const blank = lines.indexOf('');
  lines.splice(blank, 0, `gpgsig -----BEGIN ${kind}-----`, ' ', ' AAAA', ` -----END ${kind}-----`);
  return execFileSync('git', ['-C', root, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    env: ownerEnv,
    encoding: 'utf8',
    input: `${lines.join('\n')}\n`,
  }).trim();
}

test('commits without a working tree are followed as well', async () => {
  const root = fleet();
  const bare = join(folder(), 'bare.git');
  git(root, 'clone', '--quiet', '--bare', root, bare);
  const source = sourceOf(bare);
  const next = commitTo(bare, 'refs/heads/main', 'next');
  expect(await named(source)).toBe(next);
  expect(commit(root)).not.toBe(next);
});
