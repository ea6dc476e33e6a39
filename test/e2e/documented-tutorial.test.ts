import { expect, test } from 'vitest';
import { page } from '../docs/page.ts';
import { typeInto } from '../docs/private-shell.ts';
import { missingIn, typedIn } from '../docs/transcript.ts';

const tutorial = page('docs/tutorial.md');

/** Those that are shown to be refused. */
const refused = new Map([
  ['muster remove enhancer', 3],
  ['muster reconcile', 3],
]);

/** A reader looks again; on a slow machine what is shown takes longer to come. */
function patient(command: string, shown: readonly string[]): string {
  const awaited = shown.flatMap((line) => /\d of \d agents live|stopped by hand|● got: .*/.exec(line)?.[0] ?? []).at(-1);
  if (awaited === undefined) return command;
  const look = `said=$(${command}); case $said in *'${awaited}'*) break ;; esac; sleep 0.5`;
  return `for _ in $(seq 100); do ${look}; done; printf '%s\\n' "$said"`;
}

test('what the tutorial says to type works, in its order, and what it shows is what comes', () => {
  const typed = tutorial.blocks.filter(({ language }) => language === 'console').flatMap((block) => typedIn(block));
  const outputs = typeInto(
    typed.map(({ command, shown }) => {
      const status = shown.some((line) => /^ *(✗|error\[)/.test(line)) ? (refused.get(command) ?? 0) : 0;
      return { text: patient(command, shown), status };
    }),
  );
  const missing = typed.flatMap(({ command, shown }, index) =>
    missingIn(shown, outputs[index] ?? '').map((line) => ({ command, line, output: outputs[index] })),
  );
  expect(missing).toEqual([]);
  expect(typed.length).toBeGreaterThan(20);
}, 240_000);

test('nothing else of it is to be typed but the way into the private host', () => {
  const others = tutorial.blocks.filter(({ language }) => language !== 'console');
  expect(others.map(({ text }) => text)).toEqual(['muster sandbox\n']);
});
