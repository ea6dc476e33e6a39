import { type ChildProcess, spawn } from 'node:child_process';
import { PortError } from '../model/ports.ts';
import { argvOf, environmentFor, type RunTmux, type TmuxAnswer, tmuxRunner } from './run.ts';

/** Runs tmux for whoever asks the same again and again. */
export interface StandingTmux {
  readonly run: RunTmux;
  end(): void;
}

/**
 * As `tmuxRunner`, but a shell stands by that starts tmux: to fork a process of the size of Node takes milliseconds, in which this one does
 * nothing else. The shell knows one command, the last that was asked; what it cannot do as asked is done in the ordinary way.
 */
export function standingTmux(env: Readonly<Record<string, string | undefined>>, deadline: number): StandingTmux {
  const ordinary = tmuxRunner(env, deadline);
  let shell: Shell | null = null;
  const run: RunTmux = async (socket, command, input) => {
    const argv = argvOf(socket, command);
    if (input !== undefined || shell?.isBusy === true) return ordinary(socket, command, input);
    if (shell === null || shell.hasEnded || !shell.knows(argv)) {
      shell?.end();
      shell = new Shell(argv, env);
    }
    return (await shell.ask(deadline)) ?? ordinary(socket, command);
  };
  return { run, end: () => shell?.end() };
}

/** Each line that it reads is a question; no answer of tmux has a NUL in it. */
const script = String.raw`while read -r _; do tmux "$@" </dev/null 2>/dev/null; printf '\0%s\n' "$?"; done`;

class Shell {
  isBusy = false;
  hasEnded = false;
  readonly #argv: readonly string[];
  readonly #process: ChildProcess;

  constructor(argv: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.#argv = argv;
    // In a group of its own, to be ended with the tmux that it waits for. It ends by itself when its input does.
    this.#process = spawn('sh', ['-c', script, 'sh', ...argv], {
      env: environmentFor(env),
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const { stdin, stdout } = this.#process;
    const over = (): void => {
      this.hasEnded = true;
    };
    this.#process.on('error', over).on('exit', over);
    for (const stream of [stdin, stdout]) stream?.on('error', over);
    this.#keepAlive(false);
  }

  knows(argv: readonly string[]): boolean {
    return argv.length === this.#argv.length && argv.every((word, index) => word === this.#argv[index]);
  }

  /** `null`: tmux failed, or could not be asked in this way. Rejects where it does not answer in time. */
  ask(deadline: number): Promise<TmuxAnswer | null> {
    const { stdin, stdout } = this.#process;
    if (stdin === null || stdout === null) return Promise.resolve(null);
    this.isBusy = true;
    this.#keepAlive(true);
    return new Promise<TmuxAnswer | null>((resolve, reject) => {
      const chunks: Buffer[] = [];
      let isTold = false;
      const done = (answer: TmuxAnswer | null): void => {
        clearTimeout(timer);
        stdout.off('data', take).off('close', gone);
        this.#process.off('error', gone);
        this.isBusy = false;
        this.#keepAlive(false);
        resolve(answer);
      };
      const take = (chunk: Buffer): void => {
        chunks.push(chunk);
        isTold ||= chunk.includes(0);
        if (!isTold || chunk.at(-1) !== newline) return;
        const [answer = '', status] = Buffer.concat(chunks).toString('utf8').split('\0');
        done(status === '0\n' ? { status: 0, stdout: answer, stderr: '' } : null);
      };
      const gone = (): void => done(null);
      const timer = setTimeout(() => {
        this.end();
        reject(new PortError('timeout', `the tmux server did not answer in ${deadline} ms`));
      }, deadline);
      stdout.on('data', take).once('close', gone);
      this.#process.once('error', gone);
      stdin.write('\n');
    });
  }

  end(): void {
    this.hasEnded = true;
    const { pid } = this.#process;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }

  /** It keeps nobody waiting but who has asked. */
  #keepAlive(isAsked: boolean): void {
    const { stdin, stdout } = this.#process;
    for (const handle of [this.#process, stdin, stdout]) {
      if (handle !== null && 'ref' in handle && 'unref' in handle) (isAsked ? handle.ref : handle.unref).call(handle);
    }
  }
}

const newline = 0x0a;
