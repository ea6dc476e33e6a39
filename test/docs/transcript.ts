import type { Block } from './page.ts';

export interface Typed {
  readonly command: string;
  /** Lines that are shown below it. */
  readonly shown: readonly string[];
}

/** Commands of a `console` block, each with what is shown of its output. */
export function typedIn({ text }: Block): readonly Typed[] {
  const typed: { command: string; shown: string[] }[] = [];
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (line.startsWith('$ ')) typed.push({ command: line.slice(2), shown: [] });
    else typed.at(-1)?.shown.push(line);
  }
  return typed;
}

/** What a reader waits for, and looks again where it is not there yet; on a slow machine it takes longer to come. */
const awaited =
  /\d of \d agents live|stopped by hand|● got: .*|as its rosters say|last end {2}crashed: exit status \d+|: (?:stopped|failed)$|: cat in \S+$/;

/** The same command, typed again until what is shown of it and takes its time has come. */
export function patient({ command, shown }: Typed): string {
  const fragments = shown.flatMap((line) => awaited.exec(line)?.[0] ?? []);
  if (fragments.length === 0) return command;
  const all = fragments.map((fragment) => `'${fragment}'`).join('*');
  const look = `said=$(${command.replace(/ # exit status \d+$/, '')}); case $said in *${all}*) break ;; esac; sleep 0.5`;
  return `for _ in $(seq 100); do ${look}; done; printf '%s\\n' "$said"`;
}

/** What may differ from run to run taken away: times, lengths, commits, digests, blanks of tables. */
export const steady = (line: string): string =>
  line
    .trimEnd()
    .replace(/\b[0-9a-f]{8}\/[0-9a-f]{8}\b/g, 'REVISION/PLAN')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,12}\b/g, 'REVISION')
    .replace(/\d{4}-\d\d-\d\d/g, 'DAY')
    .replace(/\d\d:\d\d:\d\d/g, 'TIME')
    .replace(/\b\d+(?:\.\d+)?( ?m?s)\b/g, 'N$1')
    .replace(/\b\d+ (actions|lines)\b/g, 'N $1')
    .replace(/ {2,}/g, '  ');

/**
 * Lines that are shown and did not come, each after the one shown before it; `…` stands for any lines, and without one a shown line
 * comes right after the one before.
 */
export function missingIn(shown: readonly string[], output: string): readonly string[] {
  const came = output.split('\n').map(steady);
  const missing: string[] = [];
  let at = 0;
  let free = false;
  for (const line of shown) {
    if (line === '…') {
      free = true;
      continue;
    }
    const found = free ? came.indexOf(steady(line), at) : came[at] === steady(line) ? at : -1;
    if (found < 0) missing.push(line);
    else at = found + 1;
    free = false;
  }
  return missing;
}
