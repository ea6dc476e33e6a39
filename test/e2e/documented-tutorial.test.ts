import { expect, test } from 'vitest';
import { page } from '../docs/page.ts';
import { typeInto } from '../docs/private-shell.ts';
import { missingIn, patient, typedIn } from '../docs/transcript.ts';

const tutorial = page('docs/tutorial.md');

/** Those that are shown to be refused. */
const refused = new Map([
  ['muster remove enhancer', 3],
  ['muster reconcile', 3],
]);

test('what the tutorial says to type works, in its order, and what it shows is what comes', () => {
  const typed = tutorial.blocks.filter(({ language }) => language === 'console').flatMap((block) => typedIn(block));
  const outputs = typeInto(
    typed.map((each) => {
      const { command, shown } = each;
      const status = shown.some((line) => /^ *(✗|error\[)/.test(line)) ? (refused.get(command) ?? 0) : 0;
      return { text: patient(each), status };
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
