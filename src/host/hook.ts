import { type ExecFileException, execFile } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/** What one run of it may take, in milliseconds. */
export const hookMs = 30_000;
const maxOutputBytes = 64 * 1024;

/** What is of use to a service alone. */
const ownVariables: ReadonlySet<string> = new Set([
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'JOURNAL_STREAM',
  'INVOCATION_ID',
]);

/** Runs a program of the operator's with these facts in its environment. Rejects when it fails, says too much, or takes longer than 30 s. */
export function runHook(argv: readonly string[], facts: Readonly<Record<string, string>>, env: Environment): Promise<void> {
  const [program = '', ...args] = argv;
  const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => !ownVariables.has(name)));
  const options = { env: { ...inherited, ...facts }, timeout: hookMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error) => (error === null ? resolve() : reject(reasonOf(error))));
    child.stdin?.end();
    // What it leaves running in the background may keep its output open.
    child.once('exit', () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  });
}

/** In one line; what the program said is its own affair. */
function reasonOf({ code, signal, killed, message }: ExecFileException): Error {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return new Error(`it said more than ${maxOutputBytes} bytes`);
  if (killed === true) return new Error(`it took longer than ${hookMs / 1000} s`);
  if (typeof code === 'number') return new Error(`it ended with exit status ${code}`);
  return new Error(signal == null ? message.trim() : `it was ended by ${signal}`);
}
