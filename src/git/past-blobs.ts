import { createHash } from 'node:crypto';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed } from './findings.ts';
import type { Repository } from './repository.ts';

/** Whether a file, named from the root, was once committed with this very text, on the way to the commit that is checked out. */
export type WasOnce = (file: string, text: string) => boolean;

/** `folder` is the part of the repository that is asked about. A repository without a commit has no past. */
export async function pastOf(repository: Repository, folder: string, env: Environment): Promise<WasOnce> {
  const args = [
    'log',
    '--format=',
    '--raw',
    '-z',
    '--no-abbrev',
    '--no-renames',
    '-m',
    'HEAD',
    '--',
    folder === '' ? '.' : folder,
  ];
  const { status, stdout, stderr } = await git(repository, env, args);
  if (status !== 0) {
    if (/unknown revision|bad revision|does not have any commits/.test(stderr)) return () => false;
    throw new GitError(gitFailed('log', stderr));
  }
  const past = blobsByFile(stdout.toString('utf8'));
  return (file, text) => {
    const ids = past.get(file);
    return ids !== undefined && [...idsOf(text)].some((id) => ids.has(id));
  };
}

function blobsByFile(raw: string): ReadonlyMap<string, ReadonlySet<string>> {
  const files = new Map<string, Set<string>>();
  const words = raw.split('\0').map((word) => word.replace(/^\n+/, ''));
  for (const [index, word] of words.entries()) {
    const id = /^:\d{6} \d{6} [0-9a-f]+ ([0-9a-f]+) [A-Z]/.exec(word)?.[1];
    const file = words[index + 1];
    if (id === undefined || file === undefined) continue;
    files.set(file, (files.get(file) ?? new Set()).add(id));
  }
  return files;
}

/** The name of a blob in a repository of either kind. */
function idsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  return ['sha1', 'sha256'].map((kind) => createHash(kind).update(`blob ${bytes.length}\0`).update(bytes).digest('hex'));
}
