import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { type Block, page } from '../docs/page.ts';
import { packageRoot, stepsOf, typeInto } from '../docs/private-shell.ts';
import { commit, git, ownerEnv, write } from '../git/repositories.ts';

const ci = page('docs/ci.md');

const roster = (coders: number, more = ''): string =>
  [
    'version: 1',
    'host: [w-jarvis, gpu-1]',
    'defaults: { runtime: stub }',
    'agents:',
    '  - { name: mos, class: orchestrator }',
    '  - { name: enhancer, class: enhancer }',
    ...Array.from({ length: coders }, (_, index) => `  - { name: coder${index}, class: implementer }`),
    more,
  ].join('\n');

/** A repository with a base commit and a change on top, and a PATH on which `muster` is this project and nothing reaches a network. */
function job(change: string) {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-ci-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const root = join(scratch, 'repository');
  const bin = join(scratch, 'bin');
  mkdirSync(root);
  mkdirSync(bin);
  symlinkSync(join(packageRoot, 'dist/main.js'), join(bin, 'muster'));
  program(join(bin, 'npm'), 'echo "npm $*" >> "$NPM_LOG"');
  git(root, 'init', '--quiet', '--initial-branch=main');
  write(root, { '.gitignore': '.muster\n', 'rosters/coding.yaml': roster(1) });
  const base = commit(root, 'One coder');
  git(root, 'update-ref', 'refs/remotes/origin/main', base);
  write(root, { 'rosters/coding.yaml': change });
  commit(root, 'The change');
  // In place of the clone: what it builds is there already.
  write(root, { '.muster/.build/bundle.js': "require('node:fs').appendFileSync(process.env.NPM_LOG, 'bundled\\n')" });
  symlinkSync(join(packageRoot, 'dist'), join(root, '.muster/dist'));
  const env = {
    ...ownerEnv,
    PATH: `${bin}:${process.env.PATH}`,
    HOME: scratch,
    NPM_LOG: join(scratch, 'npm.log'),
    BASE: base,
    GITHUB_STEP_SUMMARY: join(scratch, 'summary.md'),
    CI_COMMIT_TARGET_BRANCH: 'main',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  };
  const run = (commands: readonly string[]) => {
    const offline = commands.filter((command) => !command.startsWith('git clone '));
    const shell = spawnSync('sh', ['-e'], { cwd: root, env, encoding: 'utf8', input: offline.join('\n') });
    return { status: shell.status, output: `${shell.stdout}${shell.stderr}` };
  };
  return { root, env, run, read: (file: string) => readFileSync(join(scratch, file), 'utf8') };
}

function program(file: string, text: string): void {
  writeFileSync(file, text.startsWith('#!') ? text : `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

const block = (section: string, language: string): Block => {
  const found = ci.blocks.find((one) => one.language === language && one.sections.at(-1) === section);
  if (found === undefined) throw new Error(`no ${language} under ${section}`);
  return found;
};

const github = (): string[] => {
  const { jobs } = parse(block('GitHub Actions', 'yaml').text) as { jobs: { plan: { steps: { run?: string }[] } } };
  return jobs.plan.steps.flatMap(({ run }) => run ?? []);
};

const woodpecker = (): string[] => {
  const { steps } = parse(block('Woodpecker', 'yaml').text) as { steps: Record<string, { commands: string[] }> };
  // Woodpecker makes one dollar sign of two.
  return Object.values(steps).flatMap(({ commands }) => commands.map((command) => command.replaceAll('$$', '$')));
};

const gitlab = (): string[] => {
  const file = parse(block('GitLab', 'yaml').text) as Record<string, { before_script?: string[]; script?: string[] }>;
  return [...(file['.muster']?.before_script ?? []), ...(file.validate?.script ?? []), ...(file.plan?.script ?? [])];
};

describe('docs/ci.md', () => {
  test.each([
    ['GitHub Actions', github, '::notice title=muster plan jason@w-jarvis::'],
    ['Woodpecker', woodpecker, 'Plan for jason@w-jarvis'],
    ['GitLab', gitlab, '### Muster plan for `jason@w-jarvis`'],
  ])('the steps for %s check a change and show its plan', (_name, steps, shown) => {
    const good = job(roster(2));
    const { status, output } = good.run(steps());
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining(shown) });
    expect(output).toContain('1 to write, 1 to enable, 1 to start; no running agent ends.');
    expect(good.read('npm.log')).toMatch(/^npm --prefix .muster ci --ignore-scripts\nbundled\n/);
  });

  test.each([
    ['GitHub Actions', github],
    ['Woodpecker', woodpecker],
    ['GitLab', gitlab],
  ])('the steps for %s fail for a roster that is denied', (_name, steps) => {
    const { status, output } = job(roster(1, '  - { name: boss, class: orchestrator }')).run(steps());
    expect({ status, output }).toEqual({ status: 3, output: expect.stringContaining('floor/one-orchestrator') });
  });

  test('GitHub gets a summary for each host', () => {
    const good = job(roster(2));
    good.run(github());
    expect(good.read('summary.md')).toMatch(/w-jarvis`[\s\S]*gpu-1`/);
  });

  test('the hook refuses a bad push, reads it from quarantine, and lets a good one in', () => {
    const { root, env } = job(roster(2));
    const bare = join(root, '../fleet.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env });
    program(join(bare, 'hooks/pre-receive'), block('A hook that refuses bad pushes', 'sh').text);
    const push = (...refs: string[]) => spawnSync('git', ['push', bare, ...refs], { cwd: root, env, encoding: 'utf8' });
    expect(push('main').status).toBe(0);
    const before = git(bare, 'rev-parse', 'main');

    write(root, { 'rosters/coding.yaml': roster(2, '  - { name: boss, class: orchestrator }') });
    const bad = commit(root, 'Two orchestrators');
    const refused = push('main');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('error[floor/one-orchestrator]');
    expect(git(bare, 'rev-parse', 'main')).toBe(before);
    expect(() => git(bare, 'cat-file', '-e', bad)).toThrow();

    git(root, 'reset', '--quiet', '--hard', before);
    expect(push('main:refs/heads/more', 'main:refs/tags/v1').status).toBe(0);
    expect(push(':refs/heads/more').status).toBe(0);
  });

  test('the rehearsal carries out the base, then the change, and survives a reboot', () => {
    const setUp = 'mkdir -p fleet/rosters; cd fleet; git init -q; cp "$MUSTER"/rosters/presets/local-canary.yaml rosters/';
    const two = 'git add .; git commit -qm one; sed -i s/canary$/parrot/ rosters/*; git commit -qam two';
    const outputs = typeInto([{ text: setUp }, { text: two }, ...stepsOf(block('A rehearsal', 'sh'))]);
    expect(outputs.at(-1)).toMatch(/Nothing to do: this host is as its rosters say\.\n$/);
  });
});
