import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { GitError, gitFailed, gitMissing } from './findings.ts';
import type { Repository } from './repository.ts';

/** What a command may give before it is ended; a repository decides how much there is to say. */
const maxOutputBytes = 64 * 1024 * 1024;
const maxErrorBytes = 16 * 1024;
/** What one command may take, in milliseconds. */
export const deadlineMs = 30_000;

/** The names by which git tells a hook where the objects of a push wait that is not accepted yet. */
const quarantineNames = ['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'] as const;

/**
 * The repository's configuration belongs to whoever wrote the repository. Only plumbing is called that has no use for any
 * of these; each is set all the same, so that a git that finds a use for one runs nothing.
 */
const overrides = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.pager=cat',
  'core.sshCommand=false',
  'core.askPass=false',
  'core.gitProxy=false',
  'core.alternateRefsCommand=false',
  'credential.helper=',
  'diff.external=',
  'protocol.allow=never',
  'gpg.program=false',
  'log.showSignature=false',
  // About the grafts that are switched off below: it would be taken for the reason of a failure.
  'advice.graftFileDeprecated=false',
] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What one command has besides; it counts over what every command has. */
export interface Special {
  /** `name=value`, as after `-c`. */
  readonly settings?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** What it reads from its standard input; only where it is run to its end. */
  readonly input?: string;
}

export interface GitOutput {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Starts one git plumbing command over a repository that is not trusted. `ended` resolves whatever its exit status; it rejects with a
 * `GitError` when git is not there, takes longer than 30 s, or is killed.
 */
export function startGit(repository: Repository, env: Environment, args: readonly string[], special: Special = {}) {
  const settings = [...overrides, ...(special.settings ?? [])].flatMap((setting) => ['-c', setting]);
  const child = spawn('git', ['--no-pager', `--git-dir=${repository.gitDir}`, ...settings, ...args], {
    env: { ...environment(repository, env), ...special.variables },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < maxErrorBytes) stderr += chunk.toString('utf8');
  });
  // A command that ends before it read everything closes the pipe; its exit status tells why.
  child.stdin.on('error', () => {});
  const ended = new Promise<{ readonly status: number; readonly stderr: string }>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(new GitError(error.code === 'ENOENT' ? gitMissing() : gitFailed(args[0] ?? '', error.message)));
    });
    child.on('close', (status) => {
      if (status === null) reject(new GitError(gitFailed(args[0] ?? '', 'it did not end in time, or was killed')));
      else resolve({ status, stderr });
    });
  });
  ended.catch(() => 'met by whoever waits for it');
  return { stdin: child.stdin, stdout: child.stdout, kill: () => child.kill('SIGKILL'), ended };
}

/** Runs one to its end, and gives what it said; rejects also when it says more than 64 MiB. */
export async function git(
  repository: Repository,
  env: Environment,
  args: readonly string[],
  special: Special = {},
): Promise<GitOutput> {
  const child = startGit(repository, env, args, special);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) child.kill();
    else chunks.push(chunk);
  });
  child.stdin.end(special.input ?? '');
  const ended = await child.ended.catch((error: unknown) => {
    throw bytes > maxOutputBytes ? new GitError(gitFailed(args[0] ?? '', `it gave more than ${maxOutputBytes} bytes`)) : error;
  });
  return { ...ended, stdout: Buffer.concat(chunks) };
}

/** Without what is relative to wherever git is run. */
export const searchPath = (env: Environment): string => (env.PATH ?? '/usr/bin:/bin').split(':').filter(isAbsolute).join(':');

/** Built from nothing: whatever steers git in the caller's environment stays behind, but for the places of its own repository. */
function environment(repository: Repository, env: Environment): Record<string, string> {
  const quarantine = repository.isCallers ? quarantineNames.flatMap((name) => (env[name] ? [[name, env[name]]] : [])) : [];
  return {
    PATH: searchPath(env),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    // What a partial clone lacks would be fetched, by a program that its configuration names.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    ...Object.fromEntries(quarantine),
  };
}
