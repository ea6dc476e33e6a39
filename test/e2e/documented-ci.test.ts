import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { type Block, page } from '../docs/page.ts';
import { packageRoot } from '../docs/private-shell.ts';
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

interface Job {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** In one shell, as a runner does. */
  readonly run: (commands: readonly string[], more?: Readonly<Record<string, string>>) => Outcome;
  readonly read: (file: string) => string;
}

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** A repository with a base commit and a change on top, and a PATH on which `muster` is this project and nothing reaches a network. */
function job(change: Readonly<Record<string, string>>): Job {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-ci-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const root = join(scratch, 'repository');
  const bin = join(scratch, 'bin');
  mkdirSync(root);
  mkdirSync(bin);
  symlinkSync(join(packageRoot, 'dist/main.js'), join(bin, 'muster'));
  for (const name of ['npm', 'gh', 'sudo']) program(join(bin, name), `echo "${name} $*" >> "$LOG"`);
  git(root, 'init', '--quiet', '--initial-branch=main');
  write(root, { 'rosters/coding.yaml': roster(1), 'docs/a.md': 'one', '.ci/run': '' });
  const base = commit(root, 'One coder');
  git(root, 'remote', 'add', 'origin', root);
  git(root, 'switch', '--quiet', '--create', 'change');
  write(root, change);
  commit(root, 'The change');
  const env = {
    ...ownerEnv,
    PATH: `${bin}:${process.env.PATH}`,
    HOME: scratch,
    LOG: join(scratch, 'log'),
    BASE: base,
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_STEP_SUMMARY: join(scratch, 'summary.md'),
    GITHUB_OUTPUT: join(scratch, 'output'),
    RUNNER_TEMP: scratch,
    MUSTER: 'musterd',
    CI_COMMIT_TARGET_BRANCH: 'main',
    CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
  };
  writeFileSync(join(scratch, 'log'), '');
  const run: Job['run'] = (commands, more = {}) => {
    const shell = spawnSync('bash', ['-e'], {
      cwd: root,
      env: { ...env, ...more },
      encoding: 'utf8',
      input: commands.join('\n'),
    });
    return { status: shell.status, output: `${shell.stdout}${shell.stderr}` };
  };
  return { root, env, run, read: (file) => readFileSync(join(scratch, file), 'utf8') };
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

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'continue-on-error'?: boolean;
}

type Event = 'pull_request' | 'push' | 'tag';

/** Steps as GitHub runs them: conditions, expressions and outputs as far as these files use them. */
function github(
  steps: readonly Step[],
  { run, read }: Job,
  event: Event,
  inputs: Readonly<Record<string, string>> = {},
): Outcome {
  const outcome = { status: 0 as number | null, output: '' };
  for (const step of steps) {
    if (step.run === undefined) continue;
    const heavy = outcome.output === '' && step.id === 'touched' ? '' : (/heavy=(\w+)/.exec(read('output'))?.[1] ?? '');
    const known: Readonly<Record<string, string>> = {
      'steps.touched.outputs.heavy': heavy,
      'github.event_name': event === 'tag' ? 'push' : event,
      'github.event.pull_request.number': '7',
      'github.token': 'token',
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`inputs.${name}`, value])),
    };
    if (!holds(step.if ?? 'success()', known, outcome.status === 0)) continue;
    const text = step.run.replace(/\$\{\{ *(.+?) *\}\}/g, (_, name: string) => known[name] ?? name);
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([key, value]) => [
        key,
        value.replace(/\$\{\{ *(.+?) *\}\}/g, (_, name: string) => known[name] ?? name),
      ]),
    );
    const ran = run([text], { ...env, ...(event === 'tag' ? { GITHUB_REF: 'refs/tags/v1' } : {}) });
    outcome.output += `${ran.output}\n`;
    if (ran.status !== 0 && step['continue-on-error'] !== true) outcome.status = ran.status;
  }
  return outcome;
}

/** A condition of comparisons joined by &&; one that asks for no status asks for success. */
function holds(condition: string, known: Readonly<Record<string, string>>, succeeded: boolean): boolean {
  const parts = condition.replace(/^\$\{\{ *| *\}\}$/g, '').split(' && ');
  const asksForStatus = parts.some((part) => /^(!cancelled|success|always)\(\)$/.test(part));
  return (
    (asksForStatus || succeeded) &&
    parts.every((part) => {
      if (part === '!cancelled()' || part === 'always()') return true;
      if (part === 'success()') return succeeded;
      const compared = /^([\w.]+) == '(.*)'$/.exec(part);
      if (compared === null) throw new Error(`a condition that this test does not know: ${part}`);
      return known[compared[1] ?? ''] === compared[2];
    })
  );
}

const workflow = (file: string): readonly Step[] => {
  const { jobs } = parse(file) as { jobs: Record<string, { steps: Step[] }> };
  return Object.values(jobs).flatMap(({ steps }) => steps);
};

const action = parse(readFileSync(join(packageRoot, '.github/actions/plan/action.yml'), 'utf8')) as {
  runs: { steps: Step[] };
  inputs: Record<string, { default?: string }>;
};

/** The action from a checkout of its own, in which the build is done already. */
function actionOn(one: Job, event: Event): Outcome {
  const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, { default: value = '' }]) => [name, value]));
  const checkout = join(one.root, '../muster');
  mkdirSync(join(checkout, '.github/actions/plan'), { recursive: true });
  mkdirSync(join(checkout, '.build'));
  writeFileSync(join(checkout, '.build/bundle.js'), "require('node:fs').appendFileSync(process.env.LOG, 'bundled\\n')");
  symlinkSync(join(packageRoot, 'dist'), join(checkout, 'dist'));
  const steps = action.runs.steps.map((step) => ({
    ...step,
    ...(step.run === undefined ? {} : { run: `export GITHUB_ACTION_PATH='${checkout}/.github/actions/plan'\n${step.run}` }),
  }));
  return github(steps, one, event, { ...inputs, base: one.env.BASE ?? '' });
}

const woodpecker = (event: Event): string[] => {
  const { steps } = parse(block('Woodpecker', 'yaml').text) as {
    steps: Record<string, { commands: string[]; when?: { event: string }[] }>;
  };
  const due = Object.values(steps).filter(({ when }) => when === undefined || when.some((one) => one.event === event));
  // Woodpecker makes one dollar sign of two.
  return due.flatMap(({ commands }) => commands.map((command) => command.replaceAll('$$', '$')));
};

const gitlab = (): string[] => (parse(block('GitLab', 'yaml').text) as { muster: { script: string[] } }).muster.script;

const runs: readonly (readonly [name: string, run: (one: Job, event: Event) => Outcome, shown: RegExp])[] = [
  [
    'GitHub',
    (one, event) => github(workflow(block('GitHub Actions', 'yaml').text), one, event),
    /::notice title=muster plan any-user@gpu-1::/,
  ],
  ['the action', actionOn, /::notice title=muster plan any-user@gpu-1::/],
  ['Woodpecker', (one, event) => one.run(woodpecker(event)), /Plan for any-user@gpu-1/],
  [
    'GitLab',
    (one, event) =>
      one.run(
        gitlab(),
        event === 'tag'
          ? { CI_COMMIT_TAG: 'v1', CI_MERGE_REQUEST_DIFF_BASE_SHA: '', CI_COMMIT_BEFORE_SHA: one.env.BASE ?? '' }
          : {},
      ),
    /### Muster plan for `any-user@gpu-1`/,
  ],
];
/** Woodpecker looks at paths before it runs anything: test/docs/ci.test.ts. */
const gated = runs.filter(([name]) => name !== 'Woodpecker');

describe('docs/ci.md', () => {
  test.each(runs)('the steps for %s check a change and show its plan for each host', (_name, run, shown) => {
    const good = job({ 'rosters/coding.yaml': roster(2) });
    const { status, output } = run(good, 'pull_request');
    expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(shown) });
    expect(output).toContain('1 to enable, 1 to start; no running agent ends.');
    expect(output).toContain('any-user@w-jarvis');
    expect(good.read('log')).toMatch(/^npm (install --global|ci --ignore-scripts)/);
  });

  test.each(runs)('the steps for %s fail for a roster that is denied, and say where', (_name, run) => {
    const bad = job({ 'rosters/coding.yaml': roster(1, '  - { name: boss, class: orchestrator }') });
    const { status, output } = run(bad, 'pull_request');
    expect({ status, output }).toEqual({
      status: 3,
      output: expect.stringMatching(/floor\/one-orchestrator[\s\S]*--> rosters\/coding\.yaml:\d+/),
    });
  });

  test.each(gated)(
    'the steps for %s skip what is heavy where only documentation changed, and nothing for a tag',
    (_name, run) => {
      const small = job({ 'docs/a.md': 'two', 'README.md': 'x' });
      expect(run(small, 'pull_request').status).toBe(0);
      expect(small.read('log')).toBe('');
      const tagged = job({ 'docs/a.md': 'two' });
      expect(run(tagged, 'tag').status).toBe(0);
      expect(tagged.read('log')).toMatch(/^npm /);
      const role = job({ 'rosters/roles/enhancer.md': 'Be kind.' });
      expect(run(role, 'pull_request').status).toBe(0);
      expect(role.read('log')).toMatch(/^npm /);
    },
  );

  test.each(runs.slice(0, 2))(
    '%s gets one comment and one summary for all hosts, also where the change is denied',
    (_name, run) => {
      const good = job({ 'rosters/coding.yaml': roster(2) });
      run(good, 'pull_request');
      expect(good.read('summary.md')).toMatch(/^## Muster\n[\s\S]*any-user@gpu-1`[\s\S]*The same for `any-user@w-jarvis`\.\n/);
      expect(good.read('log')).toMatch(/^gh pr comment 7 --edit-last --create-if-none --body-file \S+plan\.md$/m);
      const bad = job({ 'rosters/coding.yaml': roster(1, '  - { name: boss, class: orchestrator }') });
      run(bad, 'pull_request');
      expect(bad.read('summary.md')).toMatch(/\*\*Denied: /);
      expect(bad.read('log')).toContain('gh pr comment 7');
      const pushed = job({ 'rosters/coding.yaml': roster(2) });
      run(pushed, 'push');
      expect(pushed.read('log')).not.toContain('gh');
    },
  );

  test('the pipeline of this project runs everything but for documentation alone', () => {
    const steps = workflow(readFileSync(join(packageRoot, '.github/workflows/ci.yaml'), 'utf8'));
    const called = (files: Readonly<Record<string, string>>, event: Event): string => {
      const one = job(files);
      program(join(one.root, '.ci/run'), 'echo "run $*" >> "$LOG"');
      expect(
        github(
          steps,
          {
            ...one,
            run: (commands) =>
              one.run(commands, { BASE: one.env.BASE ?? '', ...(event === 'tag' ? { GITHUB_REF: 'refs/tags/v1' } : {}) }),
          },
          event,
        ).status,
      ).toBe(0);
      return one.read('log');
    };
    expect(called({ 'src/main.ts': '' }, 'pull_request')).toMatch(/^sudo env PATH=\S+ \.ci\/run\n$/);
    expect(called({ 'docs/a.md': 'two' }, 'pull_request')).toBe('run --only lint --only unit docs\n');
    expect(called({}, 'tag')).toMatch(/^sudo env PATH=\S+ \.ci\/run\n$/);
  });

  test('the hook refuses a bad push, reads it from quarantine, and lets a good one in', () => {
    const { root, env } = job({ 'rosters/coding.yaml': roster(2) });
    const bare = join(root, '../fleet.git');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { env });
    program(join(bare, 'hooks/pre-receive'), block('A hook that refuses bad pushes', 'sh').text);
    git(root, 'switch', '--quiet', 'main');
    git(root, 'merge', '--quiet', 'change');
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
});
