import { spawnSync } from 'node:child_process';
import type { Block } from './page.ts';

export const packageRoot = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

const mark = '\x1e';

export interface Step {
  /** Shell text; its standard error counts as its output. */
  readonly text: string;
  /** Exit status that it is expected to end with; default 0. */
  readonly status?: number;
}

/**
 * Types the steps into the shell of `muster sandbox` (needs `dist/`); `$MUSTER` is the project, `hostname` what the host is called.
 * Gives the output of each. Throws at the first step that ends otherwise than expected.
 */
export function typeInto(steps: readonly Step[], hostname = 'sandbox'): readonly string[] {
  const typed = steps.map(({ text }) => `{\n${text.trimEnd()}\n} 2>&1 </dev/null\nprintf '${mark}%s${mark}' $?\n`);
  const { stdout, stderr } = spawnSync(process.execPath, [`${packageRoot}/dist/main.js`, 'sandbox', '--hostname', hostname], {
    cwd: packageRoot,
    input: [`export MUSTER='${packageRoot}'\n`, ...typed].join(''),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 150_000,
  });
  const parts = stdout.split(mark);
  return steps.map(({ text, status = 0 }, index) => {
    const output = parts[2 * index] ?? '';
    const ended = parts[2 * index + 1];
    if (ended !== String(status)) throw new Error(`exit status ${ended ?? 'unknown'} of:\n${text}\n${output}${stderr}`);
    return output;
  });
}

/** Lines of a block as steps: `# exit status N` at the end of a line says how it ends. */
export const stepsOf = ({ text }: Block): readonly Step[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ text: line, status: Number(/# exit status (\d+)$/.exec(line)?.[1] ?? 0) }));
