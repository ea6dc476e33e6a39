import { execFile } from 'node:child_process';

/**
 * Whether a terminal hands lines to its program (canonical mode, as a shell's `read` or `cat` leaves it): it cuts them at 4096 bytes, so
 * that a longer one loses its end and its Enter. `null` where it cannot be asked.
 */
export function linewise(tty: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean | null> {
  if (!/^\/dev\/pts\/\d+$/.test(tty)) return Promise.resolve(null);
  return new Promise((resolve) => {
    execFile('stty', ['-F', tty, '-a'], { env: { ...env, LC_ALL: 'C' }, timeout: 2000 }, (error, stdout) => {
      const [, off] = /(?:^|\s)(-?)icanon\b/.exec(stdout) ?? [];
      resolve(error !== null || off === undefined ? null : off === '');
    });
  });
}
