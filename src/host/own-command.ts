import { execFile } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a command of ours has to know of whom it runs for; a secret of whoever starts it is not among it. */
const passed: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'MOSAIC_HOME',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
];

const maxOutputBytes = 4 * 1024 * 1024;

export interface Ended {
  /** `null`: it did not end by itself, or could not be started. */
  readonly status: number | null;
  readonly stdout: string;
}

/** Runs a command of this program and gives what it said. It is ended after `withinMs`, and when `stop` is aborted. Never rejects. */
export function runOwn(argv: readonly string[], env: Environment, withinMs: number, stop?: AbortSignal): Promise<Ended> {
  const [program = '', ...args] = argv;
  const own = Object.fromEntries(passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        env: { ...own, NO_COLOR: '1' },
        timeout: withinMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxOutputBytes,
        ...(stop && { signal: stop }),
      },
      (error, stdout) => resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout }),
    );
    child.stdin?.end();
  });
}
