import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, type TestContext, test } from 'vitest';
import type { Rehearsal } from '../../src/model/rehearsal.ts';
import { commit, git, ownerEnv, repository, write } from '../git/repositories.ts';
import { packageRoot } from './host.ts';

const roster = (...more: readonly string[]): string =>
  [
    'version: 1',
    'host: w-jarvis',
    'tenant: jason',
    'defaults: { runtime: claude, working_directory: ~/src }',
    'runtimes:',
    '  own: { command: /opt/own/bin/agent }',
    'agents:',
    '  - { name: boss, class: orchestrator, persistent_persona: true }',
    '  - { name: muse, class: enhancer }',
    ...more,
  ].join('\n');

function change(before: string, after: string): string {
  const root = repository({ 'rosters/coding.yaml': before });
  write(root, { 'rosters/coding.yaml': after });
  commit(root);
  return root;
}

interface Told {
  readonly base: string | null;
  readonly revision: string | null;
  readonly outcome: string;
  readonly rehearsals: readonly Rehearsal[];
}

function rehearse(root: string, ...flags: readonly string[]) {
  return spawnSync(process.execPath, [join(packageRoot, 'dist/main.js'), 'rehearse', ...flags], {
    cwd: root,
    env: { ...ownerEnv, NO_COLOR: '1' },
    encoding: 'utf8',
    timeout: 110_000,
  });
}

function told(root: string, ...flags: readonly string[]): Told & { readonly status: number | null } {
  const { status, stdout } = rehearse(root, '--json', ...flags);
  return { status, ...(JSON.parse(stdout) as Told) };
}

const hostStory = (name: string, tell: (context: TestContext) => void): void =>
  test(name, (context) => {
    const reason = inject('noHost');
    if (reason !== '') context.skip(reason);
    tell(context);
  });

describe('a change is rehearsed', () => {
  hostStory('for the host that it touches, with stand-ins for programs that are nowhere here, and through a reboot', () => {
    const root = change(roster(), roster('  - { name: coder0, runtime: own, class: implementer }'));
    const { status, outcome, base, revision, rehearsals } = told(root);
    expect({ status, outcome, base, revision }).toEqual({
      status: 0,
      outcome: 'done',
      base: git(root, 'rev-parse', 'HEAD~1'),
      revision: git(root, 'rev-parse', 'HEAD'),
    });
    expect(rehearsals.map(({ host, tenant }) => `${tenant}@${host}`)).toEqual(['jason@w-jarvis']);
    const [first] = rehearsals;
    expect(first?.steps.map(({ step, outcome: how, live, problems }) => [step, how, live, problems])).toEqual([
      ['prepare', 'done', 0, []],
      ['base', 'done', 2, []],
      ['change', 'done', 3, []],
      ['reboot', 'done', 3, []],
    ]);
    expect(first?.steps[0]?.detail).toBe('for agent, claude');
    expect(first?.steps[2]?.ended).toEqual([]);
  });

  hostStory('and says who ends on the way', () => {
    const root = change(roster(), roster().replace('class: enhancer', 'class: enhancer, model_hint: opus'));
    const { status, stdout } = rehearse(root);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Rehearsal for jason@w-jarvis: [0-9a-f]{12} to [0-9a-f]{12}\n/);
    expect(stdout).toMatch(/✓ the change is applied +[\d.]+ s {2}\d+ actions, 2 agents live; muse ended on the way\n/);
    expect(stdout).toMatch(/✓ the host reboots +[\d.]+ s {2}2 agents live, by themselves\n/);
    expect(stdout).toContain('✓ The change can be carried out, and comes back after a reboot.');
  });

  hostStory('where it cannot be carried out, it says which step fails and why, and runs no further', () => {
    const shut = '  - { name: coder0, class: implementer, working_directory: /root }';
    const { status, outcome, rehearsals } = told(change(roster(), roster(shut)));
    expect({ status, outcome }).toEqual({ status: 1, outcome: 'failed' });
    const steps = rehearsals[0]?.steps ?? [];
    expect(steps.map(({ outcome: how }) => how)).toEqual(['done', 'done', 'failed', 'not-run']);
    expect(steps[2]?.problems.join()).toContain('mosaic-agent@coder0.service');
    expect(steps[2]?.live).toBe(2);
  });

  hostStory('from nothing where it is the first commit', () => {
    const root = repository({ 'rosters/coding.yaml': roster() });
    const { status, base, rehearsals } = told(root);
    expect({ status, base }).toEqual({ status: 0, base: null });
    expect(rehearsals[0]?.steps.map(({ outcome }) => outcome)).toEqual(['done', 'skipped', 'done', 'done']);
  });

  hostStory('as it is in the working tree', () => {
    const root = repository({ 'rosters/coding.yaml': roster() });
    write(root, { 'rosters/coding.yaml': roster('  - { name: coder0, class: implementer }') });
    const { status, revision, rehearsals } = told(root, '--worktree');
    expect({ status, revision }).toEqual({ status: 0, revision: null });
    expect(rehearsals[0]?.steps.at(-1)?.live).toBe(3);
  });

  hostStory('in a place that a private host has not, it says so', () => {
    const root = change(roster(), roster('  - { name: coder0, working_directory: /srv/away }'));
    const { status, stdout } = rehearse(root);
    expect([status, stdout]).toEqual([1, expect.stringContaining('/srv/away cannot be made on a private host')]);
  });
});

test('a change that is denied is not rehearsed', () => {
  const { status, stdout, stderr } = rehearse(change(roster(), roster().replace('class: enhancer', 'class: worker')));
  expect([status, stdout, stderr]).toEqual([3, '', expect.stringContaining('error[floor/enhancer]')]);
});

test('a change that touches no host is nothing to rehearse', () => {
  const { status, stdout } = rehearse(change(roster(), `${roster()}\n# a remark\n`));
  expect([status, stdout]).toEqual([0, '✓ Nothing to rehearse: the change touches no host.\n']);
});
