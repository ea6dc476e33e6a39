import { runStub } from '../../src/agents/stub/run.ts';

/** The stub as a program of its own, on this process's terminal. */
process.exitCode = await runStub({
  input: process.stdin,
  output: process.stdout,
  env: process.env,
  clock: {
    now: Date.now,
    after: (milliseconds, deed) => {
      const timer = setTimeout(deed, milliseconds);
      return () => clearTimeout(timer);
    },
  },
  pid: process.pid,
  crash: () => process.kill(process.pid, 'SIGKILL'),
});
