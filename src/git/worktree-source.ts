import type { Binding } from '../model/controller.ts';
import type { RevisionSource, Tip } from '../model/controller-ports.ts';
import { digestOfJson } from '../model/digest.ts';
import type { RevisionFiles } from '../model/roster.ts';
import type { Environment } from './command.ts';
import { followedTip } from './followed-tip.ts';
import { port } from './port.ts';
import { readWorktree } from './read.ts';
import { targetsOfFolder } from './watched.ts';

/** An editor may write a file in more than one step. */
const settleMs = 100;

/**
 * Files as they are on disk, committed or not. They have no history, so any state follows any other; no signature, so none is ever
 * trusted; and nothing to keep.
 *
 * @param env only its PATH is used
 */
export function worktreeSource(
  { repository, rosters }: Pick<Binding, 'repository' | 'rosters'>,
  env: Environment,
): RevisionSource {
  const own = { PATH: env.PATH };
  const read = (): Promise<RevisionFiles> => readWorktree({ dir: repository, rosters, env: own });
  const { tip, watch } = followedTip({
    look: async () => tipOf(await read()),
    targets: () => targetsOfFolder(repository, rosters),
    settleMs,
  });

  return {
    tip: port('read the working tree', tip),
    watch: port('watch the working tree', watch),
    read: port('read the working tree', read),
    isAncestor: async () => true,
    verify: async () => ({ trusted: false, why: 'files that are not committed carry no signature' }),
    keep: async () => {},
    kept: async () => null,
    fetch: async () => {},
  };
}

/** The key is the digest of all that was read, findings and consent among it. */
function tipOf({ rosters, roles, diagnostics, trailers, root, folder }: RevisionFiles): Tip {
  if (root === null) {
    const gone = diagnostics.find(({ code }) => code === 'git/not-a-repository');
    if (gone !== undefined) return { readable: false, why: gone.detail ?? gone.summary };
  }
  return { readable: true, key: digestOfJson({ rosters, roles, diagnostics, trailers, folder }), commit: null };
}
