import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { packageRoot, type Ran, unitOf } from './host.ts';
import { floor, roster, small } from './rosters.ts';

/** A clone as a CI runner has it: no user manager, no tmux socket, hardly an environment. */
let clone: string;

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.internal', ...args], {
    cwd: clone,
    encoding: 'utf8',
  }).trim();

function commit(text: string, message: string): string {
  writeFileSync(join(clone, 'rosters/coding.yaml'), text);
  git('add', '-A');
  git('commit', '-q', '-m', message);
  return git('rev-parse', 'HEAD');
}

let revisions: { readonly base: string; readonly head: string; readonly denied: string };

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'muster-ci-'));
  mkdirSync(join(clone, 'rosters'));
  git('init', '-q', '-b', 'main');
  revisions = {
    base: commit(roster(small), 'base'),
    head: commit(roster({ ...floor, coder1: 'implementer' }), 'head'),
    denied: commit(roster({ orchestrator: 'orchestrator' }), 'denied'),
  };
});

afterAll(() => rmSync(clone, { recursive: true }));

function muster(...args: readonly string[]): Ran {
  const env = { PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist/main.js'), ...args], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  return { status: status ?? -1, signal: null, stdout, stderr };
}

describe('plan --base, without a host', () => {
  test('shows what a change would do', () => {
    const { status, stdout } = muster('plan', '--base', revisions.base, '--ref', revisions.head, '--detailed-exitcode', '--json');
    const plan = JSON.parse(stdout) as Plan;
    expect({ status, against: plan.against, revision: plan.revision }).toEqual({
      status: 2,
      against: revisions.base,
      revision: revisions.head,
    });
    expect(plan.unknown).toEqual([]);
    expect(plan.actions.filter(({ kind }) => kind === 'agent').map(({ id }) => id)).toEqual([
      `enable ${unitOf('coder1')}`,
      `start ${unitOf('coder1')}`,
      `disable ${unitOf('coder0')}`,
      `stop ${unitOf('coder0')}`,
    ]);
  });

  test('has nothing to do between a revision and itself', () => {
    const { status, stdout } = muster('plan', '--base', revisions.base, '--ref', revisions.base, '--detailed-exitcode');
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('Nothing to do') });
  });

  test('gives the same bytes whoever runs it, for a host that it is told', () => {
    const args = ['plan', '--base', revisions.base, '--ref', revisions.head, '--host', 'w', '--tenant', 'jason', '--json'];
    const one = muster(...args);
    expect(one).toEqual(muster(...args));
    expect(JSON.parse(one.stdout)).toMatchObject({ host: 'w', tenant: 'jason' });
  });

  test('denies a change that breaks the floor, at its line', () => {
    const { status, stdout } = muster('plan', '--base', revisions.head, '--format', 'github');
    expect({ status, stdout }).toEqual({
      status: 3,
      stdout: expect.stringMatching(/^::error file=rosters\/coding\.yaml,line=\d+,col=\d+,title=floor\/enhancer::/m),
    });
    expect(muster('validate').status).toBe(3);
    expect(muster('validate', '--ref', revisions.head).status).toBe(0);
  });

  test('says which base it cannot find', () => {
    const { status, stderr } = muster('plan', '--base', 'origin/main', '--ref', revisions.head);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('[git/unknown-revision]') });
  });

  test('renders a comment for a pull request', () => {
    const { status, stdout } = muster('plan', '--base', revisions.base, '--ref', revisions.head, '--format', 'markdown');
    expect(status).toBe(0);
    expect(stdout).toContain(`\`${revisions.head.slice(0, 12)}\` against \`${revisions.base.slice(0, 12)}\``);
  });
});
