import { join } from 'node:path';
import type { Tip } from '../model/controller-ports.ts';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed, sanitised } from './findings.ts';
import { commonDirectory, textOf } from './places.ts';
import type { Repository } from './repository.ts';

const maxRefBytes = 1024;
const maxPackedBytes = 32 * 1024 * 1024;

/** Kinds of refs that name commits and nothing else, and that all worktrees share: their files can be read without git. */
const plain = /^refs\/(?:heads|muster|remotes(?!\/origin\/tags))\//;

/** git-check-ref-format(1), for a full name; what passes is safe in a path and on a command line. */
export const isRefName = (ref: string): boolean =>
  ref.length <= 500 &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a ref may not have
  !/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/u.test(ref) &&
  /^refs\/./.test(ref) &&
  ref.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));

export const isObjectName = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) && !/^0+$/.test(text);

/**
 * What a ref names. A file of a branch, or the list of packed ones, answers without a process; whatever is not plain in them (a tag,
 * another way to keep refs, damage) git is asked about. Rejects with a `GitError` when git is not there or hangs.
 */
export async function readRef(repository: Repository, env: Environment, ref: string): Promise<Tip> {
  const commit =
    (plain.test(ref) ? await fromFiles(commonDirectory(repository), ref) : null) ?? (await fromGit(repository, env, ref));
  return typeof commit === 'string' ? { readable: true, key: commit, commit } : commit;
}

/** In this order: git lists a packed ref before it removes its file. */
async function fromFiles(common: string, ref: string): Promise<string | Tip | null> {
  const loose = await textOf(join(common, ref), maxRefBytes);
  if (loose === 'odd') return null;
  // git would open it, and hang.
  if (loose === 'no-file') return { readable: false, why: `what stands in the place of ${ref} is no file` };
  if (loose !== 'missing') return objectName(loose.text.trimEnd());
  const [packed, reftable] = await Promise.all([
    textOf(join(common, 'packed-refs'), maxPackedBytes),
    textOf(join(common, 'reftable/tables.list'), maxPackedBytes),
  ]);
  if (typeof packed === 'string' || reftable !== 'missing') return null;
  const at = packed.text.indexOf(` ${ref}\n`);
  return at < 0 ? null : objectName(packed.text.slice(packed.text.lastIndexOf('\n', at) + 1, at));
}

const objectName = (text: string): string | null => (isObjectName(text) ? text : null);

async function fromGit(repository: Repository, env: Environment, ref: string): Promise<string | Tip> {
  const { status, stdout, stderr } = await git(repository, env, ['show-ref', '--verify', '--dereference', '--', ref]);
  // Of an annotated tag the last line is the commit.
  const [name = ''] = stdout.toString('utf8').trim().split('\n').at(-1)?.split(' ') ?? [];
  if (status === 0 && isObjectName(name)) return name;
  const why = /not a valid ref/.test(stderr) ? `there is no commit at ${ref}` : sanitised(stderr) || `${ref} cannot be read`;
  return { readable: false, why };
}

/**
 * Makes a ref name a commit. Never through a symbolic ref: one that somebody put there would lead to a branch. Rejects with a
 * `GitError`.
 */
export async function writeRef(repository: Repository, env: Environment, ref: string, commit: string): Promise<void> {
  if (!isRefName(ref) || !isObjectName(commit)) throw new GitError(gitFailed('update-ref', `${ref} or ${commit} is no name`));
  const written = await git(repository, env, ['update-ref', '--no-deref', ref, commit], {
    settings: ['core.logAllRefUpdates=false'],
  });
  if (written.status !== 0) throw new GitError(gitFailed('update-ref', written.stderr));
}
