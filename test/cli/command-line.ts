import { PassThrough, Writable } from 'node:stream';
import type { Context } from '../../src/cli/context.ts';
import { runCommandLine } from '../../src/cli/program.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Which streams are a terminal. Default: none. */
  readonly terminals?: readonly ('stdin' | 'stdout' | 'stderr')[];
  /** Standard input, which ends with it. */
  readonly stdin?: string;
}

/** A process without a host: no user bus, no tmux, nobody's home. */
export const nowhere = { PATH: process.env.PATH, HOME: '/nowhere/home', XDG_RUNTIME_DIR: '/nowhere/run' };

/** Runs one command line in this process, its streams in memory. */
export async function muster(args: readonly string[], { cwd, env = {}, terminals = [], stdin }: Surroundings): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const output = (name: keyof typeof written): Context['stdout'] => {
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        written[name] += String(chunk);
        done();
      },
    });
    // Of a terminal's stream it has all that is asked of one.
    return Object.assign(sink, { columns: 100, isTTY: terminals.includes(name) }) as unknown as Context['stdout'];
  };
  const typed = new PassThrough();
  if (stdin !== undefined) typed.end(stdin);
  const input = Object.assign(typed, { isTTY: terminals.includes('stdin') }) as unknown as Context['stdin'];
  const context: Context = {
    env: { ...nowhere, ...env },
    cwd,
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdin: input,
    packageRoot: new URL('../..', import.meta.url).pathname.replace(/\/$/, ''),
    launcher: ['muster'],
    uid: 1000,
    pid: 42,
    crash: () => {},
    hostname: 'W-Jarvis.example.internal',
    version: '1.2.3',
    date: () => new Date(0),
    now: () => 0,
    interruptions: () => new AbortController().signal,
    spareMemory: () => ({ tidy: () => {}, hurry: () => {} }),
  };
  const status = await runCommandLine(args, context);
  return { status, ...written };
}

/** A roster whose floor holds, `more` lines of agents below it. */
export const roster = (more = '', head = ''): string => `version: 1
tenant: jason
defaults: { runtime: stub }
${head}
agents:
  - { name: boss, class: orchestrator }
  - { name: muse, class: enhancer }
${more}`;

export const coder = (name: string): string => `  - { name: ${name}, class: implementer }\n`;
export const denied = roster().replace('class: enhancer', 'class: implementer');
export const file = 'rosters/coding.yaml';
