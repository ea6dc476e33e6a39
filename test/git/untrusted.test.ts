import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRevision, readWorktree } from '../../src/git/read.ts';
import { commit, env, folder, git, repository, write } from './repositories.ts';

/** A repository in which whatever git might run leaves a file behind. */
interface Trap {
  readonly root: string;
  readonly marker: string;
}

function trap(): Trap {
  const root = repository({ 'rosters/coding.yaml': 'version: 1\n', 'rosters/roles/coder.md': 'x\n' });
  const marker = join(folder(), 'ran');
  return { root, marker };
}

const command = ({ marker }: Trap): string => `touch ${marker}`;

function script({ root, marker }: Trap, name: string): string {
  const path = join(root, '.git', name);
  writeFileSync(path, `#!/bin/sh\ntouch ${marker}\nexit 1\n`);
  chmodSync(path, 0o755);
  return path;
}

async function readBoth(root: string, ref = 'HEAD') {
  const committed = await readRevision({ dir: root, rosters: 'rosters', ref, env });
  const onDisk = await readWorktree({ dir: root, rosters: 'rosters', env });
  return { committed, onDisk };
}

async function expectNothingRan(one: Trap): Promise<void> {
  const { committed, onDisk } = await readBoth(one.root);
  await readRevision({ dir: one.root, rosters: 'rosters', ref: 'nope', env });
  await readRevision({ dir: one.root, rosters: 'nowhere', ref: 'HEAD', env });
  expect(existsSync(one.marker)).toBe(false);
  expect(committed.rosters.map(({ file }) => file)).toEqual(['rosters/coding.yaml']);
  expect(onDisk.rosters.map(({ file }) => file)).toEqual(['rosters/coding.yaml']);
}

test('the trap works: git status runs it', () => {
  const one = trap();
  git(one.root, 'config', 'core.fsmonitor', script(one, 'monitor'));
  git(one.root, 'status');
  expect(existsSync(one.marker)).toBe(true);
});

describe('nothing of the repository is run', () => {
  test.each([
    'core.fsmonitor',
    'core.pager',
    'pager.rev-parse',
    'pager.ls-tree',
    'pager.cat-file',
    'core.editor',
    'core.sshCommand',
    'core.askPass',
    'core.gitProxy',
    'core.alternateRefsCommand',
    'credential.helper',
    'diff.external',
    'gpg.program',
    'filter.evil.smudge',
    'filter.evil.clean',
    'filter.evil.process',
    'diff.evil.textconv',
    'diff.evil.command',
    'merge.evil.driver',
    'trailer.muster-allow-prune.command',
    'trailer.muster-allow-prune.cmd',
    'uploadpack.packObjectsHook',
  ])('not by %s', async (name) => {
    const one = trap();
    git(one.root, 'config', name, script(one, 'trap'));
    write(one.root, { '.gitattributes': '* filter=evil diff=evil merge=evil\n' });
    mkdirSync(join(one.root, '.git/info'), { recursive: true });
    writeFileSync(join(one.root, '.git/info/attributes'), '* filter=evil diff=evil\n');
    await expectNothingRan(one);
  });

  test('not by aliases of the commands that are called', async () => {
    const one = trap();
    for (const name of ['rev-parse', 'ls-tree', 'cat-file', 'for-each-ref', 'symbolic-ref'])
      git(one.root, 'config', `alias.${name}`, `!${command(one)}`);
    await expectNothingRan(one);
  });

  test('not by a hook, of any name', async () => {
    const one = trap();
    const hooks = join(one.root, '.git/hooks');
    mkdirSync(hooks, { recursive: true });
    for (const name of [
      'pre-commit',
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'fsmonitor-watchman',
      'pre-auto-gc',
    ])
      script(one, `hooks/${name}`);
    git(one.root, 'config', 'core.hooksPath', hooks);
    await expectNothingRan(one);
  });

  test('not by a configuration that it includes', async () => {
    const one = trap();
    writeFileSync(
      join(one.root, '.git/more'),
      `[core]\n\tfsmonitor = ${script(one, 'monitor')}\n\tpager = ${script(one, 'pager')}\n`,
    );
    git(one.root, 'config', 'include.path', 'more');
    await expectNothingRan(one);
  });

  test.each(['ext::sh -c true', 'ssh://host.invalid/x', '/'])(
    'not by fetching from %s what a partial clone lacks',
    async (url) => {
      const one = trap();
      const blob = git(one.root, 'rev-parse', 'HEAD:rosters/coding.yaml');
      const settings = {
        'core.repositoryFormatVersion': '1',
        'extensions.partialClone': 'origin',
        'remote.origin.promisor': 'true',
        'remote.origin.url': url,
        'remote.origin.uploadpack': script(one, 'uploadpack'),
        'core.sshCommand': script(one, 'ssh'),
        'protocol.allow': 'always',
      };
      for (const [name, value] of Object.entries(settings)) git(one.root, 'config', name, value);
      rmSync(join(one.root, '.git/objects', blob.slice(0, 2), blob.slice(2)));

      const { committed } = await readBoth(one.root);
      expect(committed.rosters).toEqual([]);
      expect(committed.diagnostics).toMatchObject([
        { severity: 'error', code: 'git/failed', place: { file: 'rosters/coding.yaml' } },
      ]);
      expect(existsSync(one.marker)).toBe(false);
      if (url.startsWith('ext:')) return;
      expect(() => git(one.root, 'cat-file', 'blob', blob)).toThrow();
      expect(existsSync(one.marker), 'the trap works').toBe(true);
    },
  );

  test('not by what steers git in the caller’s environment', async () => {
    const one = trap();
    const bad = script(one, 'bad');
    const steering = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: bad,
      GIT_EXTERNAL_DIFF: bad,
      GIT_PAGER: bad,
      GIT_SSH_COMMAND: bad,
      GIT_EXEC_PATH: join(one.root, '.git'),
      GIT_TRACE: join(one.root, 'trace'),
    };
    const read = await readRevision({ dir: one.root, rosters: 'rosters', ref: 'HEAD', env: { ...env, ...steering } });
    expect(read.diagnostics).toEqual([]);
    expect(existsSync(one.marker)).toBe(false);
    expect(existsSync(join(one.root, 'trace'))).toBe(false);
  });

  test('a git in the current directory is not taken for git', async () => {
    const one = trap();
    const read = await readRevision({
      dir: one.root,
      rosters: 'rosters',
      ref: 'HEAD',
      env: { PATH: `.:bin:${process.env.PATH}` },
    });
    expect(read.diagnostics).toEqual([]);
  });
});

describe('a commit says what it says', () => {
  test('replacements do not stand in for its objects', async () => {
    const root = repository({ 'rosters/coding.yaml': 'version: 1\n' });
    const real = git(root, 'rev-parse', 'HEAD:rosters/coding.yaml');
    write(root, { other: 'replaced\n' });
    const other = git(root, 'hash-object', '-w', 'other');
    git(root, 'replace', real, other);
    expect(git(root, 'cat-file', 'blob', real)).toBe('replaced');
    expect((await readBoth(root)).committed.rosters).toEqual([{ file: 'rosters/coding.yaml', text: 'version: 1\n' }]);
  });

  test('a grafted parent is no ancestor', async () => {
    const root = repository({ 'rosters/coding.yaml': 'version: 1\n' });
    const head = git(root, 'rev-parse', 'HEAD');
    const tree = git(root, 'rev-parse', 'HEAD^{tree}');
    const stranger = git(root, 'commit-tree', tree, '-m', 'stranger');
    mkdirSync(join(root, '.git/info'), { recursive: true });
    writeFileSync(join(root, '.git/info/grafts'), `${head} ${stranger}\n`);
    expect((await readBoth(root, 'HEAD^')).committed.diagnostics).toMatchObject([{ code: 'git/unknown-revision' }]);
  });

  test('a working tree elsewhere does not move the roster directory', async () => {
    const root = repository({ 'rosters/coding.yaml': 'version: 1\n' });
    git(root, 'config', 'core.worktree', '/etc');
    const { committed, onDisk } = await readBoth(root);
    expect(committed.rosters).toHaveLength(1);
    expect(onDisk.root).toBe(committed.root);
  });
});

describe('whose repository it is', () => {
  const isRoot = process.getuid?.() === 0;

  test.runIf(isRoot)('one of another user is read when it is named', async () => {
    const root = repository({ 'rosters/coding.yaml': 'version: 1\n' });
    for (const path of [root, join(root, '.git')]) chownSync(path, 65534, 65534);
    const { committed } = await readBoth(root);
    expect(committed.diagnostics).toEqual([]);
    expect(committed.rosters).toHaveLength(1);
  });

  test.runIf(isRoot)('one of another user above the directory is not', async () => {
    const root = repository({ 'rosters/coding.yaml': 'version: 1\n', 'mine/x': 'x' });
    for (const path of [root, join(root, '.git')]) chownSync(path, 65534, 65534);
    const read = await readRevision({ dir: join(root, 'mine'), rosters: 'rosters', ref: 'HEAD', env });
    expect(read.rosters).toEqual([]);
    expect(read.diagnostics).toMatchObject([{ code: 'git/not-a-repository' }]);
  });
});

test('a password in the address of a remote is not repeated', async () => {
  const root = repository({ 'rosters/coding.yaml': 'x' });
  writeFileSync(
    join(root, '.git/config'),
    '[remote "o"]\n\turl = https://u:hunter2@host.invalid/x\n[bad "https://u:hunter2@host.invalid/\n',
  );
  const { committed } = await readBoth(root);
  expect(committed.diagnostics).toMatchObject([{ code: 'git/failed' }]);
  expect(JSON.stringify(committed)).not.toContain('hunter2');
});

test('a push that is not accepted yet is read from inside the hook', async () => {
  const parent = folder();
  git(parent, 'init', '--quiet', '--bare', 'bare.git');
  const hook = join(parent, 'bare.git/hooks/pre-receive');
  mkdirSync(join(parent, 'bare.git/hooks'), { recursive: true });
  writeFileSync(
    hook,
    `#!/bin/sh\nread old new ref\n{ echo "$new"; pwd; env | grep ^GIT_; } > ${parent}/seen\ncp -r "$GIT_QUARANTINE_PATH" ${parent}/objects\nexit 1\n`,
  );
  chmodSync(hook, 0o755);
  const root = repository({ 'rosters/coding.yaml': 'version: 1\n' });
  git(root, 'remote', 'add', 'origin', join(parent, 'bare.git'));
  expect(() => git(root, 'push', '--quiet', 'origin', 'main')).toThrow(/pre-receive hook declined/);

  const bare = join(parent, 'bare.git');
  const pushed = git(root, 'rev-parse', 'HEAD');
  const waiting = {
    GIT_DIR: bare,
    GIT_OBJECT_DIRECTORY: join(parent, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(bare, 'objects'),
    GIT_QUARANTINE_PATH: join(parent, 'objects'),
  };
  const read = await readRevision({ dir: bare, rosters: 'rosters', ref: pushed, env: { ...env, ...waiting } });
  expect(read).toMatchObject({ revision: pushed, diagnostics: [], rosters: [{ file: 'rosters/coding.yaml' }] });

  const elsewhere = repository({ 'rosters/other.yaml': 'x' });
  const other = await readRevision({ dir: elsewhere, rosters: 'rosters', ref: 'HEAD', env: { ...env, ...waiting } });
  expect(other.rosters.map(({ file }) => file)).toEqual(['rosters/other.yaml']);
});

test('committing is not what reading does', async () => {
  const root = repository({ 'rosters/coding.yaml': 'x' });
  const before = git(root, 'count-objects', '-v');
  await readBoth(root);
  expect(git(root, 'count-objects', '-v')).toBe(before);
  expect(commit(root)).toMatch(/^[0-9a-f]{40}$/);
});
