import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { commit, git, repository, write } from '../git/repositories.ts';
import { muster } from './command-line.ts';

const fleet = (host: string, prefix: string, more: readonly string[] = [], tenant = 'jason'): string =>
  [
    'version: 1',
    `host: ${host}`,
    `tenant: ${tenant}`,
    'defaults: { runtime: stub }',
    'agents:',
    `  - { name: ${prefix}-boss, class: orchestrator }`,
    `  - { name: ${prefix}-muse, class: enhancer }`,
    ...more.map((name) => `  - { name: ${name}, class: implementer }`),
  ].join('\n');

interface Told {
  readonly plans: readonly Plan[];
  readonly untouched: readonly { readonly host: string; readonly tenant: string }[];
}

/** A base with three hosts, and a change on top of it. */
function change(files: Readonly<Record<string, string>>): { readonly root: string; readonly base: string } {
  const root = repository({
    'rosters/one.yaml': fleet('one', 'a', ['coder0']),
    'rosters/two.yaml': fleet('two', 'b', ['coder0']),
    'rosters/gpus.yaml': fleet('"gpu-*"', 'c'),
  });
  const base = git(root, 'rev-parse', 'HEAD');
  write(root, files);
  commit(root);
  return { root, base };
}

const plan = ({ root, base }: ReturnType<typeof change>, ...flags: readonly string[]) =>
  muster(['plan', '--base', base, '--all-hosts', ...flags], { cwd: root });

const added = {
  'rosters/one.yaml': fleet('one', 'a', ['coder0', 'coder1']),
  'rosters/gpus.yaml': fleet('"gpu-*"', 'c', ['coder9']),
};

describe('a change, for all hosts', () => {
  test('has a plan for each that it touches, and names the others', async () => {
    const { status, stdout, stderr } = await plan(change(added), '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { plans, untouched } = JSON.parse(stdout) as Told;
    expect(plans.map(({ host, tenant, actions }) => [host, tenant, actions.find(({ verb }) => verb === 'start')?.name])).toEqual([
      ['gpu-sample', 'jason', 'coder9'],
      ['one', 'jason', 'coder1'],
    ]);
    expect(untouched.map(({ host }) => host)).toEqual(['two']);
  });

  test('is shown host by host, with one line for all', async () => {
    const { stdout } = await plan(change(added));
    expect(stdout).toMatch(
      /^Plan for jason@gpu-sample[\s\S]*\nPlan for jason@one[\s\S]*2 hosts touched: jason@gpu-sample, jason@one\. 1 not touched/,
    );
  });

  test('is one comment, the same bytes for the same change', async () => {
    const one = change(added);
    const { stdout } = await plan(one, '--format', 'markdown');
    expect(stdout).toMatch(
      /^## Muster\n\n2 hosts touched: [\s\S]*### Muster plan for `jason@gpu-sample`[\s\S]*### Muster plan for `jason@one`/,
    );
    expect((await plan(one, '--format', 'markdown')).stdout).toBe(stdout);
  });

  test('is annotated at the line of each agent, and says what ends', async () => {
    const text = fleet('one', 'a', ['coder0', 'coder1']).replace('muse, class: enhancer', 'muse, class: enhancer, model_hint: x');
    const { stdout } = await plan(change({ 'rosters/one.yaml': text }), '--format', 'github');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^::notice title=muster plan jason@one::\d+ to write/);

    expect(lines).toContain(
      '::notice file=rosters/one.yaml,line=9,col=13,title=muster plan%3A coder1::write, enable, start (in the roster)',
    );
    expect(stdout).toMatch(
      /^::warning file=rosters\/one\.yaml,line=7,col=13,title=muster plan%3A a-muse::.*; ends a running agent$/m,
    );
  });

  test('that takes a host out of the rosters is what happens to that host', async () => {
    const one = change({});
    git(one.root, 'rm', '--quiet', 'rosters/two.yaml');
    commit(one.root, 'Retire two\n\nMuster-Allow-Prune: two');
    const { plans } = JSON.parse((await plan(one, '--json')).stdout) as Told;
    expect(plans.map(({ host }) => host)).toEqual(['two']);
    const stopped = plans.flatMap(({ actions }) => actions.filter(({ kind, verb }) => kind === 'agent' && verb === 'stop'));
    expect(stopped.map(({ name }) => name).toSorted()).toEqual(['b-boss', 'b-muse', 'coder0']);
  });

  test('that drops most of one host is denied, whatever the others have', async () => {
    const one = change({});
    git(one.root, 'rm', '--quiet', 'rosters/two.yaml');
    commit(one.root, 'Retire two');
    const { status, stderr } = await plan(one);
    expect([status, stderr]).toEqual([3, expect.stringContaining('error[prune/mass]')]);
  });

  test('that touches no roster changes nothing', async () => {
    const { stdout, status } = await plan(change({ 'README.md': 'x' }), '--detailed-exitcode');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Nothing changes on any host\. 3 not touched/)]);
    expect((await plan(change(added), '--detailed-exitcode')).status).toBe(2);
  });

  test('that does the same to several hosts is shown once, with their names', async () => {
    const one = change({ 'rosters/more.yaml': fleet('[east, west]', 'd') });
    const { stdout } = await plan(one);
    expect(stdout.match(/^Plan for .*$/gm)).toHaveLength(1);
    expect(stdout).toContain('The same for jason@west.');
    expect((JSON.parse((await plan(one, '--json')).stdout) as Told).plans.map(({ host }) => host)).toEqual(['east', 'west']);
  });

  test('that is too much for a comment says so, and is short enough', async () => {
    const many = Array.from({ length: 24 }, (_, host) => [
      `rosters/many${host}.yaml`,
      fleet(
        `host${host}`,
        'd',
        Array.from({ length: 12 + (host % 7) }, (_, index) => `extra${host}-${index}`),
      ),
    ]);
    const { stdout } = await plan(change(Object.fromEntries(many)), '--format', 'markdown');
    expect(stdout.length).toBeLessThan(65_536);
    expect(stdout).toContain('too much for a comment');
    expect(stdout).toContain('jason@host23');
  });

  test('may bring the first roster of a repository', async () => {
    const root = repository({ 'README.md': '' });
    const base = git(root, 'rev-parse', 'HEAD');
    write(root, {
      'rosters/one.yaml':
        'version: 1\ndefaults: { runtime: stub }\nagents:\n  - { name: boss, class: orchestrator }\n  - { name: muse, class: enhancer }\n',
    });
    commit(root);
    const { status, stdout } = await plan({ root, base });
    expect([status, stdout]).toEqual([0, expect.stringContaining('1 host touched: any-user@any-host.')]);
  });
});

describe('a change that is denied', () => {
  const denied = () =>
    change({
      'rosters/one.yaml': fleet('one', 'a').replace('class: enhancer', 'class: worker'),
      'rosters/two.yaml': fleet('two', 'b', ['coder0']).replace('class: orchestrator', 'class: worker'),
    });

  test('fails with the findings of all hosts, each once, and their lines', async () => {
    const { status, stdout, stderr } = await plan(denied());
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr.match(/^error\[[\w/-]+\]/gm)).toEqual(['error[floor/enhancer]', 'error[floor/one-orchestrator]']);
    expect(stderr).toMatch(/--> rosters\/one\.yaml:\d+/);
  });

  test('has annotations for the page, and lines for the log', async () => {
    const { status, stdout, stderr } = await plan(denied(), '--format', 'github');
    expect(status).toBe(3);
    expect(stdout).toMatch(/^::error file=rosters\/one\.yaml,line=\d+,col=\d+,title=floor\/enhancer::/m);
    expect(stderr).toMatch(/--> rosters\/one\.yaml:\d+/);
  });

  test('has a comment that says so, with the lines', async () => {
    const { status, stdout } = await plan(denied(), '--format', 'markdown');
    expect(status).toBe(3);
    expect(stdout).toMatch(
      /^## Muster\n\n\*\*Denied: [\s\S]*`floor\/enhancer`[\s\S]*````text\nerror\[floor\/enhancer\][\s\S]*\n````\n$/,
    );
  });
});

test.each([
  [['--all-hosts'], '--all-hosts compares with a commit'],
  [['--all-hosts', '--base', 'HEAD', '--host', 'one'], '--all-hosts finds hosts and users in the rosters'],
])('%j is a misuse', async (flags, words) => {
  const { root } = change({});
  expect(await muster(['plan', ...flags], { cwd: root })).toMatchObject({ status: 4, stderr: expect.stringContaining(words) });
});
