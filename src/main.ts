import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Context, Thrift } from './cli/context.ts';
import { runCommandLine } from './cli/program.ts';
import { messageOf } from './model/message-of.ts';

/** Handed in by `entry.ts`. */
declare const __asked: Socket | undefined;

const entry = import.meta.filename;
const packageRoot = path.dirname(path.dirname(entry));

// Whatever still keeps the loop alive (a child that is ending, a connection that closes) has nothing to say any more.
main().then((status) => process.exit(status));

async function main(): Promise<number> {
  const context = contextOf();
  endQuietlyOnClosedPipe();
  try {
    return await runCommandLine(process.argv.slice(2), context);
  } catch (error) {
    context.stderr.write(unforeseen(error));
    return 1;
  }
}

function contextOf(): Context {
  let errors: NodeJS.WriteStream | undefined;
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    // To open it costs a start a millisecond, and what goes well says nothing there.
    get stderr() {
      errors ??= opened(process.stderr);
      return errors;
    },
    // Opening it costs a start two milliseconds, and hardly any command reads it.
    get stdin() {
      return process.stdin;
    },
    packageRoot,
    launcher: [process.execPath, entry],
    asked: typeof __asked === 'undefined' ? undefined : __asked,
    uid: process.getuid?.() ?? 0,
    pid: process.pid,
    spareMemory,
    crash: () => process.kill(process.pid, 'SIGKILL'),
    hostname: hostname(),
    version: versionOf(packageRoot),
    date: () => new Date(),
    now: () => performance.now(),
    interruptions: abortOnSignals,
  };
}

function versionOf(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}

/** The first signal asks to stop between two steps; the second ends the process. */
function abortOnSignals(onHangup?: () => void): AbortSignal {
  const controller = new AbortController();
  const signals = onHangup === undefined ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : (['SIGINT', 'SIGTERM'] as const);
  if (onHangup !== undefined) process.on('SIGHUP', onHangup);
  const abort = (signal: NodeJS.Signals): void => {
    for (const each of signals) process.off(each, abort);
    controller.abort(signal);
  };
  for (const signal of signals) process.on(signal, abort);
  return controller.signal;
}

/**
 * V8 takes these at run time; the function that collects garbage is had from a context that is made after the flag was set. On the command line
 * of Node they would make it refuse the compiled code that is kept.
 */
function spareMemory(): Thrift {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  for (const flag of thriftyFlags) setFlagsFromString(`--${flag}`);
  const collect: unknown = runInNewContext('gc');
  return {
    tidy: () => {
      if (typeof collect === 'function') collect();
    },
    hurry: () => setFlagsFromString('--opt'),
  };
}

/** Threads that share the work on a young heap that stays so small mostly wait for one another. */
const thriftyFlags = [
  'semi-space-growth-factor=1',
  'compact-on-every-full-gc',
  'no-parallel-scavenge',
  'no-opt',
  'no-maglev',
  'expose-gc',
];

/** `muster ps | head` is no error. */
function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

/** A log on a full disk is no reason to end. */
function opened(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on('error', () => {});
}

function unforeseen(error: unknown): string {
  const message = messageOf(error);
  const stack = process.env.MUSTER_DEBUG === '1' && error instanceof Error ? `${error.stack}\n` : '';
  return `error[internal] ${message}\n${stack}  This is a defect of muster. With MUSTER_DEBUG=1 it says more; please report that.\n`;
}
