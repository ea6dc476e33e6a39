import { beforeAll, describe, test } from 'vitest';
import { typeInto } from '../docs/private-shell.ts';
import { expectGolden } from '../views/golden.ts';
import { goldenStory } from './golden-story.ts';
import { maskedJson, maskedText } from './masked.ts';

const compared = goldenStory.flatMap(({ golden }, index) => (golden === undefined ? [] : [[golden, index] as const]));
/** Milliseconds; both runs reboot a rehearsal, and wait for a health gate. */
const aWhile = 160_000;
const asJson = compared.filter(([, index]) => goldenStory[index]?.plain !== true);

describe('what a command prints is', () => {
  let outputs: readonly string[] = [];
  beforeAll(() => {
    outputs = typeInto(goldenStory);
  }, aWhile);

  test.each(compared)('commands/%s.txt', (golden, index) => expectGolden(maskedText(outputs[index] ?? ''), `commands/${golden}`));
});

describe('what it prints as JSON is', () => {
  let outputs: readonly string[] = [];
  beforeAll(() => {
    outputs = typeInto(goldenStory.map((step) => (step.plain ? step : { ...step, text: `${step.text} --json 2>/dev/null` })));
  }, aWhile);

  test.each(asJson)('commands/%s.json', (golden, index) =>
    expectGolden(maskedJson(outputs[index] ?? ''), `commands/${golden}`, 'json'),
  );
});
