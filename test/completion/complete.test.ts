import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meanings } from '../../src/completion/meanings.ts';
import { coder, muster, roster } from '../cli/command-line.ts';
import { repository } from '../git/repositories.ts';

const known = { runtimes: [], states: [], shells: [], presets: [], connectors: [], ciSystems: [], commands: [], settings: [] };

interface Told {
  readonly words: readonly string[];
  readonly meaning: string;
}

async function completing(words: readonly string[], cwd = tmpdir(), env: Readonly<Record<string, string>> = {}): Promise<Told> {
  const { status, stdout, stderr } = await muster(['complete', '--', ...words], { cwd, env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  return { words: lines.slice(0, -1).map((line) => line.split('\t')[0] ?? ''), meaning: lines.at(-1) ?? '' };
}

const helpOf = async (...args: readonly string[]): Promise<string> =>
  (await muster([...args, '--help'], { cwd: tmpdir() })).stdout;
const linesIn = (help: string, title: string): readonly string[] =>
  [...(new RegExp(`^${title}:\\n((?: +.*\\n)+)`, 'm').exec(help)?.[1] ?? '').matchAll(/^ {2}(\S.*?)(?: {2}|$)/gm)].map(
    (match) => match[1] ?? '',
  );
const flagsIn = (help: string): readonly string[] =>
  linesIn(help, 'Options').flatMap((line) => line.match(/(?<![\w-])--?[a-zA-Z][a-z-]*/g) ?? []);

const commands = [...linesIn(await helpOf(), 'Commands')].map((line) => line.split(/[ |]/)[0] ?? '');

describe('nothing goes stale:', () => {
  test('every command that help lists is offered', async () => {
    expect(commands.length).toBeGreaterThan(15);
    expect((await completing([''])).words).toEqual(commands);
  });

  test('every flag of all commands', async () => {
    expect((await completing(['-'])).words.toSorted()).toEqual(flagsIn(await helpOf()).toSorted());
  });

  test.each(commands.filter((command) => command !== 'help'))('every flag of %s', async (command) => {
    const offered = (await completing([command, '-'])).words;
    expect(offered).toEqual(expect.arrayContaining([...flagsIn(await helpOf(command))]));
    expect(offered).toContain('--quiet');
    expect(new Set(offered).size).toBe(offered.length);
  });

  test.each(commands)('what each place and value of %s may be has been thought of', async (command) => {
    const help = await helpOf(command);
    const usage = /^Usage: muster \S+(.*)$/m.exec(help)?.[1] ?? '';
    const withChoices = linesIn(help, 'Options').filter((line) => !line.startsWith('--format '));
    const named = [usage.replace('[options]', ''), ...withChoices].flatMap((text) =>
      [...text.matchAll(/[<[]([^\]>]+?)(?:\.\.\.)?[>\]]/g)].map((match) => match[1] ?? ''),
    );
    const all = Object.keys(meanings(known));
    const chosen = ['what'];
    expect(
      named.filter((name) => !chosen.includes(name) && !all.some((key) => key === name || key.endsWith(` ${name}`))),
      'add it to src/completion/meanings.ts',
    ).toEqual([]);
  });

  test('hidden commands stay hidden', async () => {
    expect((await completing([''])).words).not.toEqual(expect.arrayContaining(['stub']));
    expect((await completing(['compl'])).words).toEqual(['completion']);
  });
});

describe('the word that is typed', () => {
  test.each<readonly [string, readonly string[], readonly string[], string]>([
    ['a command begun', ['inst'], ['install'], ':nothing'],
    ['one of all flags before a command', ['--no-color', 'va'], ['validate'], ':nothing'],
    ['a value of its choices', ['plan', '--format', ''], ['text', 'json', 'markdown', 'github'], ':nothing'],
    ['a value in one word with its flag', ['plan', '--format=j'], ['--format=json'], ':nothing'],
    ['a value that is a file', ['plan', '--observed', 'x'], [], ':files'],
    ['a value that is a file, in one word', ['plan', '--observed=x'], [], ':files'],
    ['behind a flag without a value', ['plan', '--adopt', 'x'], [], ':directories'],
    ['behind a value in one word', ['plan', '--base=HEAD', ''], [], ':directories'],
    ['a place that is taken', ['plan', 'dir', ''], [], ':nothing'],
    ['a command of another program', ['sandbox', '--', 'gi'], [], ':program'],
    ['its arguments', ['sandbox', '--', 'git', 'x'], [], ':files'],
    ['flags of another program', ['sandbox', '--', 'git', '-'], [], ':files'],
    ['a command of help', ['help', 'exp'], ['explain'], ':nothing'],
    ['by another name of a command', ['status', '--sn'], ['--snapshot'], ':nothing'],
    ['of a command that there is not', ['nonsense', ''], [], ':nothing'],
    ['behind a flag that there is not', ['plan', '--nonsense', '--adop'], ['--adopt'], ':nothing'],
    ['what only the user knows', ['send', '--id', 'x'], [], ':nothing'],
    ['a runtime', ['add', '--runtime', 'st'], ['stub'], ':nothing'],
    ['a class', ['add', '--class', 'enh'], ['enhancer'], ':classes'],
    ['a new name is nobody else’s', ['add', ''], [], ':nothing'],
    ['a shell', ['completion', ''], ['bash', 'zsh', 'fish'], ':nothing'],
    ['a key of an agent', ['set', 'x', 'resources.m'], ['resources.memory_max='], ':nothing'],
  ])('%s', async (_, words, offered, meaning) => {
    const told = await completing(words);
    expect(told).toEqual({ words: expect.arrayContaining([...offered]), meaning });
    if (offered.length === 0) expect(told.words).toEqual([]);
  });

  test('no word at all begins a command', async () => {
    expect((await completing([])).words).toEqual(commands);
  });

  test.each([[['\0']], [['plan', '--base', '$(touch x)']], [['--', '--', '--']], [['explain', '../..']], [['🙂', '']]])(
    '%j is answered, too',
    async (words) => {
      expect((await completing(words)).meaning).toMatch(/^:[a-z-]+$/);
    },
  );
});

describe('names of what is here', () => {
  let state: string;
  beforeAll(() => {
    state = mkdtempSync(path.join(tmpdir(), 'completed-'));
  });
  afterAll(() => rmSync(state, { recursive: true }));

  const here = () => repository({ 'rosters/coding.yaml': roster(coder('coder0')) });

  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['agents', ['explain', ''], ['boss', 'coder0', 'muse']],
    ['agents that begin so', ['send', 'co'], ['coder0']],
    ['agents and fleets', ['suspend', ''], ['boss', 'coder0', 'coding', 'muse']],
    ['fleets', ['add', 'x', '--fleet', ''], ['coding']],
    ['fleets in one word with the flag', ['add', 'x', '--fleet=c'], ['--fleet=coding']],
    ['who sends', ['send', 'boss', '--from', 'm'], ['muse']],
  ])('%s', async (_, words, offered) => {
    expect((await completing(words, here())).words).toEqual(offered);
  });

  test('those of a roster that is wrong are left out, and nothing is said', async () => {
    const cwd = repository({ 'rosters/coding.yaml': roster(), 'rosters/wrong.yaml': 'agents: [{{\n' });
    expect((await completing(['explain', ''], cwd)).words).toEqual(['boss', 'muse']);
  });

  test('branches, but for one that a shell would take for more than a name', async () => {
    const cwd = repository({ 'rosters/coding.yaml': roster() });
    const refs = path.join(cwd, '.git/refs/heads');
    expect((await completing(['plan', '--base', 'HE'], cwd)).words).toEqual(['HEAD']);
    mkdirSync(path.join(refs, 'feature'), { recursive: true });
    const tip = readFileSync(path.join(refs, readdirSync(refs).find((name) => name !== 'feature') ?? ''), 'utf8');
    for (const name of ['feature/x', 'evil;touch$IFS', 'a$(id)', '-rf']) writeFileSync(path.join(refs, name), tip);
    const { words } = await completing(['plan', '--base', ''], cwd);
    expect(words).toContain('feature/x');
    expect(words.filter((word) => /[;$(]|^-/.test(word))).toEqual([]);
  });

  test('a state that cannot be read is none', async () => {
    const env = { XDG_STATE_HOME: state };
    writeFileSync(path.join(state, 'mosaic'), 'a file where a directory belongs');
    expect((await completing(['explain', ''], here(), env)).words).toEqual(['boss', 'coder0', 'muse']);
  });
});
