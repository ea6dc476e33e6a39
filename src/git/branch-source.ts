import type { Binding, SignaturePolicy } from '../model/controller.ts';
import type { KeptRef, RevisionSource, Tip } from '../model/controller-ports.ts';
import { type Environment, git } from './command.ts';
import { areCommits } from './commit.ts';
import { GitError, gitFailed, reasonOf, unknownRevision } from './findings.ts';
import { followedTip } from './followed-tip.ts';
import { boundRepository } from './places.ts';
import { port } from './port.ts';
import { nothingRead, readRevision } from './read.ts';
import { isObjectName, readRef, writeRef } from './refs.ts';
import { StaleLocks } from './stale-lock.ts';
import { verifyCommit } from './verify.ts';
import { targetsOfRef } from './watched.ts';

/** Whose kept refs they are: several hosts and tenants may read one repository. */
export interface Scope {
  readonly host: string;
  readonly tenant: string;
}

export interface SourceOptions {
  /** Only its PATH is used. */
  readonly env: Environment;
  readonly scope: Scope;
  /** `null`: no commit is ever trusted; who does not ask for signatures does not ask. */
  readonly signatures: SignaturePolicy | null;
}

/**
 * A branch of a repository that is read where it is. The repository is not trusted: nothing that it configures is run, and all that is
 * written to it are the kept refs.
 */
export function branchSource(binding: Binding, { env, scope, signatures }: SourceOptions): RevisionSource {
  const own = { PATH: env.PATH };
  const locks = new StaleLocks();
  const look = async (): Promise<Tip> => {
    try {
      return await readRef(boundRepository(binding), own, binding.ref);
    } catch (error) {
      if (error instanceof GitError) return { readable: false, why: reasonOf(error) };
      throw error;
    }
  };

  const { tip, watch } = followedTip({ look, targets: () => targetsOfRef(binding), settleMs: 0 });

  return {
    tip: port(`read ${binding.ref}`, tip),
    watch: port(`watch ${binding.ref}`, watch),

    read: port('read a revision', async (key: string) => {
      try {
        boundRepository(binding);
      } catch (error) {
        if (error instanceof GitError) return nothingRead(error.diagnostic);
        throw error;
      }
      if (!isObjectName(key)) return nothingRead(unknownRevision(key, null, false));
      return readRevision({ dir: binding.repository, rosters: binding.rosters, ref: key, env: own });
    }),

    isAncestor: port('compare revisions', async (older: string, newer: string) => {
      const repository = boundRepository(binding);
      if (!isObjectName(older) || !isObjectName(newer)) return false;
      // What a commit-graph file says of parents is not what the commits say.
      const special = { settings: ['core.commitGraph=false'] };
      const { status, stderr } = await git(repository, own, ['merge-base', '--is-ancestor', older, newer], special);
      if (status === 0 || status === 1) return status === 0;
      if (!(await areCommits(repository, own, [older, newer]))) return false;
      throw new GitError(gitFailed('merge-base', stderr));
    }),

    verify: port('verify a signature', async (commit: string) => {
      if (signatures === null) return { trusted: false, why: 'no signers are configured' };
      if (!isObjectName(commit)) return { trusted: false, why: 'it is no commit' };
      return verifyCommit(boundRepository(binding), own, signatures, commit);
    }),

    keep: port('keep a revision', async (kept: KeptRef, commit: string) => {
      const repository = boundRepository(binding);
      const ref = keptRef(scope, kept);
      const found = await readRef(repository, own, ref);
      if (found.readable && found.commit === commit) return;
      try {
        await writeRef(repository, own, ref, commit);
      } catch (error) {
        if (!(await locks.remove(repository, ref))) throw error;
        await writeRef(repository, own, ref, commit);
      }
    }),

    kept: port('read a kept revision', async (kept: KeptRef) => {
      const found = await readRef(boundRepository(binding), own, keptRef(scope, kept));
      return found.readable ? found.commit : null;
    }),

    fetch: async () => {},
  };
}

/** `refs/muster/<host>-<tenant>/admitted`; what a ref may not have is written as `%2e`. */
export function keptRef({ host, tenant }: Scope, kept: KeptRef): string {
  const safe = `${host}-${tenant}`.replace(/[^A-Za-z0-9_.-]|^\.|\.(?=\.|$|lock$)/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `refs/muster/${safe}/${kept}`;
}
