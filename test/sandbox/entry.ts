import { runSandbox } from '../../src/sandbox/run.ts';

/** Entry of a process of its own: `{ "cwd", "keep", "command" }` as its only argument. Standard streams are the command's. */
const { command, cwd, keep } = JSON.parse(process.argv[2] ?? '{}') as { command: string[]; cwd: string | null; keep: string[] };
const packageRoot = process.env.PACKAGE_ROOT ?? '';
const result = await runSandbox({
  packageRoot,
  command,
  hostname: null,
  cwd,
  uid: process.getuid?.() ?? 0,
  env: process.env,
  keep,
});
if ('unavailable' in result) process.stderr.write(`${JSON.stringify(result.unavailable)}\n`);
process.exitCode = 'exitStatus' in result ? result.exitStatus : 254;
