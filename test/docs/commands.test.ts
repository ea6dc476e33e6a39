import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { muster } from './command-line.ts';
import { page, pageNames } from './page.ts';

const filesIn = (folder: string): string[] =>
  readdirSync(new URL(`../../${folder}`, import.meta.url)).map((name) => `${folder}/${name}`);

const texts = [...filesIn('rosters/roles'), ...filesIn('rosters/presets'), ...pageNames()];

/** What follows `muster` and its flags, also on the next line; paths and names that end in it are something else. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/(?:(?<![\w./-])muster|\bdist\/main\.js)(?:\s+-{1,2}[a-z]\S*)*\s+(?:[#>]\s+)?([a-z][a-z-]*)(?![\w=-])/g)].map(
    ([, word = '']) => word,
  );

/** Without paragraphs and list items that say plainly what is not there, and without what the program itself says. */
const instructionsIn = (file: string): string =>
  page(file)
    .text.replace(/^```text$[\s\S]*?^```$/gm, '')
    .split(/\n(?:\s*\n|(?=\s*- ))/)
    .filter((passage) => !/\bnot (?:here|in this version)\b/i.test(passage))
    .join('\n\n');

describe('every command that is named exists:', () => {
  let known: readonly string[] = [];

  beforeAll(async () => {
    const { stdout } = await muster(['--help'], tmpdir());
    const listed = /^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? '';
    const visible = [...listed.matchAll(/^ {2}([\w|]+)/gm)].flatMap((match) => match[1]?.split('|') ?? []);
    // The command of the runtime of that name; no help lists it.
    known = [...visible, 'stub'];
  });

  test('help lists some', () => {
    expect(known).toEqual(expect.arrayContaining(['validate', 'plan', 'apply', 'ps', 'status', 'sandbox', 'help']));
  });

  test.each(texts)('%s', (file) => {
    expect(commandsIn(instructionsIn(file)).filter((word) => !known.includes(word))).toEqual([]);
  });

  test.each([
    ['`muster explain NAME` for one agent', ['explain']],
    ['what would change; `muster\nps` and `muster -q history`', ['ps', 'history']],
    ['# runs muster send NAME, then\n# muster\n# logs NAME', ['send', 'logs']],
    ['node .muster/dist/main.js doctor', ['doctor']],
    ['# muster format_version=1.0; npm --prefix .muster ci; `~/.config/mosaic/fleet/bin/muster` starts', []],
  ])('%j names %j', (text, named) => {
    expect(commandsIn(text)).toEqual(named);
  });
});
