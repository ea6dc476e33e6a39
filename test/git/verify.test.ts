import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { branchSource } from '../../src/git/branch-source.ts';
import type { SignaturePolicy } from '../../src/model/controller.ts';
import { env, folder, git, ownerEnv, repository } from './repositories.ts';
import { scope, sourceOf } from './sources.ts';

const missing = ['gpg', 'ssh-keygen'].filter((program) => whereIs(program) === null);

function whereIs(program: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

const fleet = () => repository({ 'rosters/coding.yaml': 'one\n' });
const verify = (root: string, policy: SignaturePolicy, commit: string) =>
  sourceOf(root, 'refs/heads/main', policy).verify(commit);

/** Such as `ssh-ed25519 AAAA… comment`; the private half is at `path`. */
function sshKey(): { readonly path: string; readonly public: string } {
  const path = join(folder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a key', '-f', path]);
  return { path, public: execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim() };
}

function allowed(...lines: readonly string[]): SignaturePolicy {
  const allowedSigners = join(folder(), 'allowed signers');
  writeFileSync(allowedSigners, lines.map((line) => `${line}\n`).join(''));
  return { format: 'ssh', allowedSigners };
}

function signed(root: string, ...settings: readonly string[]): string {
  git(root, ...settings.flatMap((setting) => ['-c', setting]), 'commit', '--quiet', '--allow-empty', '-S', '-m', 'signed');
  return git(root, 'rev-parse', 'HEAD');
}

const sshSigned = (root: string, { path }: { readonly path: string }): string =>
  signed(root, 'gpg.format=ssh', `user.signingKey=${path}`);

/** The same commit with another message: its signature is of something else. */
function tampered(root: string, commit: string): string {
  const input = execFileSync('git', ['-C', root, 'cat-file', 'commit', commit], { env: ownerEnv, encoding: 'utf8' });
  return execFileSync('git', ['-C', root, 'hash-object', '-t', 'commit', '-w', '--stdin'], {
    env: ownerEnv,
    encoding: 'utf8',
    input: input.replace(/signed\n$/, 'tampered\n'),
  }).trim();
}

describe.skipIf(missing.length > 0)(`signatures${missing.length > 0 ? ` (${missing.join(', ')} is not installed)` : ''}`, () => {
  describe('with ssh', () => {
    test('of an allowed signer is trusted, and the signer named', async () => {
      const root = fleet();
      const key = sshKey();
      const commit = sshSigned(root, key);
      expect(await verify(root, allowed(`jason@example.internal ${key.public}`), commit)).toEqual({
        trusted: true,
        signer: 'jason@example.internal',
      });
    });

    test('of a key for other namespaces is not', async () => {
      const root = fleet();
      const key = sshKey();
      const policy = allowed(`jason@example.internal namespaces="file" ${key.public}`);
      expect(await verify(root, policy, sshSigned(root, key))).toMatchObject({ trusted: false });
    });

    test('of nobody is not', async () => {
      const root = fleet();
      const policy = allowed(`jason@example.internal ${sshKey().public}`);
      expect(await verify(root, policy, git(root, 'rev-parse', 'HEAD'))).toEqual({ trusted: false, why: 'it is not signed' });
    });

    test('of a stranger is not', async () => {
      const root = fleet();
      const policy = allowed(`jason@example.internal ${sshKey().public}`);
      expect(await verify(root, policy, sshSigned(root, sshKey()))).toMatchObject({
        trusted: false,
        why: expect.stringMatching(/^it is signed with a key of no allowed signer: ED25519 key SHA256:/),
      });
    });

    test('of something else is not', async () => {
      const root = fleet();
      const key = sshKey();
      const commit = tampered(root, sshSigned(root, key));
      expect(await verify(root, allowed(`jason@example.internal ${key.public}`), commit)).toMatchObject({
        trusted: false,
        why: expect.stringMatching(/not good|verif/i),
      });
    });

    test.each([
      ['valid-before="20200101"', false],
      ['valid-after="20990101"', false],
      ['valid-before="20990101"', true],
    ])('of a key with %s: trusted %s', async (option, trusted) => {
      const root = fleet();
      const key = sshKey();
      const verification = await verify(root, allowed(`jason@example.internal ${option} ${key.public}`), sshSigned(root, key));
      expect(verification.trusted).toBe(trusted);
      if (!verification.trusted) expect(verification.why).toMatch(/^it is signed with a key that was not valid then: /);
    });

    test('is trusted until the signer leaves the file', async () => {
      const root = fleet();
      const key = sshKey();
      const commit = sshSigned(root, key);
      const policy = allowed(`jason@example.internal ${key.public}`);
      expect(await verify(root, policy, commit)).toMatchObject({ trusted: true });
      if (policy.format === 'ssh') writeFileSync(policy.allowedSigners, '');
      expect(await verify(root, policy, commit)).toMatchObject({ trusted: false });
    });
  });

  describe('with GnuPG', () => {
    const gpg = (home: string, args: readonly string[], input = ''): string =>
      execFileSync('gpg', ['--batch', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...args], {
        env: { ...ownerEnv, GNUPGHOME: home },
        encoding: 'utf8',
        input,
        stdio: ['pipe', 'pipe', 'ignore'],
      });

    function keyring(): string {
      const home = folder();
      chmodSync(home, 0o700);
      onTestFinished(() => {
        execFileSync('gpgconf', ['--kill', 'all'], { env: { ...ownerEnv, GNUPGHOME: home }, stdio: 'ignore' });
      });
      return home;
    }

    function gpgKey(expiry = '0', faked?: string) {
      const home = keyring();
      const time = faked === undefined ? [] : ['--faked-system-time', faked];
      gpg(home, [...time, '--quick-generate-key', 'Jason <jason@example.internal>', 'ed25519', 'sign', expiry]);
      const listed = gpg(home, ['--list-keys', '--with-colons']);
      return { home, fingerprint: /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '' };
    }

    /** A keyring with the public halves alone, as an operator would make it. */
    function trusting(...keys: readonly { readonly home: string }[]): SignaturePolicy {
      const home = keyring();
      for (const key of keys) gpg(home, ['--import'], gpg(key.home, ['--armor', '--export']));
      return { format: 'gpg', home };
    }

    function gpgSigned(root: string, { home, fingerprint }: ReturnType<typeof gpgKey>, faked = ''): string {
      const program = join(folder(), 'sign');
      writeFileSync(program, `#!/bin/sh\nexec gpg --homedir '${home}' --batch --no-tty ${faked} "$@"\n`);
      chmodSync(program, 0o755);
      return signed(root, 'gpg.format=openpgp', `gpg.program=${program}`, `user.signingKey=${fingerprint}`);
    }

    test('of a key in the keyring is trusted, and the signer named', async () => {
      const root = fleet();
      const key = gpgKey();
      expect(await verify(root, trusting(key), gpgSigned(root, key))).toEqual({
        trusted: true,
        signer: `Jason <jason@example.internal> (${key.fingerprint})`,
      });
    });

    test('of nobody is not', async () => {
      const root = fleet();
      expect(await verify(root, trusting(), git(root, 'rev-parse', 'HEAD'))).toMatchObject({
        trusted: false,
        why: 'it is not signed, or not with GnuPG',
      });
    });

    test('of a stranger is not', async () => {
      const root = fleet();
      expect(await verify(root, trusting(gpgKey()), gpgSigned(root, gpgKey()))).toMatchObject({
        trusted: false,
        why: expect.stringContaining('not in the keyring'),
      });
    });

    test('of something else is not', async () => {
      const root = fleet();
      const key = gpgKey();
      expect(await verify(root, trusting(key), tampered(root, gpgSigned(root, key)))).toMatchObject({
        trusted: false,
        why: expect.stringContaining('not of what it says'),
      });
    });

    test('of a key that has expired since is not', async () => {
      const root = fleet();
      const key = gpgKey('2020-02-01', '20200101T000000');
      const commit = gpgSigned(root, key, '--faked-system-time 20200102T000000');
      expect(await verify(root, trusting(key), commit)).toMatchObject({
        trusted: false,
        why: expect.stringContaining('has expired'),
      });
    });

    test('of a key that is revoked is not', async () => {
      const root = fleet();
      const key = gpgKey();
      const commit = gpgSigned(root, key);
      const policy = trusting(key);
      const path = join(key.home, 'openpgp-revocs.d', `${key.fingerprint}.rev`);
      const revocation = execFileSync('sed', ['s/^:---/---/', path], { encoding: 'utf8' });
      if (policy.format === 'gpg') gpg(policy.home, ['--import'], revocation);
      expect(await verify(root, policy, commit)).toMatchObject({
        trusted: false,
        why: expect.stringContaining('revoked'),
      });
    });

    test('is not good where ssh is asked for, and the other way round', async () => {
      const root = fleet();
      const [key, ssh] = [gpgKey(), sshKey()];
      const [withGpg, withSsh] = [gpgSigned(root, key), sshSigned(root, ssh)];
      const policy = allowed(`jason@example.internal ${ssh.public}`);
      expect(await verify(root, policy, withGpg)).toMatchObject({ trusted: false });
      expect(await verify(root, trusting(key), withSsh)).toMatchObject({ trusted: false });
      expect(await verify(root, policy, withSsh)).toMatchObject({ trusted: true });
      expect(await verify(root, trusting(key), withGpg)).toMatchObject({ trusted: true });
    });
  });

  test('a repository that says otherwise is not believed', async () => {
    const root = fleet();
    const [friend, stranger] = [sshKey(), sshKey()];
    const commit = sshSigned(root, stranger);
    const marker = join(folder(), 'ran');
    const program = join(root, '.git/program');
    writeFileSync(program, `#!/bin/sh\ntouch ${marker}\necho 'Good "git" signature for friend with ED25519 key SHA256:x'\n`);
    chmodSync(program, 0o755);
    const theirs = allowed(`friend ${stranger.public}`);
    const settings = {
      'gpg.format': 'openpgp',
      'gpg.program': program,
      'gpg.openpgp.program': program,
      'gpg.ssh.program': program,
      'gpg.ssh.allowedSignersFile': theirs.format === 'ssh' ? theirs.allowedSigners : '',
      'gpg.ssh.revocationFile': program,
      'gpg.minTrustLevel': 'undefined',
    };
    for (const [name, value] of Object.entries(settings)) git(root, 'config', name, value);
    expect(await verify(root, allowed(`friend ${friend.public}`), commit)).toMatchObject({ trusted: false });
    expect(await verify(root, { format: 'gpg', home: folder() }, commit)).toMatchObject({ trusted: false });
    expect(await verify(root, allowed(`friend ${stranger.public}`), commit)).toMatchObject({ trusted: true });
    expect(existsSync(marker)).toBe(false);
    git(root, 'verify-commit', commit);
    expect(existsSync(marker), 'the trap works').toBe(true);
  });
});

describe('what keeps signatures from being verified is said', () => {
  test.each<[string, SignaturePolicy, RegExp]>([
    ['no file of allowed signers', { format: 'ssh', allowedSigners: '/nonexistent/allowed' }, /allowed signers.* is not there/],
    ['one that is no file', { format: 'ssh', allowedSigners: '/' }, /allowed signers.* is not there/],
    ['one that is not absolute', { format: 'ssh', allowedSigners: 'allowed' }, /allowed signers.* is not there/],
    ['no GnuPG home directory', { format: 'gpg', home: '/nonexistent' }, /GnuPG home directory.* is not there/],
  ])('%s', async (_what, policy, why) => {
    const root = fleet();
    const verification = await verify(root, policy, git(root, 'rev-parse', 'HEAD'));
    expect(verification).toMatchObject({ trusted: false, why: expect.stringMatching(why) });
  });

  test.each<[string, () => SignaturePolicy]>([
    ['ssh-keygen', () => allowed('')],
    ['gpg', () => ({ format: 'gpg', home: folder() })],
  ])('no %s', async (program, policy) => {
    const root = fleet();
    const bin = folder();
    symlinkSync(whereIs('git') ?? '', join(bin, 'git'));
    mkdirSync(join(bin, 'relative'));
    const source = branchSource(
      { repository: root, ref: 'refs/heads/main', rosters: 'rosters' },
      { env: { PATH: `${bin}:relative` }, scope, signatures: policy() },
    );
    expect(await source.verify(git(root, 'rev-parse', 'HEAD'))).toMatchObject({
      trusted: false,
      why: expect.stringContaining(`${program} is not installed`),
    });
  });

  test('no policy', async () => {
    const root = fleet();
    const commit = git(root, 'rev-parse', 'HEAD');
    expect(await sourceOf(root).verify(commit)).toMatchObject({ trusted: false });
    expect(env.PATH).toBeDefined();
  });

  test.each(['HEAD', '', '--raw', 'f'.repeat(40)])('no commit: %j', async (name) => {
    expect(await verify(fleet(), allowed(''), name)).toMatchObject({ trusted: false });
  });
});
