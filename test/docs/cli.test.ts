import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { exitStatus } from '../../src/cli/context.ts';
import { whyCodes } from '../../src/model/explanation.ts';
import { reasons, verbs } from '../../src/model/plan.ts';
import { muster } from './command-line.ts';
import { codeWords, page, rowsBelow, sectionText } from './page.ts';

const cli = page('docs/cli.md');
const commands = [
  'validate',
  'plan',
  'apply',
  'ps',
  'init',
  'add',
  'remove',
  'set',
  'run',
  'install',
  'explain',
  'history',
  'reconcile',
  'suspend',
  'resume',
  'watch',
  'logs',
  'send',
  'inbox',
  'say',
  'chat',
  'connector',
  'heartbeat',
  'update',
  'uninstall',
  'doctor',
  'rehearse',
  'sandbox',
  'completion',
];
const fromSource = ['validate', 'plan', 'apply', 'ps', 'rehearse'];

const flagsIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag))].sort();

/** Long flags that `--help` lists for a command, or for all of them. */
async function flagsOfHelp(command: string | null): Promise<string[]> {
  const { status, stdout } = await muster([...(command === null ? [] : [command]), '--help'], tmpdir());
  expect(status).toBe(0);
  const options = /^Options:\n((?: +.*\n)+)/m.exec(stdout)?.[1] ?? '';
  return flagsIn([...options.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].map((match) => match[1]).join('\n')).filter(
    (flag) => flag !== '--help',
  );
}

/** Flags in the first column of the tables of a section. */
const flagsOfTable = (title: string): string[] =>
  flagsIn(
    rowsBelow(cli, title)
      .map(([first]) => first)
      .join('\n'),
  );

describe('docs/cli.md', () => {
  test('has a row and a section for each command that help lists', async () => {
    const { stdout } = await muster(['--help'], tmpdir());
    const listed = [...(/^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map((match) => match[1]);
    expect(listed).toEqual([...commands, 'help']);
    expect(rowsBelow(cli, 'Command line').map(([first]) => codeWords(first ?? '')[0])).toEqual(commands);
    for (const command of commands) expect(sectionText(cli.text, command)).not.toBe('');
  });

  test.each(commands)('tells the flags of %s, all of them and no others', async (command) => {
    const shared = fromSource.includes(command) ? flagsOfTable('Where rosters come from') : [];
    const own = flagsOfTable(command).filter((flag) => !['--quiet', '--no-color'].includes(flag));
    expect([...new Set([...shared, ...own])].sort()).toEqual(await flagsOfHelp(command));
  });

  test('tells the flags of every command', async () => {
    expect(flagsOfTable('Flags of every command').filter((flag) => flag !== '--help')).toEqual(await flagsOfHelp(null));
  });

  test.each([
    ['validate', ['text', 'json', 'github']],
    ['plan', ['text', 'json', 'markdown', 'github']],
    ['apply', ['text', 'json']],
    ['ps', ['text', 'json']],
    ['init', ['text', 'json']],
    ['add', ['text', 'json']],
    ['remove', ['text', 'json']],
    ['set', ['text', 'json']],
    ['explain', ['text', 'json']],
    ['history', ['text', 'json']],
    ['reconcile', ['text', 'json']],
    ['suspend', ['text', 'json']],
    ['resume', ['text', 'json']],
    ['logs', ['text', 'json']],
    ['send', ['text', 'json']],
    ['inbox', ['text', 'json']],
    ['say', ['text', 'json']],
    ['chat', ['text', 'json']],
    ['connector', ['text', 'json']],
    ['doctor', ['text', 'json']],
    ['rehearse', ['text', 'json']],
  ])('tells the formats of %s', async (command, formats) => {
    const { status, stderr } = await muster([command, '--format', 'none'], tmpdir());
    expect(status).toBe(exitStatus.usage);
    expect(stderr).toContain(`Allowed choices are ${formats.join(', ')}.`);
    const row = rowsBelow(cli, command).find(([first]) => first?.includes('--format <')) ?? [];
    expect(codeWords(row[1] ?? '')).toEqual(formats);
  });

  test.each([
    ['src/cli/plan.ts', 'quietMs', 'for up to 10 seconds'],
    ['src/apply/pace.ts', 'settleMs', 'for at most 20 seconds'],
    ['src/apply/pace.ts', 'probationMs', 'has to live for 3 seconds'],
  ])('says what %s has as %s: %s', (file, name, words) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const milliseconds = new RegExp(`^(?:export )?const ${name} = ([\\d_]+);$`, 'm').exec(source)?.[1]?.replaceAll('_', '');
    expect(sectionText(cli.text, 'apply')).toContain(words);
    expect(Number(milliseconds) / 1000).toBe(Number(/\d+/.exec(words)?.[0]));
  });

  test('tells every exit status', () => {
    expect(rowsBelow(cli, 'Exit status').map(([first]) => Number(first))).toEqual(Object.values(exitStatus));
  });

  test.each([
    ['plan', 'actions[].verb', verbs],
    ['plan', 'actions[].reason', reasons],
    ['explain', 'why[].code', whyCodes],
  ])('tells, of %s, every %s', (command, field, values) => {
    const row = rowsBelow(cli, command).find(([first]) => first === `\`${field}\``);
    expect(codeWords(row?.[1] ?? '')).toEqual(values);
  });
});
