import { spawn } from 'node:child_process';
import type { Environment } from './command.ts';
import { GitError, gitFailed, gitMissing } from './findings.ts';

const maxOutputBytes = 1024 * 1024;

/** They would lead git to another repository than the one that is named. */
const elsewhere = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
];

export interface OwnOutput {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * git as its user runs it, in a working tree that is the user's own: with their configuration, identity, hooks and signing. git itself refuses
 * a repository that somebody else owns. Rejects with a `GitError` where git is not there.
 */
export function ownGit(root: string, env: Environment, args: readonly string[], input = ''): Promise<OwnOutput> {
  const child = spawn('git', ['--no-pager', '-C', root, ...args], {
    env: { ...without(env, elsewhere), GIT_LITERAL_PATHSPECS: '1', GIT_EDITOR: 'true' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      if (said[name].length < maxOutputBytes) said[name] += chunk.toString('utf8');
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new GitError(error.code === 'ENOENT' ? gitMissing() : gitFailed(args[0] ?? '', error.message))),
    );
    child.on('close', (status) => resolve({ status: status ?? 1, ...said }));
  });
}

const without = (env: Environment, names: readonly string[]): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
