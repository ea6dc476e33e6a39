import { runSandbox } from '../sandbox/run.ts';
import type { Context, ExitStatus } from './context.ts';
import { Refusal } from './refusal.ts';

export interface SandboxFlags {
  readonly hostname?: string;
  readonly keep?: readonly string[];
}

/** A command (default: a shell, in its home) on a private host; its exit status is the command's. */
export async function sandbox(command: readonly string[], flags: SandboxFlags, context: Context): Promise<ExitStatus> {
  const result = await runSandbox({
    packageRoot: context.packageRoot,
    command: command.length > 0 ? command : ['/bin/bash'],
    hostname: flags.hostname ?? null,
    cwd: command.length > 0 ? context.cwd : null,
    uid: context.uid,
    env: context.env,
    keep: flags.keep ?? [],
  });
  if ('unavailable' in result) throw new Refusal([result.unavailable]);
  return result.exitStatus;
}
