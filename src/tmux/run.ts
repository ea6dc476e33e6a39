import { execFile } from 'node:child_process';
import { PortError } from '../model/ports.ts';

export interface TmuxAnswer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one tmux command on a socket, given by name or by absolute path; `input` is its standard input. Never starts a server. */
export type RunTmux = (socket: string, command: readonly string[], input?: string) => Promise<TmuxAnswer>;

/**
 * Rejects with a PortError only where tmux itself could not be asked: `unavailable` when it is not on the PATH of `env`,
 * `timeout` when the server did not answer. What tmux answers is for the caller to judge.
 */
export function tmuxRunner(env: Readonly<Record<string, string | undefined>>, deadline: number): RunTmux {
  // The messages are read here, and without UTF-8 tmux prints a separator as an underscore.
  const { TMUX: _, TMUX_PANE: __, ...rest } = env;
  const options = {
    env: { ...rest, LC_ALL: 'C.UTF-8' },
    timeout: deadline,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  } as const;
  const ask: RunTmux = (socket, command, input) =>
    new Promise((resolve, reject) => {
      const argv = ['-u', '-N', socket.startsWith('/') ? '-S' : '-L', socket, ...command];
      const child = execFile('tmux', argv, options, (error, stdout, stderr) => {
        if (error === null) resolve({ status: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr });
        else reject(unasked(error, deadline));
      });
      // One that ended without reading says so by its status.
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  return async (socket, command, input) => {
    let answer = await ask(socket, command, input);
    // What has an input does something: it may have been done.
    for (let left = input === undefined ? askedAgain : 0; left > 0 && hasEnded(answer); left -= 1) {
      // node:timers/promises would be loaded at every start.
      await new Promise((resolve) => setTimeout(resolve, ending));
      answer = await ask(socket, command);
    }
    return answer;
  };
}

/** A server that ends under load lets several in that it does not answer. */
const askedAgain = 5;
/** Milliseconds. */
const ending = 20;

/** A server that ends while it is asked says nothing of its sessions; the next one asked says that there is none. */
const hasEnded = ({ status, stderr }: TmuxAnswer): boolean => status !== 0 && /^(server exited|lost server)/m.test(stderr);

function unasked(error: Error & { readonly code?: unknown; readonly killed?: boolean }, deadline: number): PortError {
  if (error.code === 'ENOENT') return new PortError('unavailable', 'tmux is not installed, or not on PATH', { cause: error });
  if (error.killed) return new PortError('timeout', `the tmux server did not answer in ${deadline} ms`, { cause: error });
  return new PortError('failed', `tmux could not be run: ${error.message}`, { cause: error });
}
