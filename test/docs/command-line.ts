import { Writable } from 'node:stream';
import type { Context } from '../../src/cli/context.ts';
import { runCommandLine } from '../../src/cli/program.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in this process, on no terminal. Commands that ask a host see this one's: give `env` that hides it. */
export async function muster(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ran> {
  const streams = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof streams): Context['stdout'] => {
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        streams[name] += String(chunk);
        done();
      },
    });
    // Of a terminal's stream it has all that is asked of one: that it can be written to, and how wide it is.
    return Object.assign(sink, { columns: 80 }) as unknown as Context['stdout'];
  };
  const context: Context = {
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    cwd,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    stdin: process.stdin,
    packageRoot: new URL('../..', import.meta.url).pathname.replace(/\/$/, ''),
    launcher: ['muster'],
    uid: 1000,
    pid: process.pid,
    crash: () => {},
    hostname: 'w-jarvis',
    version: '0.0.0',
    date: () => new Date(0),
    now: () => performance.now(),
    interruptions: () => new AbortController().signal,
    spareMemory: () => ({ tidy: () => {}, hurry: () => {} }),
  };
  const status = await runCommandLine(args, context);
  return { status, ...streams };
}
