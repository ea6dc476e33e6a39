import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { mirrorSource, remoteBranch } from '../../src/git/mirror-source.ts';
import { shownUrl, urlFault } from '../../src/git/remote-url.ts';
import { env, folder, git, repository } from './repositories.ts';
import { another, named, scope, watching } from './sources.ts';

interface Made {
  readonly url: string;
  readonly directory: string;
  readonly source: ReturnType<typeof mirrorSource>;
}

const main = 'refs/heads/main';
const tracked = 'refs/remotes/origin/heads/main';
const fleet = () => repository({ 'rosters/coding.yaml': 'one\n' });
const head = (root: string): string => git(root, 'rev-parse', 'main');

function mirrorOf(
  url: string,
  more: { readonly env?: Record<string, string | undefined>; readonly deadlineMs?: number } = {},
): Made {
  const directory = join(folder(), 'state/repository.git');
  const home = folder();
  const source = mirrorSource({
    url,
    ref: main,
    rosters: 'rosters',
    directory,
    scope,
    signatures: null,
    env: { ...env, HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...more.env },
    ...(more.deadlineMs === undefined ? {} : { deadlineMs: more.deadlineMs }),
  });
  return { url, directory, source };
}

/** A program that stands in for ssh: it writes down how it was called, and does what is said. */
function sshStandIn(script: string): { readonly path: string; readonly called: () => string } {
  const path = join(folder(), 'ssh');
  writeFileSync(path, `#!/bin/sh\nprintf '%s ' "$@" >> ${path}.called\n${script}\n`);
  chmodSync(path, 0o755);
  return { path, called: () => (existsSync(`${path}.called`) ? readFileSync(`${path}.called`, 'utf8') : '') };
}

describe('a remote', () => {
  test('is nothing before it was fetched', async () => {
    const { source, url } = mirrorOf(fleet());
    expect(await source.tip()).toMatchObject({
      readable: false,
      why: expect.stringContaining(`nothing of ${main} is there from ${url}`),
    });
    expect(await source.read('f'.repeat(40))).toMatchObject({ rosters: [], diagnostics: [{ severity: 'error' }] });
  });

  test('is followed: its branch alone, forwards and back', async () => {
    const root = fleet();
    git(root, 'branch', 'other');
    git(root, 'tag', 'v1');
    const { source, directory } = mirrorOf(root);
    const first = head(root);
    await source.fetch();
    expect(await named(source)).toBe(first);
    expect(await source.read(first)).toMatchObject({ revision: first, diagnostics: [], rosters: [{ text: 'one\n' }] });
    const second = another(root, 'two\n');
    await source.fetch();
    expect(await named(source)).toBe(second);
    expect(await source.isAncestor(first, second)).toBe(true);
    git(root, 'reset', '--quiet', '--hard', first);
    await source.fetch();
    expect(await named(source)).toBe(first);
    expect(git(directory, 'for-each-ref', '--format=%(refname)')).toBe(tracked);
    expect(existsSync(join(directory, 'FETCH_HEAD'))).toBe(false);
    expect(existsSync(join(directory, 'hooks'))).toBe(false);
    expect(git(root, 'for-each-ref', 'refs/muster', 'refs/remotes')).toBe('');
  });

  test('that is away takes nothing from what was fetched', async () => {
    const root = fleet();
    const { source } = mirrorOf(root);
    const first = head(root);
    await source.fetch();
    renameSync(root, `${root}-away`);
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable' });
    expect(source.unfetched?.()).toMatch(/^cannot fetch .*\S$/);
    expect(await named(source)).toBe(first);
    expect((await source.read(first)).rosters).toHaveLength(1);
    renameSync(`${root}-away`, root);
    const second = another(root, 'two\n');
    await source.fetch();
    expect(await named(source)).toBe(second);
  });

  test('whose branch was deleted takes nothing from what was fetched', async () => {
    const root = fleet();
    const { source } = mirrorOf(root);
    await source.fetch();
    const first = head(root);
    git(root, 'update-ref', '-d', main);
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError', message: expect.stringContaining(main) });
    expect(await named(source)).toBe(first);
  });

  test('wakes whoever watches, once it was fetched', async () => {
    const root = fleet();
    const { source } = mirrorOf(root);
    const calls = await watching(source);
    await source.fetch();
    await calls.until(async () => (await named(source)) === head(root));
    const second = another(root, 'two\n');
    await source.fetch();
    await calls.until(async () => (await named(source)) === second);
    const before = calls.count();
    await source.fetch();
    expect(calls.count()).toBe(before);
  });

  test('is fetched once at a time', async () => {
    const root = fleet();
    const { source } = mirrorOf(root);
    await Promise.all([source.fetch(), source.fetch(), source.fetch()]);
    expect(await named(source)).toBe(head(root));
  });

  test('is reached with the configuration and credentials of the tenant', async () => {
    const root = fleet();
    const home = folder();
    writeFileSync(join(home, '.gitconfig'), `[url "${root}"]\n\tinsteadOf = https://git.example.internal/fleet\n`);
    const { source } = mirrorOf('https://git.example.internal/fleet', { env: { HOME: home } });
    await source.fetch();
    expect(await named(source)).toBe(head(root));
  });

  test('says which branch is its own', async () => {
    const root = fleet();
    git(root, 'checkout', '--quiet', '-b', 'trunk');
    expect(await remoteBranch(root, null, env)).toBe('refs/heads/trunk');
    expect(await remoteBranch('ssh://unasked.invalid/x', 'main', env)).toBe(main);
    expect(await remoteBranch('ssh://unasked.invalid/x', 'refs/tags/v1', env)).toBe('refs/tags/v1');
    await expect(remoteBranch(root, '../x', env)).rejects.toMatchObject({ kind: 'refused' });
    await expect(remoteBranch(join(root, 'nope'), null, env)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(remoteBranch('ext::sh', null, env)).rejects.toMatchObject({ kind: 'refused' });
  });

  test('is reached by ssh without anybody to ask', async () => {
    const ssh = sshStandIn('exit 255');
    const { source } = mirrorOf('jason@git.example.internal:fleet', {
      env: { GIT_SSH_COMMAND: ssh.path, SSH_ASKPASS: ssh.path },
    });
    await expect(source.fetch()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(ssh.called()).toContain('-oBatchMode=yes');
  });

  test('is reached by the ssh that the tenant has configured', async () => {
    const ssh = sshStandIn('exit 255');
    const home = folder();
    writeFileSync(join(home, '.gitconfig'), `[core]\n\tsshCommand = ${ssh.path} -i key\n`);
    const { source } = mirrorOf('ssh://git.example.internal/fleet', { env: { HOME: home } });
    await expect(source.fetch()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(ssh.called()).toMatch(/^-i key -oBatchMode=yes /);
  });

  test('that does not answer is given up, with all that was started for it', async () => {
    const ssh = sshStandIn('mkfifo "$0.pipe"; sh -c \'echo $$ > "$0.pid"; exec cat "$0.pipe"\' "$0"');
    const { source } = mirrorOf('ssh://git.example.internal/fleet', { env: { GIT_SSH_COMMAND: ssh.path }, deadlineMs: 3000 });
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError', kind: 'timeout' });
    const pid = Number(readFileSync(`${ssh.path}.pid`, 'utf8'));
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
  });

  test('is not waited for when what it left in the background goes on', async () => {
    // It keeps the stream for errors, and a session of its own keeps it.
    const ssh = sshStandIn(
      'mkfifo "$0.pipe" "$0.ready"; setsid sh -c \'echo $$ > "$0.pid"; echo > "$0.ready"; exec cat "$0.pipe"\' "$0" < /dev/null > /dev/null & read -r line < "$0.ready"',
    );
    const { source } = mirrorOf('ssh://git.example.internal/fleet', { env: { GIT_SSH_COMMAND: ssh.path } });
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError', kind: 'unavailable' });
    const pid = Number(readFileSync(`${ssh.path}.pid`, 'utf8'));
    onTestFinished(() => void process.kill(pid));
    expect(isAlive(pid)).toBe(true);
  });
});

/** A process that nobody has waited for yet has ended, too. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a mirror is mended', () => {
  const damages: readonly (readonly [string, (directory: string) => void])[] = [
    ['is no repository any more', (directory) => rmSync(join(directory, 'HEAD'))],
    ['is empty', (directory) => rmSync(directory, { recursive: true })],
    ['has a configuration that cannot be read', (directory) => writeFileSync(join(directory, 'config'), '[core')],
    ['has a lock that nobody holds', (directory) => writeFileSync(join(directory, `${tracked}.lock`), '')],
    ['has a damaged ref', (directory) => writeFileSync(join(directory, tracked), 'garbage')],
    ['has damaged packed refs', (directory) => writeFileSync(join(directory, 'packed-refs'), 'garbage\n')],
    ['has a damaged commit', (directory) => spoil(directory, tracked)],
    ['has a damaged tree', (directory) => spoil(directory, `${tracked}^{tree}`)],
    ['was left between two renames', (directory) => renameSync(directory, `${directory}.old`)],
    ['was left half made', (directory) => mkdirSync(`${directory}.new/objects`, { recursive: true })],
  ];

  test.each(damages)('when it %s', async (_what, damage) => {
    const root = fleet();
    const { source, directory } = mirrorOf(root);
    await source.fetch();
    const first = head(root);
    await source.keep('good', first);
    damage(directory);
    const second = another(root, 'two\n');
    await source.fetch();
    expect(await named(source)).toBe(second);
    expect((await source.read(second)).rosters).toMatchObject([{ text: 'two\n' }]);
    expect(readdirSync(join(directory, '..'))).toContain('repository.git');
    expect(readdirSync(join(directory, '..')).filter((name) => name.endsWith('.draft'))).toEqual([]);
  });

  test('when what was read of its tip was not all there; what was kept stays', async () => {
    const root = fleet();
    const { source, directory } = mirrorOf(root);
    await source.fetch();
    const first = head(root);
    await source.keep('good', first);
    const second = another(root, 'two\n');
    await source.fetch();
    await source.keep('admitted', second);
    git(root, 'reset', '--quiet', '--hard', first);
    const third = another(root, 'three\n');
    await source.fetch();
    spoil(directory, `${third}:rosters/coding.yaml`);
    expect(await named(source)).toBe(third);
    expect((await source.read(third)).diagnostics).toMatchObject([{ code: 'git/failed' }]);
    await source.fetch();
    expect(await source.read(third)).toMatchObject({ diagnostics: [], rosters: [{ text: 'three\n' }] });
    expect(await source.kept('good')).toBe(first);
    expect(await source.kept('admitted')).toBe(second);
    expect((await source.read(second)).rosters).toMatchObject([{ text: 'two\n' }]);
  });

  test('not while the remote is away: what is left of it stays', async () => {
    const root = fleet();
    const { source, directory } = mirrorOf(root);
    await source.fetch();
    const first = head(root);
    writeFileSync(join(directory, `${tracked}.lock`), '');
    renameSync(root, `${root}-away`);
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError' });
    expect((await source.read(first)).rosters).toHaveLength(1);
    renameSync(`${root}-away`, root);
    expect(readdirSync(join(directory, '..'))).toEqual(['repository.git']);
  });
});

function spoil(directory: string, name: string): void {
  const id = git(directory, 'rev-parse', name);
  const path = join(directory, 'objects', id.slice(0, 2), id.slice(2));
  chmodSync(path, 0o644);
  writeFileSync(path, 'not what it was');
}

describe('an address', () => {
  test.each([
    '/srv/git/fleet.git',
    'https://git.example.internal/fleet',
    'https://jason:secret@git.example.internal:8443/fleet?x#y',
    'ssh://git@git.example.internal/fleet',
    'git://git.example.internal/fleet',
    'file:///srv/git/fleet.git',
    'git.example.internal:fleet',
    'jason@git.example.internal:fleet/rosters.git',
  ])('%s is fetched from', (url) => {
    expect(urlFault(url)).toBeNull();
  });

  test.each([
    '',
    '-uupload',
    '--upload-pack=touch x',
    'ext::sh -c true',
    'ext::sh',
    'fd::17',
    'ext://x',
    'rsync://x/y',
    'transport::address',
    '-oProxyCommand=x:y',
    'jason@-oProxyCommand=x:y',
    'relative/path',
    '../fleet',
    'https://x/\u001b[31m',
    'https://x y',
  ])('%j is not', async (url) => {
    expect(urlFault(url)).not.toBeNull();
    const { source, directory } = mirrorOf(url);
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError', kind: 'refused' });
    expect(existsSync(directory)).toBe(false);
  });

  test('that the tenant’s configuration turns into a program is not either', async () => {
    const home = folder();
    const marker = join(home, 'ran');
    writeFileSync(
      join(home, '.gitconfig'),
      `[url "ext::touch ${marker} "]\n\tinsteadOf = https://git.example.internal/\n[protocol "ext"]\n\tallow = always\n`,
    );
    const { source } = mirrorOf('https://git.example.internal/fleet', { env: { HOME: home } });
    await expect(source.fetch()).rejects.toMatchObject({ name: 'PortError' });
    expect(existsSync(marker)).toBe(false);
  });

  test.each([
    ['https://jason:secret@git.example.internal/fleet', 'https://git.example.internal/fleet'],
    ['https://jason:se@cret@git.example.internal/fleet?token=secret#secret', 'https://git.example.internal/fleet'],
    ['/srv/git/fleet.git', '/srv/git/fleet.git'],
    ['jason@git.example.internal:fleet', 'jason@git.example.internal:fleet'],
  ])('%s is shown without what may be a credential', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });

  test('with a password is not repeated when it fails', async () => {
    const { source } = mirrorOf('http://jason:hunter2@127.0.0.1:1/fleet?token=hunter3');
    const error = await source.fetch().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'PortError', kind: 'unavailable' });
    expect(String(error)).not.toMatch(/hunter[23]/);
    const tip = await source.tip();
    expect(JSON.stringify(tip)).not.toMatch(/hunter[23]/);
  });
});

test('hooks of the mirror are not run by a fetch', async () => {
  const root = fleet();
  const { source, directory } = mirrorOf(root);
  await source.fetch();
  const marker = join(folder(), 'ran');
  mkdirSync(join(directory, 'hooks'));
  writeFileSync(join(directory, 'hooks/reference-transaction'), `#!/bin/sh\ntouch ${marker}\n`);
  chmodSync(join(directory, 'hooks/reference-transaction'), 0o755);
  another(root, 'two\n');
  await source.fetch();
  expect(existsSync(marker)).toBe(false);
  git(directory, 'update-ref', 'refs/heads/x', head(root));
  expect(existsSync(marker), 'the trap works').toBe(true);
});
