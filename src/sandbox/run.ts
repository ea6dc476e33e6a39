import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnose, type Failure } from './diagnosis.ts';

export interface SandboxOptions {
  /** Directory that holds `units/` and `dist/`. */
  readonly packageRoot: string;
  readonly command: readonly string[];
  /** `null`: `sandbox`. */
  readonly hostname: string | null;
  /** Directory for the command, where an ordinary user may enter it; otherwise, and with `null`, it starts in its home. */
  readonly cwd: string | null;
  /** Of the caller: root becomes an ordinary user inside. */
  readonly uid: number;
  /** Of the caller. PATH, LANG, TERM, NO_COLOR, COLORTERM, CI and MUSTER_* reach the command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files and directories that stay visible although private mounts or closed directories would hide them. */
  readonly keep: readonly string[];
  /** Gets each line that the command writes to standard output, in place of this process's own. */
  readonly onLine?: (line: string) => void;
}

export type SandboxResult = { readonly exitStatus: number } | { readonly unavailable: Diagnostic };

/**
 * Runs a command on a private host, on this process's own standard streams, and gives its exit status (128 and the signal's
 * number where a signal ended it). SIGTERM and SIGHUP to this process are passed on while it runs; so is SIGINT where no
 * terminal does it. When this process dies, the private host goes with it.
 */
export async function runSandbox(options: SandboxOptions): Promise<SandboxResult> {
  const child = spawn(join(options.packageRoot, 'units', 'private-host'), launcherArguments(options), {
    cwd: '/',
    env: launcherEnvironment(options.env),
    stdio: ['inherit', options.onLine === undefined ? 'inherit' : 'pipe', 'inherit', 'pipe'],
  });
  if (options.onLine !== undefined && child.stdout !== null) createInterface({ input: child.stdout }).on('line', options.onLine);
  const socket = child.stdio[3] as Readable & Writable;
  const report = listen(socket);
  const silence = passSignals(socket);
  try {
    const status = await new Promise<number>((resolve) => {
      child.on('error', (error) => {
        report.failure = { step: 'start', why: error.message };
        resolve(1);
      });
      child.on('close', (code) => resolve(code ?? 1));
    });
    if (report.ready) return { exitStatus: status };
    return { unavailable: diagnose(report.failure, options.uid === 0, await kernelSettings()) };
  } finally {
    silence();
  }
}

function launcherArguments(options: SandboxOptions): string[] {
  const node = process.execPath;
  const prefix = dirname(node).endsWith('/bin') ? dirname(dirname(node)) : node;
  // A home directory is too much to show to another user only because the caller stands in it.
  const stays = options.cwd === null || options.cwd === options.env.HOME ? [] : [options.cwd];
  const keep = [options.packageRoot, prefix, ...stays, ...options.keep].flatMap((path) => ['--keep', path]);
  const entry = join(options.packageRoot, 'dist', 'main.js');
  const { hostname } = options;
  return [
    ...(options.cwd === null ? [] : ['--cwd', options.cwd]),
    '--hostname',
    hostname ?? 'sandbox',
    '--node',
    node,
    '--entry',
    entry,
    ...keep,
    '--',
    ...options.command,
  ];
}

const passedOn = /^(PATH|LANG|TERM|NO_COLOR|COLORTERM|CI|MUSTER_.*|SUDO_UID|SUDO_GID|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS)$/;

function launcherEnvironment(env: SandboxOptions['env']): Record<string, string> {
  const passed: Record<string, string> = { PATH: '/usr/bin:/bin' };
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && passedOn.test(name)) passed[name] = value;
  }
  return passed;
}

interface Report {
  ready: boolean;
  failure: Failure;
}

/** Follows the launcher's lines; what is none of them is some program's complaint, and belongs to the step under way. */
function listen(socket: Readable): Report {
  const report: Report = { ready: false, failure: { step: 'start', why: '' } };
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(report, line);
  });
  return report;
}

function take(report: Report, line: string): void {
  const [word = '', step = '', why = ''] = line.split('\t');
  if (word === 'ready') report.ready = true;
  else if (word === 'step') report.failure = { step, why: '' };
  else if (word === 'fail') report.failure = { step, why: [report.failure.why, why].filter((part) => part).join('\n') };
  else report.failure = { step: report.failure.step, why: [report.failure.why, line].filter((part) => part).join('\n') };
}

/** A terminal sends SIGINT and SIGQUIT to the command itself: this process only has to outlive them. */
function passSignals(socket: Writable): () => void {
  const pass = (signal: NodeJS.Signals): void => {
    if (process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
    socket.write(`${signal.slice('SIG'.length)}\n`);
  };
  const signals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  return () => {
    for (const signal of signals) process.off(signal, pass);
  };
}

async function kernelSettings(): Promise<Parameters<typeof diagnose>[2]> {
  const setting = (name: string): Promise<string | null> =>
    readFile(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').then(
      (text) => text.trim(),
      () => null,
    );
  return {
    'kernel.unprivileged_userns_clone': await setting('kernel.unprivileged_userns_clone'),
    'kernel.apparmor_restrict_unprivileged_userns': await setting('kernel.apparmor_restrict_unprivileged_userns'),
    'user.max_user_namespaces': await setting('user.max_user_namespaces'),
  };
}
