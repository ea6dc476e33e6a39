import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export const packageRoot = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Launch {
  readonly cwd?: string | null;
  readonly keep?: readonly string[];
  readonly packageRoot?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `command` on a private host in a process of its own; `done` gives its streams once all of them are closed. */
export interface Launcher extends AsyncDisposable {
  start(command: readonly string[], options?: Launch): { readonly child: ChildProcess; readonly done: Promise<Ran> };
  run(script: string, options?: Launch): Promise<Ran>;
}

export async function launcher(): Promise<Launcher> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-sandbox-test-'));
  const entry = join(directory, 'entry.mjs');
  await build({
    entryPoints: [join(packageRoot, 'test/sandbox/entry.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: entry,
    logLevel: 'error',
  });
  const start: Launcher['start'] = (command, options = {}) => {
    const argument = { command, cwd: options.cwd === undefined ? packageRoot : options.cwd, keep: options.keep ?? [] };
    const child = spawn(process.execPath, [entry, JSON.stringify(argument)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PACKAGE_ROOT: options.packageRoot ?? packageRoot, ...options.env },
    });
    return { child, done: collect(child) };
  };
  return {
    start,
    run: (script, options) => start(['bash', '-euc', script], options).done,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

/** Why no private host can be had on this machine; empty where one can. */
export async function unavailable(): Promise<string> {
  await using host = await launcher();
  const { status, stderr } = await host.run('true');
  return status === 254 ? stderr.trim() : '';
}

function collect(child: ChildProcess): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? -1, stdout, stderr }));
  });
}
