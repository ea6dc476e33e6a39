import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { commit, git, repository, write } from '../git/repositories.ts';
import { coder, denied, file, muster, roster } from './command-line.ts';

const here = ['--host', 'w-jarvis', '--tenant', 'jason'];
let cwd: string;
let base: string;

beforeEach(() => {
  cwd = repository({ [file]: roster(coder('coder0')) });
  base = git(cwd, 'rev-parse', 'HEAD');
  write(cwd, { [file]: roster(coder('coder1')) });
  commit(cwd);
});

const plan = (...more: string[]) => muster(['plan', ...here, '--base', base, ...more], { cwd });

describe('a plan against a base', () => {
  test('is told on standard output, in words, and nothing else is said', async () => {
    const { status, stdout, stderr } = await plan();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Plan for jason@w-jarvis: [0-9a-f]{12} against [0-9a-f]{12}\n/);
    expect(stdout).toMatch(/^ {2}\+ agent coder1 /m);
    expect(stdout).toMatch(/^ {2}- agent coder0 .*! ends a running agent$/m);
  });

  test('ends with 2 where that was asked for and there are changes', async () => {
    expect((await plan('--detailed-exitcode')).status).toBe(2);
    expect((await plan('--detailed-exitcode', '--ref', base)).status).toBe(0);
  });

  test('is a document with --json', async () => {
    const { status, stdout, stderr } = await plan('--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const made = JSON.parse(stdout) as Plan;
    expect(made).toMatchObject({ format_version: '1.0', host: 'w-jarvis', tenant: 'jason', against: base, dirty: false });
    expect(made.unknown).toEqual([]);
  });

  test('is the same bytes whoever makes it, wherever', async () => {
    const elsewhere = { HOME: '/home/other', MOSAIC_HOME: '/srv/mosaic', XDG_STATE_HOME: '/srv/state', LANG: 'de_DE' };
    const other = await muster(['plan', ...here, '--base', base, '--json', cwd], { cwd: '/', env: elsewhere });
    expect(other.stdout).toBe((await plan('--json')).stdout);
  });

  test('is a comment with --format markdown, and workflow commands with --format github', async () => {
    expect((await plan('--format', 'markdown')).stdout).toMatch(/^### Muster plan for `jason@w-jarvis`\n/);
    expect((await plan('--format', 'github')).stdout).toMatch(
      /^::notice title=muster plan jason@w-jarvis::.*\n::notice file=rosters\/coding\.yaml,line=8,col=13,title=muster plan%3A coder1::.*\n$/,
    );
  });

  test('is saved with --out, for its owner alone, and shown all the same', async () => {
    const { status, stdout } = await plan('--out', 'fleet.plan');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Plan for/);
    expect(readFileSync(join(cwd, 'fleet.plan'), 'utf8')).toBe((await plan('--json')).stdout);
    expect(statSync(join(cwd, 'fleet.plan')).mode & 0o077).toBe(0);
  });

  test('that cannot be saved is refused', async () => {
    const { status, stderr } = await plan('--out', '/nowhere/at/all/fleet.plan');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error\[output\/unwritable\]/);
  });
});

describe('a plan that cannot be made', () => {
  test('for rosters that are denied ends with 3', async () => {
    write(cwd, { [file]: denied });
    commit(cwd);
    const text = await plan();
    expect(text).toMatchObject({ status: 3, stdout: '', stderr: expect.stringMatching(/^error\[floor\/enhancer\]/) });
    const json = await plan('--json', '--detailed-exitcode');
    expect(json).toMatchObject({ status: 3, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ format_version: '1.0', diagnostics: [{ code: 'floor/enhancer' }] });
  });

  test('against a base that does not exist ends with 1', async () => {
    const { status, stdout, stderr } = await muster(['plan', ...here, '--base', 'v9'], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('error[git/unknown-revision]');
  });

  test('against a base that was denied is made as if nothing had run', async () => {
    write(cwd, { [file]: denied });
    const wrong = commit(cwd);
    write(cwd, { [file]: roster() });
    commit(cwd);
    const { status, stdout } = await muster(['plan', ...here, '--base', wrong, '--json'], { cwd });
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as Plan).summary).toMatchObject({ start: 4 });
  });

  test.each([
    ['is not there', null, /cannot be read/],
    ['is no JSON', 'hello', /does not hold a JSON object/],
    ['is a list', '[]', /does not hold a JSON object/],
    ['is of a newer version', '{"format_version":"2.0","facts":{}}', /is not a snapshot that this version can read/],
    ['is a plan', '{"format_version":"1.0","id":"x"}', /is not a snapshot that this version can read/],
  ])('against a snapshot that %s ends with 1', async (_, text, why) => {
    if (text !== null) writeFileSync(join(cwd, 'host.json'), text);
    const { status, stdout, stderr } = await muster(['plan', ...here, '--observed', 'host.json'], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error\[snapshot\/format\]/);
    expect(stderr).toMatch(why);
  });

  test('where most agents would go needs the consent of the commit', async () => {
    const many = ['a', 'b', 'c', 'd'].map(coder).join('');
    write(cwd, { [file]: roster(many) });
    base = commit(cwd);
    write(cwd, { [file]: roster() });
    commit(cwd);
    expect(await plan()).toMatchObject({ status: 3, stderr: expect.stringContaining('[prune/mass]') });
    commit(cwd, 'Retire the coders\n\nMuster-Allow-Prune: coding');
    expect(await plan()).toMatchObject({ status: 0 });
  });
});

describe('without a host', () => {
  // Whoever runs the tests is the tenant.
  beforeEach(() => {
    write(cwd, { [file]: roster(coder('coder0')).replace('tenant: jason\n', '') });
    commit(cwd);
  });

  test.each([['plan'], ['ps'], ['apply', '--yes']])('%s %s says that there is none, and ends with 1', async (...args) => {
    const { status, stdout, stderr } = await muster(args, { cwd });
    expect(status).toBe(1);
    expect(stderr + stdout).toMatch(/bus/);
    expect(stderr + stdout).not.toMatch(/^ +at /m);
  });

  test('apply does nothing, and says so as data with --json', async () => {
    const { status, stdout, stderr } = await muster(['apply', '--yes', '--json'], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(JSON.parse(stdout).diagnostics).toContainEqual(expect.objectContaining({ severity: 'error', code: 'host/no-bus' }));
  });

  test('apply refuses a saved plan that is none before it asks anybody', async () => {
    writeFileSync(join(cwd, 'fleet.plan'), '{}');
    const { status, stderr } = await muster(['apply', '--plan', 'fleet.plan'], { cwd });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^error\[plan\/format\]/) });
  });
});
