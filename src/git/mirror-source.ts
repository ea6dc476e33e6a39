import type { RevisionSource } from '../model/controller-ports.ts';
import { messageOf } from '../model/message-of.ts';
import { PortError } from '../model/ports.ts';
import { branchSource, type SourceOptions } from './branch-source.ts';
import type { Environment } from './command.ts';
import { fetchMirror, mirrorRef, type Remote } from './mirror.ts';
import { port } from './port.ts';
import { isRefName } from './refs.ts';
import { remoteGit } from './remote-command.ts';
import { shownUrl, urlFault } from './remote-url.ts';

const defaultDeadlineMs = 60_000;

export type MirrorOptions = Omit<SourceOptions, 'env'> &
  Omit<Remote, 'deadlineMs'> & {
    /** Roster directory, relative to the root of the repository. */
    readonly rosters: string;
    /** For one fetch; 60 s. */
    readonly deadlineMs?: number;
  };

/**
 * A branch of a remote, by way of a bare repository of our own: `fetch` brings it, everything else reads what was fetched last. Whether
 * it may have been moved back is not judged here.
 */
export function mirrorSource(options: MirrorOptions): RevisionSource {
  const { url, ref, directory, rosters, env } = options;
  const source = branchSource({ repository: directory, ref: mirrorRef(ref), rosters }, options);
  const remote = { url, ref, directory, env, deadlineMs: options.deadlineMs ?? defaultDeadlineMs };
  let tipKey: string | null = null;
  /** The tip whose contents are not all there, and the one for which all was fetched anew already. */
  let suspect: string | null = null;
  let cleared: string | null = null;
  let fetching: Promise<void> | null = null;
  let unfetched: string | null = null;

  const fetchAnew = port(`fetch ${shownUrl(url)}`, async () => {
    const isSuspect = suspect !== null && suspect !== cleared;
    await fetchMirror(remote, isSuspect);
    if (isSuspect) cleared = suspect;
    suspect = null;
  });

  return {
    ...source,
    tip: async () => {
      const tip = await source.tip();
      tipKey = tip.readable ? tip.key : null;
      return tip.readable ? tip : { readable: false, why: `nothing of ${ref} is there from ${shownUrl(url)}: ${tip.why}` };
    },
    read: async (key) => {
      const files = await source.read(key);
      const isBroken = files.diagnostics.some(({ code }) => code === 'git/failed' || code === 'git/unknown-revision');
      if (isBroken && key === tipKey) suspect = key;
      return files;
    },
    fetch: () => {
      fetching ??= fetchAnew()
        .then(
          () => {
            unfetched = null;
          },
          (error: unknown) => {
            unfetched = messageOf(error);
            throw error;
          },
        )
        .finally(() => {
          fetching = null;
        });
      return fetching;
    },
    unfetched: () => unfetched,
  };
}

/**
 * Full name of the branch of a remote to follow: the one named, or its default branch, for which it is asked. Rejects with a `PortError`.
 */
export const remoteBranch = port('find the branch of the remote', async (url: string, ref: string | null, env: Environment) => {
  const fault = urlFault(url);
  if (fault !== null) throw new PortError('refused', `${shownUrl(url)} is not fetched from: ${fault}`);
  if (ref !== null && ref !== 'HEAD') {
    const full = ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
    if (isRefName(full)) return full;
    throw new PortError('refused', 'what is named is no branch');
  }
  const { stdout } = await remoteGit(null, env, ['ls-remote', '--symref', '--', url, 'HEAD'], defaultDeadlineMs);
  const branch = /^ref: (\S+)\tHEAD$/m.exec(stdout)?.[1] ?? '';
  if (isRefName(branch)) return branch;
  throw new PortError('unavailable', `${shownUrl(url)} does not say what its default branch is`);
});
