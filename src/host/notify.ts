import { execFile } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Tells systemd about this service: sd_notify(3). Nothing here rejects, and outside a service that waits for it nothing is done. What is
 * told at once is told in order.
 */
export interface ServiceNotifier {
  ready(status: string): Promise<void>;
  status(text: string): Promise<void>;
  /** Still starting: it is not late before so many milliseconds have passed. */
  starting(ms: number): Promise<void>;
  /** Feeds the watchdog. */
  alive(): Promise<void>;
  /** Both: for who has nothing to do before the next time, so that a word that got lost under load is said again. */
  readyAndAlive(status: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(status: string): Promise<void>;
}

/**
 * Runs systemd-notify from the PATH of `env`, as Node has no Unix datagram sockets; so the unit needs `NotifyAccess=all`. A telling that
 * takes longer than `deadline` milliseconds is given up.
 */
export function serviceNotifier(env: Environment, deadline = 5000): ServiceNotifier {
  const { NOTIFY_SOCKET, PATH } = env;
  const options = { env: { NOTIFY_SOCKET, PATH }, timeout: deadline, killSignal: 'SIGKILL' } as const;
  let last = Promise.resolve();
  let told = '';

  const tell = (...assignments: readonly string[]): Promise<void> => {
    if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return last;
    last = last.then(
      () =>
        new Promise((resolve) => {
          execFile('systemd-notify', assignments, options, () => resolve());
        }),
    );
    return last;
  };
  const statusOf = (text: string): string => {
    told = oneLine(text);
    return `STATUS=${told}`;
  };

  return {
    ready: (text) => tell('READY=1', statusOf(text)),
    status: (text) => (oneLine(text) === told ? last : tell(statusOf(text))),
    starting: (ms) => tell(`EXTEND_TIMEOUT_USEC=${ms * 1000}`),
    alive: () => tell('WATCHDOG=1'),
    readyAndAlive: (text) => tell('READY=1', 'WATCHDOG=1', statusOf(text)),
    reloading: () => tell('RELOADING=1'),
    stopping: (text) => tell('STOPPING=1', statusOf(text)),
  };
}

/** More than anybody reads in a line of `systemctl status`. */
const longest = 300;

// A control character could end the assignment and begin another.
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, longest);

/** How often systemd wants to be told that process `pid` is alive, in milliseconds; `null` where it does not. */
export function watchdogMs(env: Environment, pid: number): number | null {
  const { WATCHDOG_USEC = '', WATCHDOG_PID } = env;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(pid)) return null;
  return /^[1-9]\d{0,15}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) / 1000 : null;
}
