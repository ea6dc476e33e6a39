import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandTree } from '../../src/model/command-tree.ts';
import { renderManual } from '../../src/views/man.ts';
import { muster } from '../cli/command-line.ts';
import { codeWords, page, rowsBelow } from '../docs/page.ts';

const { stdout: manual, status } = await muster(['man'], { cwd: tmpdir() });
const { stdout: help } = await muster(['--help'], { cwd: tmpdir() });
const commands = [...(/^Commands:\n((?: .*\n)+)/m.exec(help)?.[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
  (match) => match[1] ?? '',
);
const cli = page('docs/cli.md');

/** As somebody reads it: fonts and escapes gone. */
const read = (roff: string): string =>
  roff
    .replace(/\\f[BIR]/g, '')
    .replace(/\\&/g, '')
    .replace(/\\-/g, '-')
    .replace(/\\e/g, '\\');

describe('the manual is made of the program', () => {
  test('every command that help lists has its section', () => {
    expect(status).toBe(0);
    expect(commands.length).toBeGreaterThan(15);
    expect([...manual.matchAll(/^\.SS "muster ([a-z]+)/gm)].map((match) => match[1])).toEqual(commands);
  });

  test.each(commands.filter((command) => command !== 'help'))('with the flags of %s', async (command) => {
    const { stdout } = await muster([command, '--help'], { cwd: tmpdir() });
    const options = /^Options:\n((?: +.*\n)+)/m.exec(stdout)?.[1] ?? '';
    const flags = [...options.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((flag) => flag !== '--help');
    const section =
      read(manual)
        .split(/^\.S[SH] /m)
        .find((one) => new RegExp(`^"muster ${command}[",]`).test(one)) ?? '';
    expect([...section.matchAll(/^(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1])).toEqual(flags);
  });

  test('no other command is in it', () => {
    expect(read(manual)).not.toMatch(/muster (?:stub|complete|man)\b/);
  });

  test('it tells every exit status and every variable that the documentation tells', () => {
    const told = (title: string): string => read(manual).split(`\n.SH ${title}\n`)[1]?.split('\n.SH ')[0] ?? '';
    for (const [number] of rowsBelow(cli, 'Exit status')) expect(told('EXIT STATUS')).toMatch(new RegExp(`^${number}$`, 'm'));
    for (const [names = ''] of rowsBelow(cli, 'Environment'))
      for (const name of codeWords(names)) expect(told('ENVIRONMENT')).toContain(name);
  });
});

describe('text is text', () => {
  const tree: CommandTree = {
    description: '.so /etc/passwd',
    flags: [],
    commands: [{ name: 'x', aliases: [], description: '\'quoted \\fB"x" -y', places: [], flags: [] }],
  };
  const roff = renderManual(tree, { version: '1"2', statuses: [], variables: [], files: [], examples: ['.nx', 'a\\nb'] });

  test('whatever it says, it is no request and no escape', () => {
    expect(roff).toContain('\n\\&.so /etc/passwd\n');
    expect(roff).toContain('\n\\&\'quoted \\efB"x" \\-y.\n');
    expect(roff).toContain('\n\\&.nx\na\\enb\n');
    expect(roff).toContain('"muster 1\\(dq2"');
  });
});

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe('it is read without a complaint', () => {
  let directory: string;
  let file: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'manual-'));
    file = path.join(directory, 'muster.1');
    writeFileSync(file, manual);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.skipIf(!has('man') || !has('groff'))('by man', () => {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', file], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80' },
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('muster validate [flags] [dir]');
  });

  test.skipIf(!has('mandoc'))('by mandoc', () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', file], { encoding: 'utf8' });
    // There is none, so that the same version gives the same bytes.
    expect(stdout.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  });

  test('by a formatter at all', ({ skip }) => {
    skip(!has('man') && !has('mandoc'), 'neither man nor mandoc is installed here');
    expect(manual).toMatch(/^\.TH MUSTER 1 /m);
  });
});
