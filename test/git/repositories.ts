import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** git as its owner would run it: with a name, and without the configuration of whoever runs the tests. */
export const ownerEnv = {
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Author',
  GIT_AUTHOR_EMAIL: 'author@example.internal',
  GIT_COMMITTER_NAME: 'Author',
  GIT_COMMITTER_EMAIL: 'author@example.internal',
};

/** What a reader is handed by its caller. */
export const env = { PATH: process.env.PATH };

/** A directory that goes when the test does. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'muster-git-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export function git(dir: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', dir, ...args], { env: ownerEnv, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export type Files = Readonly<Record<string, string | Uint8Array>>;

export function write(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Commits everything that is there; gives the commit's name. */
export function commit(root: string, message = 'Change rosters'): string {
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--allow-empty', '--message', message);
  return git(root, 'rev-parse', 'HEAD');
}

export function repository(files: Files, message?: string): string {
  const root = folder();
  git(root, 'init', '--quiet', '--initial-branch=main');
  write(root, files);
  commit(root, message);
  return root;
}
