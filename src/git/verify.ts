import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { SignaturePolicy } from '../model/controller.ts';
import type { Verification } from '../model/controller-ports.ts';
import { visible } from '../model/visible.ts';
import { type Environment, git, searchPath } from './command.ts';
import { sanitised } from './findings.ts';
import type { Repository } from './repository.ts';

/**
 * Which format is asked for is in the commit, so both are always settled: what the policy does not trust fails. All of these are
 * settings that a repository could have, too.
 */
const refusing = [
  'gpg.program=false',
  'gpg.openpgp.program=false',
  'gpg.x509.program=false',
  'gpg.ssh.program=false',
  'gpg.ssh.allowedSignersFile=/dev/null',
  'gpg.ssh.revocationFile=/dev/null',
  'gpg.minTrustLevel=undefined',
] as const;

/**
 * Whether a commit carries a good signature of somebody whom the policy trusts, and whose. An ssh key's validity is judged at the
 * date of the commit, which its author chose: whoever is no longer trusted has to leave the file. A GnuPG key's is judged now. Rejects
 * with a `GitError` when git is not there or hangs.
 */
export async function verifyCommit(
  repository: Repository,
  env: Environment,
  policy: SignaturePolicy,
  commit: string,
): Promise<Verification> {
  const obstacle = await obstacleOf(policy, env);
  if (obstacle !== null) return { trusted: false, why: obstacle };
  const { status, stderr } = await git(repository, env, ['verify-commit', '--raw', commit], settingsOf(policy));
  const signer = policy.format === 'ssh' ? sshSigner(stderr) : gpgSigner(stderr);
  if (status === 0 && signer !== null) return { trusted: true, signer: visible(signer) };
  return { trusted: false, why: policy.format === 'ssh' ? whyNotSsh(stderr) : whyNotGpg(stderr) };
}

function settingsOf(policy: SignaturePolicy) {
  if (policy.format === 'gpg') {
    return {
      settings: [...refusing, 'gpg.format=openpgp', 'gpg.program=gpg', 'gpg.openpgp.program=gpg'],
      variables: { GNUPGHOME: policy.home },
    };
  }
  const settings = ['gpg.format=ssh', 'gpg.ssh.program=ssh-keygen', `gpg.ssh.allowedSignersFile=${policy.allowedSigners}`];
  return { settings: [...refusing, ...settings] };
}

/** Why nothing can be verified at all. */
async function obstacleOf(policy: SignaturePolicy, env: Environment): Promise<string | null> {
  const [program, place, what] =
    policy.format === 'ssh'
      ? (['ssh-keygen', policy.allowedSigners, 'file of allowed signers'] as const)
      : (['gpg', policy.home, 'GnuPG home directory'] as const);
  const found = isAbsolute(place) ? await stat(place).catch(() => null) : null;
  const isRight = policy.format === 'ssh' ? found?.isFile() : found?.isDirectory();
  if (isRight !== true) return `the ${what}, ${visible(place)}, is not there`;
  const isReadable = await access(place, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable) return `the ${what}, ${visible(place)}, cannot be read`;
  return (await isOnPath(program, env)) ? null : `${program} is not installed, or not on the PATH: no signature can be verified`;
}

async function isOnPath(program: string, env: Environment): Promise<boolean> {
  for (const folder of searchPath(env).split(':').filter(Boolean)) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

/** ssh-keygen(1) names nobody where the key is no allowed signer's. */
const sshSigner = (said: string): string | null => /^Good "git" signature for (.+) with \S+ key \S+$/m.exec(said)?.[1] ?? null;

function whyNotSsh(said: string): string {
  if (said.trim() === '') return 'it is not signed';
  const key = /with (\S+ key \S+)/.exec(said)?.[1];
  if (/key has expired|key is not yet valid/.test(said))
    return `it is signed with a key that was not valid then: ${sanitised(said)}`;
  if (/No principal matched/.test(said))
    return `it is signed with a key of no allowed signer${key === undefined ? '' : `: ${visible(key)}`}`;
  if (/revoked/i.test(said)) return `it is signed with a key that is revoked: ${sanitised(said)}`;
  if (/cannot run false|exit/i.test(said)) return 'it is signed in another format than ssh';
  return `its signature is not good: ${sanitised(said)}`;
}

/** GnuPG's doc/DETAILS: one line each, the key's name last. */
const statusLine = (said: string, keyword: string): string | null =>
  new RegExp(`^\\[GNUPG:\\] ${keyword} ?(.*)$`, 'm').exec(said)?.[1] ?? null;

function gpgSigner(said: string): string | null {
  const good = statusLine(said, 'GOODSIG');
  const valid = statusLine(said, 'VALIDSIG');
  if (good === null || valid === null || statusLine(said, 'TRUST_NEVER') !== null) return null;
  const name = good.slice(good.indexOf(' ') + 1);
  return `${name} (${valid.split(' ')[0]})`;
}

function whyNotGpg(said: string): string {
  if (said.trim() === '') return 'it is not signed, or not with GnuPG';
  for (const [keyword, why] of gpgReasons) {
    const found = statusLine(said, keyword);
    if (found !== null) return `${why}: ${visible(found).slice(0, 200)}`;
  }
  return `its signature is not good: ${sanitised(said)}`;
}

const gpgReasons = [
  ['REVKEYSIG', 'it is signed with a key that is revoked'],
  ['EXPKEYSIG', 'it is signed with a key that has expired'],
  ['EXPSIG', 'its signature has expired'],
  ['BADSIG', 'its signature is not of what it says'],
  ['TRUST_NEVER', 'it is signed with a key that is marked as not to be trusted'],
  ['NO_PUBKEY', 'it is signed with a key that is not in the keyring'],
  ['ERRSIG', 'its signature cannot be checked'],
] as const;
