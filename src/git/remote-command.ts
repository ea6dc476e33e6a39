import { spawn } from 'node:child_process';
import { type Environment, searchPath } from './command.ts';
import { transports } from './remote-url.ts';

const maxOutputBytes = 1024 * 1024;
const lingerMs = 1000;

/** What of git's own variables is the tenant's to say: how a remote is reached and who the tenant is there. */
const tenants =
  /^GIT_(?:SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_SSL_\w+|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM)$/;

const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'fetch.recurseSubmodules=false',
  'fetch.prune=false',
  'init.defaultBranch=main',
] as const;

export interface RemoteOutput {
  /** `null` when it took too long and was ended, with all that it had started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one git command that may reach a remote, with the tenant's own configuration and credentials, but without anybody to ask: what
 * needs a password that is not there fails. Rejects when git is not there.
 *
 * @param gitDir a repository of our own making; `null` where none is needed
 */
export async function remoteGit(
  gitDir: string | null,
  env: Environment,
  args: readonly string[],
  deadlineMs: number,
): Promise<RemoteOutput> {
  const place = gitDir === null ? [] : [`--git-dir=${gitDir}`];
  const base = environment(env);
  const ssh = base.GIT_SSH_COMMAND ?? (await configuredSsh(place, base)) ?? (base.GIT_SSH === undefined ? 'ssh' : null);
  const variables = ssh === null ? {} : { GIT_SSH_COMMAND: `${ssh} -oBatchMode=yes` };
  const options = settings.flatMap((setting) => ['-c', setting]);
  return run(['--no-pager', ...place, ...options, ...args], { ...base, ...variables }, deadlineMs);
}

async function configuredSsh(place: readonly string[], env: Record<string, string>): Promise<string | null> {
  const { status, stdout } = await run([...place, 'config', '--get', 'core.sshCommand'], env, 10_000);
  return status === 0 ? stdout.trim() || null : null;
}

function environment(env: Environment): Record<string, string> {
  const own = Object.entries(env).filter(
    ([name]) => (!name.startsWith('GIT_') || tenants.test(name)) && name !== 'SSH_ASKPASS' && name !== 'DISPLAY',
  );
  return {
    ...Object.fromEntries(own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    PATH: searchPath(env),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    SSH_ASKPASS_REQUIRE: 'never',
    GIT_ALLOW_PROTOCOL: transports.join(':'),
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}

function run(args: readonly string[], env: Record<string, string>, deadlineMs: number): Promise<RemoteOutput> {
  return new Promise((resolve, reject) => {
    // A process group of its own: what git starts to reach a remote ends with it.
    const child = spawn('git', args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const endAll = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // They have ended by themselves.
      }
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endAll();
    }, deadlineMs);
    let lingering: NodeJS.Timeout | undefined;
    process.once('exit', endAll);
    const settle = (): void => {
      clearTimeout(timer);
      clearTimeout(lingering);
      process.off('exit', endAll);
    };
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        if (said[stream].length < maxOutputBytes) said[stream] += chunk.toString('utf8');
      });
    }
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    // What it left behind in the background, such as a shared connection, may never close them.
    child.on('exit', () => {
      lingering = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, lingerMs);
    });
    child.on('close', (status) => {
      settle();
      resolve({ status: isLate ? null : (status ?? 128), ...said });
    });
  });
}
