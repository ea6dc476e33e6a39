import { execFile } from 'node:child_process';
import { closeSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { ProgramReader } from '../../model/doctor-ports.ts';
import { type FileReader, PortError } from '../../model/ports.ts';
import { visible } from '../../model/visible.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Programs and what they say of themselves. `deadline` in milliseconds is for each that is run. */
export function programReader(env: Environment, files: Pick<FileReader, 'find'>, deadline: number): ProgramReader {
  const run = runner(env, deadline);
  return {
    path: env.PATH ?? '',
    find: async (command, searchPath) => (await files.find({ it: { command, path: searchPath } })).it ?? null,
    ask: async (file, args) => {
      const { status, stdout, stderr } = await run(file, args);
      if (status !== 0) throw new PortError('failed', `${file} ${args.join(' ')} ended with status ${status}`);
      return visible(firstLine(stdout) || firstLine(stderr)).slice(0, 60);
    },
    interpreter: async (file) => interpreterOf(file),
    journal: async () => {
      const { status, stderr } = await run('journalctl', ['--user', '--lines=1', '--no-pager']);
      // Without a journal it ends well; hints about what else could be seen are no failure.
      const none = /^No journal files were .*$/m.exec(stderr)?.[0];
      if (status === 0 && none === undefined) return { readable: true, why: '' };
      return {
        readable: false,
        why: visible(none ?? (firstLine(stderr) || `journalctl ended with status ${status}`)).replace(/\.$/, ''),
      };
    },
  };
}

interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Rejects with a `PortError` where the program is not there, or says nothing in time. */
export const runner =
  (env: Environment, deadline: number) =>
  (file: string, args: readonly string[]): Promise<Answer> => {
    // Nothing that is asked for its version has to look for another one of itself, or to paint.
    const quiet = { ...env, LC_ALL: 'C.UTF-8', NO_COLOR: '1', DISABLE_AUTOUPDATER: '1', SYSTEMD_COLORS: '0' };
    return new Promise((resolve, reject) => {
      const options = { env: quiet, timeout: deadline, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const;
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        if (error === null) resolve({ status: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ status: error.code, stdout, stderr });
        else if (error.code === 'ENOENT')
          reject(new PortError('unavailable', `${file} is not installed, or not on PATH`, { cause: error }));
        else if (error.killed)
          reject(new PortError('timeout', `${file} did not answer in ${deadline / 1000} s`, { cause: error }));
        else reject(new PortError('failed', `${file} could not be run: ${error.message}`, { cause: error }));
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    });
  };

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** `#!/usr/bin/env NAME`, with `-S` or without; a script that names its interpreter by a path needs no PATH. */
function interpreterOf(file: string): string | null {
  const words =
    firstBytes(file)
      .split('\n')[0]
      ?.replace(/^#!\s*/, '#!')
      .split(/\s+/) ?? [];
  if (!words[0]?.startsWith('#!') || path.basename(words[0]) !== 'env') return null;
  return words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) ?? null;
}

function firstBytes(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(256);
    return bytes.toString('latin1', 0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
}
