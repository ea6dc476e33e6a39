import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PortError } from '../model/ports.ts';
import { type Environment, git } from './command.ts';
import { sanitised } from './findings.ts';
import { boundRepository } from './places.ts';
import { readRef, writeRef } from './refs.ts';
import { remoteGit } from './remote-command.ts';
import { shownUrl, urlFault } from './remote-url.ts';

export interface Remote {
  readonly url: string;
  /** Full name of the branch there. */
  readonly ref: string;
  /** Of the bare repository that is ours; beside it are `….new` and `….old` while it is made anew. */
  readonly directory: string;
  /** The tenant's own: configuration and credentials are used. */
  readonly env: Environment;
  readonly deadlineMs: number;
}

/** Where the branch of the remote is kept in the mirror: no ref that git itself would ever move. */
export const mirrorRef = (ref: string): string => `refs/remotes/origin/${ref.replace(/^refs\//, '')}`;

/**
 * Brings the mirror to what the branch of the remote names now, wherever it named before. One that is damaged is made anew beside it,
 * and takes its place once everything is there. Rejects with a `PortError`; what was fetched before stays.
 */
export async function fetchMirror(remote: Remote, isSuspect: boolean): Promise<void> {
  const fault = urlFault(remote.url);
  if (fault !== null) throw new PortError('refused', `${shownUrl(remote.url)} is not fetched from: ${fault}`);
  await restore(remote.directory);
  if (!existsSync(remote.directory)) await makeEmpty(remote, remote.directory);
  if (isSuspect) return await makeAnew(remote);
  try {
    await fetchInto(remote, remote.directory);
  } catch (error) {
    if (!(await isDamaged(remote, error))) throw error;
    await makeAnew(remote);
  }
}

/** A crash between the two renames of an exchange leaves nothing in the mirror's place. */
async function restore(directory: string): Promise<void> {
  if (!existsSync(directory) && existsSync(`${directory}.old`)) await rename(`${directory}.old`, directory);
}

async function makeEmpty(remote: Remote, directory: string): Promise<void> {
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(directory), { recursive: true });
  await said(remote, remoteGit(null, remote.env, ['init', '--quiet', '--bare', '--template=', '--', draft], remote.deadlineMs));
  await rename(draft, directory);
}

async function fetchInto(remote: Remote, directory: string): Promise<void> {
  const options = ['--quiet', '--force', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
  const refspec = `+${remote.ref}:${mirrorRef(remote.ref)}`;
  await said(remote, remoteGit(directory, remote.env, ['fetch', ...options, '--', remote.url, refspec], remote.deadlineMs));
}

async function said(remote: Remote, output: ReturnType<typeof remoteGit>): Promise<void> {
  const { status, stderr } = await output;
  if (status === 0) return;
  const shown = shownUrl(remote.url);
  if (status === null) throw new PortError('timeout', `${shown} gave no answer within ${remote.deadlineMs / 1000} s`);
  const why = sanitised(stderr) || `git ended with ${status}`;
  throw new PortError('unavailable', `${shown}: ${why}`, { cause: new Error(why) });
}

/** What git says of a repository that is not whole, or of a lock that nobody holds any more. What the remote says is marked as its words. */
const damage =
  /corrupt|bad object|bad ref|bad config|bad tree|not a git repository|unable to (?:unpack|resolve|parse)|unable to create '[^']*\.lock'|cannot lock ref|unexpected line|packfile \S+ (?:cannot|does)|object file|did not send all necessary objects|mismatched algorithms/i;

async function isDamaged(remote: Remote, error: unknown): Promise<boolean> {
  if (!(error instanceof PortError) || error.kind === 'timeout') return false;
  const words = error.message.split('; ').filter((line) => !line.includes('remote:'));
  if (damage.test(words.join('\n'))) return true;
  try {
    const repository = boundRepository({ repository: remote.directory });
    const { readable } = await readRef(repository, remote.env, mirrorRef(remote.ref));
    if (!readable) return false;
    return (await git(repository, remote.env, ['cat-file', '-e', `${mirrorRef(remote.ref)}^{tree}`])).status !== 0;
  } catch {
    return true;
  }
}

async function makeAnew(remote: Remote): Promise<void> {
  const { directory } = remote;
  const [fresh, old] = [`${directory}.new`, `${directory}.old`];
  await rm(fresh, { recursive: true, force: true });
  try {
    await makeEmpty(remote, fresh);
    await fetchInto(remote, fresh);
    await carryKept(remote, fresh);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  await rm(old, { recursive: true, force: true });
  await rename(directory, old);
  await rename(fresh, directory);
  await rm(old, { recursive: true, force: true });
}

/** What was kept in the damaged one is kept on, as far as it can be had. */
async function carryKept({ directory, env, deadlineMs }: Remote, fresh: string): Promise<void> {
  try {
    const from = boundRepository({ repository: directory });
    const to = boundRepository({ repository: fresh });
    const listed = await git(from, env, ['for-each-ref', '--format=%(refname)', 'refs/muster']);
    for (const ref of listed.stdout.toString('utf8').split('\n').filter(Boolean)) {
      const kept = await readRef(from, env, ref);
      if (!kept.readable || kept.commit === null) continue;
      const isThere = await writeRef(to, env, ref, kept.commit).then(
        () => true,
        () => false,
      );
      if (!isThere) await remoteGit(fresh, env, ['fetch', '--quiet', '--no-tags', '--', directory, `+${ref}:${ref}`], deadlineMs);
    }
  } catch {
    // The commits themselves are in the branch, as long as it was not moved back.
  }
}
