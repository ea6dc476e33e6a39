import { describe, expect, test } from 'vitest';
import { repository } from '../git/repositories.ts';
import { coder, file, muster, roster } from './command-line.ts';

const lost = { cwd: '/nowhere/at/all', env: { HOME: undefined, PATH: undefined } };

describe('a command line that is wrong', () => {
  test.each<readonly [string, readonly string[], RegExp]>([
    ['an unknown command', ['vaildate'], /unknown command 'vaildate'\n\(Did you mean validate\?\)/],
    ['an unknown flag', ['plan', '--bsae', 'x'], /unknown option '--bsae'\n\(Did you mean --base\?\)/],
    ['a flag of another command', ['validate', '--adopt'], /unknown option '--adopt'/],
    ['a flag without its value', ['plan', '--base'], /argument missing/],
    ['a format that there is not', ['plan', '--format', 'xml'], /Allowed choices are text, json, markdown, github/],
    ['a format of another command', ['validate', '--format', 'markdown'], /Allowed choices are text, json, github/],
    ['too many directories', ['plan', 'a', 'b'], /too many arguments/],
    ['no command', [], /Usage: muster /],
  ])('(%s) ends with 4 and is told on standard error', async (_, args, why) => {
    const { status, stdout, stderr } = await muster(args, lost);
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('hints at help', async () => {
    expect((await muster(['plan', '--nonsense'], lost)).stderr).toContain('(see muster --help)');
  });
});

describe('help and version need neither host nor repository', () => {
  test.each([[['--help']], [['-h']], [['help']]])('%j', async (args) => {
    const { status, stdout, stderr } = await muster(args, lost);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: muster /);
    expect(stdout).toContain('Exit status: 0 done, 1 could not, 2 changes');
    expect(stdout).not.toContain(' stub');
  });

  test.each(['validate', 'plan', 'apply', 'ps', 'sandbox'])('%s --help', async (command) => {
    const { status, stdout, stderr } = await muster([command, '--help'], lost);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: muster ${command}`));
  });

  test.each(['--version', '-V'])('%s', async (flag) => {
    expect(await muster([flag], lost)).toEqual({ status: 0, stdout: '1.2.3\n', stderr: '' });
  });
});

describe('colours', () => {
  const cwd = () => repository({ [file]: roster(coder('coder0')), 'rosters/wrong.yaml': 'agentz: []\n' });

  test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, readonly ('stdout' | 'stderr')[], boolean]>([
    ['are for terminals', [], {}, ['stderr'], true],
    ['are not for files', [], {}, [], false],
    ['are for just the stream that is one', [], {}, ['stdout'], false],
    ['go with --no-color', ['--no-color'], {}, ['stderr'], false],
    ['go with NO_COLOR', [], { NO_COLOR: '1' }, ['stderr'], false],
    ['stay with an empty NO_COLOR', [], { NO_COLOR: '' }, ['stderr'], true],
    ['go on a dumb terminal', [], { TERM: 'dumb' }, ['stderr'], false],
    ['come with FORCE_COLOR', [], { FORCE_COLOR: '1' }, [], true],
    ['go with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, ['stderr'], false],
    ['go with NO_COLOR whatever FORCE_COLOR says', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, ['stderr'], false],
    ['go with --no-color whatever FORCE_COLOR says', ['--no-color'], { FORCE_COLOR: '1' }, [], false],
  ])('%s', async (_, flags, env, terminals, coloured) => {
    const { status, stderr } = await muster(['validate', ...flags], { cwd: cwd(), env, terminals });
    expect({ status, coloured: stderr.includes('\x1b[') }).toEqual({ status: 3, coloured });
  });

  test('are never in data', async () => {
    const env = { FORCE_COLOR: '1' };
    const { stdout } = await muster(['validate', '--json'], { cwd: cwd(), env, terminals: ['stdout', 'stderr'] });
    expect(stdout).not.toContain('\x1b');
    expect(JSON.parse(stdout)).toHaveProperty('diagnostics');
  });

  test('a flag of all commands may stand before or after the command', async () => {
    const where = cwd();
    const [before, after] = await Promise.all(
      [
        ['--no-color', 'validate'],
        ['validate', '--no-color'],
      ].map((args) => muster(args, { cwd: where, env: { FORCE_COLOR: '1' } })),
    );
    expect(before).toEqual(after);
    expect(before?.stderr).not.toContain('\x1b[');
  });
});
