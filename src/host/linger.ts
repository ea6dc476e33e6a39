import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { type LingerReader, type LingerWriter, PortError } from '../model/ports.ts';
import { asFileError, isMissing } from './errors.ts';

/** Where logind keeps its word: one file per lingering user. */
const directory = '/var/lib/systemd/linger';

export function lingerReader(user: string): LingerReader {
  return {
    get: asFileError(
      () => 'read whether user services linger',
      async () => exists(path.join(directory, user)),
    ),
  };
}

function exists(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Asks logind, by `loginctl` from the PATH of `env`. Rejects with `unavailable` without it, `refused` when it says no. */
export function lingerWriter(user: string, env: Readonly<Record<string, string | undefined>>, deadline = 20_000): LingerWriter {
  const options = { env: { ...env, LC_ALL: 'C.UTF-8' }, timeout: deadline, killSignal: 'SIGKILL' } as const;
  return {
    enable: () =>
      new Promise((resolve, reject) => {
        execFile('loginctl', ['--no-ask-password', 'enable-linger', user], options, (error, _stdout, stderr) => {
          if (error === null) resolve();
          else reject(refusal(error, stderr.trim(), deadline));
        });
      }),
  };
}

function refusal(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  said: string,
  deadline: number,
): PortError {
  if (error.code === 'ENOENT') return new PortError('unavailable', 'loginctl is not installed, or not on PATH', { cause: error });
  if (error.killed) return new PortError('timeout', `loginctl did not answer in ${deadline} ms`, { cause: error });
  return new PortError('refused', `loginctl enable-linger: ${said === '' ? error.message : said}`, { cause: error });
}
