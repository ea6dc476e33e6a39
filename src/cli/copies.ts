import { isUtf8 } from 'node:buffer';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Environment } from '../git/command.ts';
import { GitError } from '../git/findings.ts';
import { isRoleName, isRosterName, rolesFolder } from '../git/layout.ts';
import { readRevision, readWorktree } from '../git/read.ts';
import { findRepository, type Repository } from '../git/repository.ts';
import { listFolders, readFile } from '../git/worktree.ts';
import { type Diagnostic, isError } from '../model/diagnostic.ts';
import type { Found, Seeds, Shipped } from '../update/copies.ts';
import type { Context } from './context.ts';
import { Refusal, refuse } from './refusal.ts';

export interface Place {
  readonly repository: Repository;
  readonly root: string;
  readonly folder: string;
}

export const largest = 1024 * 1024;

/** `null` where no directory is named, and the current one holds no working tree with rosters. */
export async function locate(
  { dir, rosters }: { readonly dir: string | undefined; readonly rosters: string },
  { cwd, env }: Pick<Context, 'cwd' | 'env'>,
): Promise<Place | null> {
  const where = path.resolve(cwd, dir ?? '.');
  try {
    const repository = findRepository(where, env);
    if (repository.gitDir === repository.root) throw noWorkingTree(where);
    const { root, folder, diagnostics } = await readWorktree({ dir: where, rosters, env });
    if (root !== null && folder !== null) return { repository, root, folder };
    throw new Refusal(diagnostics.filter(isError));
  } catch (error) {
    if (!(error instanceof GitError) && !(error instanceof Refusal)) throw error;
    if (dir === undefined) return null;
    throw error instanceof Refusal
      ? error
      : new Refusal([{ ...error.diagnostic, hint: 'Name a working tree of git that holds rosters.' }]);
  }
}

/** Files that may be copies, as they are; those that have to be left out give findings. */
export async function readFound(
  { root, folder }: Place,
  known: Seeds,
  shipped: Shipped,
  env: Environment,
): Promise<{ readonly found: readonly Found[]; readonly findings: readonly Diagnostic[] }> {
  const roles = rolesFolder(folder);
  const listings = await listFolders(root, [folder, roles]);
  const head = await readRevision({ dir: root, rosters: folder === '' ? '.' : folder, ref: 'HEAD', env });
  const committed = new Map([...head.rosters, ...head.roles].map(({ file, text }) => [file, text]));
  const found: Found[] = [];
  const findings: Diagnostic[] = [];
  for (const [below, isOne] of [
    [folder, isRosterName],
    [roles, isRoleName],
  ] as const) {
    const listing = listings.get(below);
    if (listing?.kind === 'symlink' && below === roles)
      findings.push(leftAlone(below, 'it is a symbolic link, which is never followed', 'Put the directory itself there.'));
    if (listing?.kind !== 'folder') continue;
    for (const { name, kind, bytes } of listing.entries.filter((entry) => isOne(entry.name))) {
      const file = path.posix.join(below, name);
      const inFolder = path.posix.relative(folder, file);
      if (!Object.hasOwn(known, inFolder) && below === roles && !Object.hasOwn(shipped, inFolder)) continue;
      const read = kind === 'file' && bytes <= largest ? await readFile(root, file, largest) : null;
      const why = whyNot(kind, bytes, read);
      if (why !== null || read === null) {
        if (Object.hasOwn(known, inFolder) || below === roles) findings.push(leftAlone(file, why ?? 'it cannot be read', mend));
        continue;
      }
      const text = read.toString('utf8');
      found.push({
        path: inFolder,
        text,
        beside: await besideOf(root, file),
        committed: committed.get(file) === text.replace(/^\uFEFF/, ''),
      });
    }
  }
  return { found, findings };
}

/** What stands where the new one would come: empty for what is no file that can be read. */
async function besideOf(root: string, file: string): Promise<string | null> {
  const stats = await lstat(path.join(root, `${file}.new`)).catch(() => null);
  if (stats === null) return null;
  return (await readFile(root, `${file}.new`, largest))?.toString('utf8') ?? '';
}

const mend = 'Put a text file there that can be read, then: muster update';

function whyNot(kind: string, bytes: number, read: Buffer | null): string | null {
  if (kind === 'symlink') return 'it is a symbolic link, which is never followed';
  if (kind !== 'file') return 'it is no regular file';
  if (bytes > largest) return 'it is over 1 MiB';
  if (read === null) return 'it cannot be read';
  return isUtf8(read) ? null : 'it is not UTF-8';
}

export const leftAlone = (file: string, why: string, hint: string): Diagnostic => ({
  severity: 'warning',
  code: 'update/left-alone',
  summary: `${file} is left as it is: ${why}`,
  hint,
  place: { file, line: 1, column: 1 },
});

const noWorkingTree = (where: string): Refusal =>
  refuse({
    code: 'git/not-a-repository',
    summary: `${where} has no working tree`,
    detail: 'Copies are updated in files, for you to look at and to commit.',
    hint: 'Name a clone of it.',
  });
