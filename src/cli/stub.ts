import { runStub } from '../agents/stub/run.ts';
import type { Context, ExitStatus } from './context.ts';

/** The built-in `stub` runtime: this program itself, in an agent's pane. */
export function stub({ stdin, stdout, env, date, pid, crash }: Context): Promise<ExitStatus> {
  const clock = {
    now: () => date().getTime(),
    after: (milliseconds: number, deed: () => void) => {
      const timer = setTimeout(deed, milliseconds);
      return () => clearTimeout(timer);
    },
  };
  return runStub({ input: stdin, output: stdout, env, clock, pid, crash });
}
