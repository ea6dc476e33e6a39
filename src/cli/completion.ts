import { completionScript, type Shell } from '../views/completion.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { show } from './output.ts';

/** Prints what a shell reads at its start. */
export async function completion(shell: Shell, context: Context): Promise<ExitStatus> {
  show(completionScript(shell), context);
  return exitStatus.done;
}
