import { spawn } from 'node:child_process';

export interface OwnSession {
  /** Absolute path. */
  readonly socket: string;
  readonly session: string;
  /** What runs in it, where it is not there already. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a program in a session has to know of whoever opened it, where the server does not. */
const passed: readonly string[] = [
  'MOSAIC_HOME',
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'NO_COLOR',
  'TZ',
  'LANG',
  'LC_ALL',
];

/**
 * Shows a session of the fleet's tmux server in this terminal, which is made where it is missing, until it ends or is left. Gives tmux's exit
 * status; `null` where tmux could not be started. A link that breaks leaves the session as it is.
 */
export function attachOwnSession({ socket, session, argv, env }: OwnSession): Promise<number | null> {
  const variables = passed.flatMap((name) => (env[name] === undefined || env[name] === '' ? [] : ['-e', `${name}=${env[name]}`]));
  const { TMUX: _, TMUX_PANE: __, ...rest } = env;
  const command = ['new-session', '-A', '-s', session, '-n', 'chat', ...variables, '--', ...argv];
  const options = [';', 'set-option', '-t', `=${session}:`, 'status', 'off'];
  return new Promise((resolve) => {
    const child = spawn('tmux', ['-u', '-S', socket, ...command, ...options], { stdio: 'inherit', env: rest });
    child.once('error', () => resolve(null));
    child.once('close', (status) => resolve(status));
  });
}
