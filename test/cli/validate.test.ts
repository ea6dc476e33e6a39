import { describe, expect, test } from 'vitest';
import { commit, folder, repository, write } from '../git/repositories.ts';
import { coder, denied, file, muster, roster } from './command-line.ts';

const good = () => repository({ [file]: roster(coder('coder0')) });
const bad = () => repository({ [file]: denied });

describe('rosters that are right', () => {
  test('are told in one line on standard output, and nothing else is said', async () => {
    expect(await muster(['validate'], { cwd: good() })).toEqual({ status: 0, stdout: '✓ 1 roster, 3 agents\n', stderr: '' });
  });

  test('are told as data with --json', async () => {
    const { status, stdout, stderr } = await muster(['validate', '--json'], { cwd: good() });
    expect({ status, stderr, data: JSON.parse(stdout) }).toEqual({
      status: 0,
      stderr: '',
      data: {
        format_version: '1.0',
        revision: expect.stringMatching(/^[0-9a-f]{40}$/),
        rosters: 1,
        agents: 3,
        diagnostics: [],
      },
    });
  });

  test('of another directory are named as an argument', async () => {
    expect(await muster(['validate', good()], { cwd: '/' })).toMatchObject({ status: 0 });
  });
});

describe('rosters that are denied', () => {
  test('are framed on standard error, and standard output stays empty', async () => {
    const { status, stdout, stderr } = await muster(['validate'], { cwd: bad() });
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[floor\/enhancer\] /);
    expect(stderr).toContain(`--> ${file}:`);
    expect(stderr).toMatch(/^ {2}help: /m);
  });

  test.each([['--json'], ['--format', 'json']])('are data for scripts with %s %s', async (...flags) => {
    const { status, stdout, stderr } = await muster(['validate', ...flags], { cwd: bad() });
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    const { format_version: version, diagnostics } = JSON.parse(stdout);
    expect(version).toBe('1.0');
    expect(diagnostics).toMatchObject([
      { severity: 'error', code: 'floor/enhancer', file, line: expect.any(Number), column: expect.any(Number) },
    ]);
  });

  test('are workflow commands with --format github', async () => {
    const { status, stdout, stderr } = await muster(['validate', '--format', 'github'], { cwd: bad() });
    expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(/--> rosters\/coding\.yaml:\d+/) });
    expect(stdout).toMatch(/^::error file=rosters\/coding\.yaml,line=\d+,col=\d+,title=floor\/enhancer::/);
  });

  test('also with --quiet: errors are never kept back', async () => {
    expect((await muster(['validate', '--quiet'], { cwd: bad() })).stderr).toMatch(/floor\/enhancer/);
  });
});

describe('notices', () => {
  const waived = () => repository({ [file]: 'version: 1\nprofile: minimal\nagents: [{ name: solo, runtime: stub }]\n' });

  test('go to standard error and do not fail the command', async () => {
    const { status, stdout, stderr } = await muster(['validate'], { cwd: waived() });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '✓ 1 roster, 1 agent (1 notice)\n' });
    expect(stderr).toMatch(/^notice\[floor\/waived\]/);
  });

  test('are kept back with --quiet', async () => {
    expect(await muster(['validate', '-q'], { cwd: waived() })).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('what cannot be read is no wrong roster', () => {
  test.each([
    ['a directory that does not exist', 'git/not-a-repository', (): string => '/nowhere/at/all', []],
    ['a directory that is no repository', 'git/not-a-repository', folder, []],
    ['a revision that does not exist', 'git/unknown-revision', good, ['--ref', 'v9']],
    [
      'a roster directory that does not exist',
      'git/no-rosters',
      () => repository({ 'README.md': 'empty' }),
      ['--rosters', 'fleets'],
    ],
  ])('%s: status 1, %s', async (_, code, make, flags) => {
    const where = make();
    const { status, stdout, stderr } = await muster(['validate', where, ...flags], { cwd: '/' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).not.toMatch(/^ +at /m);
    const json = await muster(['validate', where, ...flags, '--json'], { cwd: '/' });
    expect(json).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(json.stdout).diagnostics[0]).toMatchObject({ code, severity: 'error' });
  });
});

describe('which rosters are judged', () => {
  test('those of the last commit, not of the working tree', async () => {
    const cwd = good();
    write(cwd, { [file]: denied });
    expect(await muster(['validate'], { cwd })).toMatchObject({ status: 0 });
    expect(await muster(['validate', '--worktree'], { cwd })).toMatchObject({ status: 3 });
  });

  test('those of --ref', async () => {
    const cwd = good();
    write(cwd, { [file]: denied });
    commit(cwd);
    expect(await muster(['validate'], { cwd })).toMatchObject({ status: 3 });
    expect(await muster(['validate', '--ref', 'HEAD~1'], { cwd })).toMatchObject({ status: 0 });
  });

  test('those of --host and --tenant, where they are given', async () => {
    const cwd = repository({
      [file]: roster('', 'host: [w-jarvis]'),
      'rosters/other.yaml': denied
        .replace('tenant: jason', 'host: [elsewhere]\ntenant: jason')
        .replace(/boss|muse/g, (name) => `other-${name}`),
    });
    const args = ['validate', '--tenant', 'jason', '--host'];
    expect(await muster([...args, 'W-JARVIS'], { cwd })).toMatchObject({ status: 0, stdout: '✓ 1 roster, 2 agents\n' });
    expect(await muster([...args, 'elsewhere'], { cwd })).toMatchObject({ status: 3 });
    expect(await muster(['validate'], { cwd })).toMatchObject({ status: 3 });
  });

  test('all findings of all files at once', async () => {
    const cwd = repository({ [file]: denied, 'rosters/broken.yaml': 'version: 1\nagentz: []\n', 'rosters/torn.yaml': 'a: [' });
    const { status, stdout } = await muster(['validate', '--json'], { cwd });
    const files = JSON.parse(stdout).diagnostics.map(({ file: name }: { file: string }) => name);
    expect(status).toBe(3);
    expect(new Set(files)).toEqual(new Set([file, 'rosters/broken.yaml', 'rosters/torn.yaml']));
  });
});
