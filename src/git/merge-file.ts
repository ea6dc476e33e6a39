import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, git } from './command.ts';
import { GitError, gitFailed } from './findings.ts';
import type { Repository } from './repository.ts';

/** The three texts brought together; `clean` where no change of one side stands where the other has another. */
export function mergeTexts(
  repository: Repository,
  env: Environment,
  texts: { readonly mine: string; readonly base: string; readonly theirs: string },
): Promise<{ readonly text: string; readonly clean: boolean }> {
  return withFiles(texts, async ({ mine, base, theirs }) => {
    const { status, stdout, stderr } = await git(repository, env, ['merge-file', '-p', mine, base, theirs]);
    // The status is the number of conflicts, at most 127.
    if (status > 127) throw new GitError(gitFailed('merge-file', stderr));
    return { text: stdout.toString('utf8'), clean: status === 0 };
  });
}

/** Git merges files; these are for nobody else to read, and gone afterwards. */
async function withFiles<Name extends string, T>(
  texts: Readonly<Record<Name, string>>,
  work: (files: Readonly<Record<Name, string>>) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-'));
  try {
    const files = {} as Record<Name, string>;
    for (const [name, text] of Object.entries<string>(texts) as [Name, string][]) {
      files[name] = join(directory, name);
      await writeFile(files[name], text, { mode: 0o600 });
    }
    return await work(files);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
