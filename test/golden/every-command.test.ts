import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { shells } from '../../src/views/completion.ts';
import { muster } from '../docs/command-line.ts';
import { goldenStory } from '../e2e/golden-story.ts';
import { expectGolden } from '../views/golden.ts';

const { stdout: help } = await muster(['--help'], tmpdir());
const commands = [...(/^Commands:\n((?: .*\n)+)/m.exec(help)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)]
  .map((match) => match[1] ?? '')
  .filter((command) => command !== 'help');
const helpOf = async (command: string): Promise<string> => (await muster([command, '--help'], tmpdir())).stdout;

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });

/** What these print is up to the machine, or to a shell: their views are compared. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  doctor: ['doctor-80.txt', 'commands/doctor.json'],
  completion: shells.map((shell) => `completion-${shell}.txt`),
};

/** Golden files of a command: its own, and those of the ways in which it ends. */
const goldensOf = (command: string): readonly string[] => [
  ...files.filter((file) => new RegExp(`^commands/${command}(?:-[a-z-]+)?\\.`).test(file)),
  ...(elsewhere[command] ?? []),
];

test('the help of the program', () => expectGolden(help, 'help/muster'));

test('the manual', async () => expectGolden((await muster(['man'], tmpdir())).stdout, 'manual'));

test.each(shells)('the completion of %s', async (shell) =>
  expectGolden((await muster(['completion', shell], tmpdir())).stdout, `completion-${shell}`),
);

describe.each(commands)('%s has golden files:', (command) => {
  test('of its help', async () => expectGolden(await helpOf(command), `help/${command}`));

  test('of its text, and of its JSON where it has any', async () => {
    const goldens = goldensOf(command);
    expect(goldens).toEqual(expect.arrayContaining([expect.stringMatching(/\.txt$/)]));
    if ((await helpOf(command)).includes('--json'))
      expect(goldens).toEqual(expect.arrayContaining([expect.stringMatching(/\.json$/)]));
  });
});

test('each golden file of a command is one that is compared', () => {
  const typed = goldenStory.flatMap(({ golden, plain }) =>
    golden === undefined ? [] : [`commands/${golden}.txt`, ...(plain ? [] : [`commands/${golden}.json`])],
  );
  const compared = [...typed, 'commands/doctor.json', ...['muster', ...commands].map((command) => `help/${command}.txt`)];
  expect(files.filter((file) => /^(?:commands|help)\//.test(file)).toSorted()).toEqual(compared.toSorted());
});
