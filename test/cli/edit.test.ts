import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitStatus } from '../../src/cli/context.ts';
import { folder, git, ownerEnv, repository, write } from '../git/repositories.ts';
import { coder, file, muster, roster } from './command-line.ts';

const fleet = (more = coder('coder0')): string => repository({ [file]: roster(more) });
const textOf = (root: string, path = file): string => readFileSync(join(root, path), 'utf8');
const run = (root: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  muster(args, { cwd: root, env: { ...ownerEnv, HOME: root, ...env } });

const addCoder = ['add', 'coder1', '--runtime', 'stub', '--class', 'implementer'];

describe('an agent is added', () => {
  test('to the text, and everything else stays', async () => {
    const root = fleet();
    const { status, stdout } = await run(root, addCoder);
    expect(status).toBe(exitStatus.done);
    expect(textOf(root)).toBe(`${roster(coder('coder0'))}  - { name: coder1, runtime: stub, class: implementer }\n`);
    expect(stdout).toBe(`--- a/rosters/coding.yaml
+++ b/rosters/coding.yaml
@@ -6,3 +6,4 @@
   - { name: boss, class: orchestrator }
   - { name: muse, class: enhancer }
   - { name: coder0, class: implementer }
+  - { name: coder1, runtime: stub, class: implementer }
✓ Add coder1 to coding: written to rosters/coding.yaml, not committed.
  next: git commit -m 'Add coder1 to coding' -- rosters/coding.yaml
        muster apply
`);
    expect((await run(root, ['remove', 'coder1'])).status).toBe(exitStatus.done);
    expect(textOf(root)).toBe(roster(coder('coder0')));
  });

  test('with all that can be said of it', async () => {
    const root = fleet();
    const more = [
      '--model-hint',
      'a/b:high',
      '--working-directory',
      '~/src',
      '--env',
      'EDITOR=vi',
      '--env',
      'LINES=1',
      '--persistent-persona',
    ];
    const limits = [
      '--disabled',
      '--ephemeral',
      '--on-change',
      'next-start',
      '--memory-max',
      '4G',
      '--cpu-weight',
      '50',
      '--tasks-max',
      '9',
    ];
    expect((await run(root, [...addCoder, ...more, ...limits, '--no-start'])).status).toBe(exitStatus.done);
    expect(textOf(root).split('\n').at(-2)).toBe(
      '  - { name: coder1, runtime: stub, class: implementer, persistent_persona: true, model_hint: a/b:high, working_directory: ~/src, env: { EDITOR: vi, LINES: "1" }, enabled: false, state: stopped, lifecycle: ephemeral, on_change: next-start, resources: { memory_max: 4G, cpu_weight: 50, tasks_max: 9 } }',
    );
  });

  test('to nothing at all with --dry-run', async () => {
    const root = fleet();
    const { status, stdout } = await run(root, [...addCoder, '--dry-run', '--commit']);
    expect([status, stdout]).toEqual([exitStatus.done, expect.stringContaining('Nothing was written.')]);
    expect(textOf(root)).toBe(roster(coder('coder0')));
  });

  test('to a file that keeps its mode', async () => {
    const root = fleet();
    chmodSync(join(root, file), 0o640);
    await run(root, addCoder);
    expect(statSync(join(root, file)).mode & 0o777).toBe(0o640);
  });

  test('outside git, too', async () => {
    const root = folder();
    write(root, { [file]: roster() });
    const { status, stdout } = await run(root, addCoder);
    expect([status, stdout]).toEqual([exitStatus.done, expect.stringContaining('next: muster apply --worktree\n')]);
  });
});

describe('which fleet is meant', () => {
  const two = (): string =>
    repository({
      [file]: `host: one\n${roster(coder('coder0'))}`,
      'rosters/other.yaml': `host: two\n${roster(coder('coder0'))}`,
    });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['is what is said', ['--fleet', 'other'], { MOSAIC_FLEET: 'coding' }, 'other'],
    ['is that of the pane', [], { MOSAIC_FLEET: 'other' }, 'other'],
  ])('%s', async (_story, flags, env, expected) => {
    for (const args of [addCoder, ['remove', 'coder0'], ['set', 'coder0', 'state=stopped']]) {
      const { stdout } = await run(two(), [...args, ...flags, '--json', '--dry-run'], env);
      expect(JSON.parse(stdout)).toMatchObject({ fleet: expected, file: `rosters/${expected}.yaml`, outcome: 'dry-run' });
    }
  });

  test.each([
    ['has to be said where there are several', [], /it is not clear which fleet is meant: coding, other/],
    ['is looked for by what is near', ['--fleet', 'othr'], /Did you mean other\?/],
  ])('%s', async (_story, flags, words) => {
    const { status, stderr } = await run(two(), [...addCoder, ...flags]);
    expect([status, stderr]).toEqual([exitStatus.usage, expect.stringMatching(words)]);
  });

  test('is found by this host where only one is for it', async () => {
    const anybody = roster().replace('tenant: jason\n', '');
    const root = repository({ [file]: `host: w-jarvis\n${anybody}`, 'rosters/other.yaml': `host: two\n${anybody}` });
    expect(JSON.parse((await run(root, [...addCoder, '--json'])).stdout)).toMatchObject({ fleet: 'coding' });
  });
});

describe('what admission would deny is not written', () => {
  test.each<[string, readonly string[], readonly string[], RegExp]>([
    ['the only orchestrator', ['remove', 'boss'], ['floor/one-orchestrator'], /muster set boss runtime=…/],
    ['the only orchestrator, kept', ['remove', 'boss', '--keep-files'], ['floor/one-orchestrator'], /change both in one commit/],
    ['the only enhancer', ['remove', 'muse'], ['floor/enhancer'], /Add another enhancer first: muster add NAME --class enhancer/],
    ['an enhancer that sleeps', ['set', 'muse', 'state=stopped'], ['floor/enhancer'], /Add another enhancer first/],
    [
      'a second orchestrator',
      ['set', 'coder0', 'class=orchestrator'],
      ['floor/one-orchestrator'],
      /To hand over to another orchestrator/,
    ],
    ['a runtime that nobody knows', ['add', 'x', '--runtime', 'stup'], ['runtime/known'], /did you mean `stub`/],
    ['a class that nobody knows', ['add', 'x', '--class', 'enhancr'], ['class/known'], /did you mean `enhancer`/],
    ['a name that is taken', ['add', 'coder0'], ['names/unique'], /muster set coder0 KEY=VALUE/],
    ['a value that is none', ['set', 'coder0', 'state=runing'], ['roster/value'], /did you mean `running`/],
    ['a secret', ['set', 'coder0', `env.T=ghp_${'0123456789abcdefghijklmnopqrstuvwxyzAB'}`], ['secrets/literal'], /take it out/],
  ])('%s', async (_story, args, codes, words) => {
    const root = fleet();
    const shown = await run(root, args);
    expect([shown.status, shown.stderr]).toEqual([exitStatus.denied, expect.stringMatching(words)]);
    const { stdout } = await run(root, [...args, '--json', '--commit']);
    const found = JSON.parse(stdout) as { diagnostics: { code: string; hint?: string }[] };
    expect(found.diagnostics.map(({ code }) => code)).toEqual([
      ...codes,
      ...(codes.includes('names/unique') ? [] : ['edit/denied']),
    ]);
    expect(stdout).not.toContain('ghp_');
    expect(textOf(root)).toBe(roster(coder('coder0')));
    expect(git(root, 'rev-list', '--count', 'HEAD')).toBe('1');
  });

  test('a roster that is denied already is mended by an edit, or left alone', async () => {
    const root = repository({ [file]: roster().replace('class: enhancer', 'class: worker') });
    expect((await run(root, addCoder)).stderr).toContain('the rosters are denied, with this edit and without it');
    expect((await run(root, ['set', 'muse', 'class=enhancer'])).status).toBe(exitStatus.done);
  });

  test('a commit of this file alone is judged, too', async () => {
    const root = fleet();
    write(root, { 'rosters/roles/painter.md': '# Painter\n' });
    const painter = ['add', 'x', '--class', 'painter'];
    const { status, stderr } = await run(root, [...painter, '--commit']);
    expect([status, stderr]).toEqual([exitStatus.denied, expect.stringContaining('this commit alone would be denied')]);
    expect(textOf(root)).toBe(roster(coder('coder0')));
    expect((await run(root, painter)).status).toBe(exitStatus.done);
  });
});

describe('keys are set', () => {
  test('several at once, and taken away', async () => {
    const root = fleet();
    await run(root, ['set', 'coder0', 'resources.memory_max=4G', 'env.EDITOR=vi', 'enabled=false']);
    expect(textOf(root)).toContain(
      '{ name: coder0, class: implementer, env: { EDITOR: vi }, enabled: false, resources: { memory_max: 4G } }',
    );
    await run(root, ['set', 'coder0', 'resources.memory_max=', 'enabled=', '--unset', 'env']);
    expect(textOf(root)).toBe(roster(coder('coder0')));
  });

  test('to what they are already: nothing is written or committed', async () => {
    const root = fleet();
    const { status, stdout } = await run(root, ['set', 'coder0', 'class=implementer', '--commit']);
    expect([status, stdout]).toEqual([exitStatus.done, '· Nothing to change: rosters/coding.yaml says so already.\n']);
    expect(git(root, 'rev-list', '--count', 'HEAD')).toBe('1');
  });

  test.each([
    ['a key that no agent has', ['memory_max=4G'], /Did you mean resources\.memory_max\?/],
    ['a name', ['name=other'], /an agent cannot be renamed/],
    ['no switch', ['enabled=yes'], /enabled is true or false/],
    ['no number', ['resources.cpu_weight=many'], /is a whole number/],
    ['no value', ['state'], /"state" is no setting/],
    ['a whole block', ['env=x'], /Set one of them, such as env\.EDITOR=vi/],
    ['nothing', [], /nothing is said to be set/],
  ])('but not %s', async (_story, settings, words) => {
    const root = fleet();
    const { status, stderr } = await run(root, ['set', 'coder0', ...settings]);
    expect([status, stderr]).toEqual([exitStatus.usage, expect.stringMatching(words)]);
  });

  test('of an agent that is there', async () => {
    const { status, stderr } = await run(fleet(), ['set', 'codr0', 'state=stopped']);
    expect([status, stderr]).toEqual([exitStatus.usage, expect.stringContaining('Did you mean coder0?')]);
  });
});

describe('an agent is removed', () => {
  test('and a comment above it stays, and is told of', async () => {
    const root = fleet(`  # writes code\n${coder('coder0')}`);
    const { stderr } = await run(root, ['remove', 'coder0']);
    expect(textOf(root)).toBe(roster('  # writes code\n'));
    expect(stderr).toBe(
      '· The comment above it stays (rosters/coding.yaml, line 8): take it out if it spoke of this agent alone.\n',
    );
  });

  test('with --keep-files it stays in the roster, stopped, and comes back', async () => {
    const root = fleet();
    await run(root, ['remove', 'coder0', '--keep-files']);
    expect(textOf(root)).toContain('{ name: coder0, class: implementer, state: stopped }');
    await run(root, ['set', 'coder0', 'state=']);
    expect(textOf(root)).toBe(roster(coder('coder0')));
  });
});

describe('--commit', () => {
  test('commits the file alone, with a message that says what and who; other work is left as it is', async () => {
    const root = fleet();
    write(root, { staged: 'a', changed: 'b' });
    git(root, 'add', 'staged');
    const env = { MOSAIC_AGENT: 'boss', MOSAIC_FLEET: 'coding' };
    const { status, stdout } = await run(root, [...addCoder, '--commit', '--json'], env);
    expect(status).toBe(exitStatus.done);
    const head = git(root, 'rev-parse', 'HEAD');
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'committed',
      commit: { id: head, branch: 'main' },
      next: ['muster apply'],
      host: null,
    });
    expect(git(root, 'show', '--format=%B', '--name-only', 'HEAD')).toBe(
      'Add coder1 to coding\n\nruntime: stub\nclass: implementer\n\nAsked for by agent boss of fleet coding.\n\n\nrosters/coding.yaml',
    );
    expect(git(root, 'status', '--porcelain')).toBe('A  staged\n?? changed');
  });

  interface Situation {
    readonly where: string;
    readonly prepare: (root: string) => unknown;
    readonly words: RegExp;
    readonly env?: Readonly<Record<string, string>>;
  }

  const situations: readonly Situation[] = [
    {
      where: 'the file has changes that are not committed',
      prepare: (root) => write(root, { [file]: roster(coder('c2')) }),
      words: /has changes that are not committed/,
    },
    {
      where: 'it has staged ones',
      prepare: (root) => {
        write(root, { [file]: roster(coder('c2')) });
        git(root, 'add', '.');
      },
      words: /has changes that are not committed/,
    },
    {
      where: 'it was never committed',
      prepare: (root) => {
        git(root, 'rm', '-q', '--cached', file);
        git(root, 'commit', '-qm', 'x');
      },
      words: /was never committed/,
    },
    { where: 'HEAD is detached', prepare: (root) => git(root, 'checkout', '-q', '--detach'), words: /HEAD is detached/ },
    {
      where: 'a merge is under way',
      prepare: (root) => write(root, { '.git/MERGE_HEAD': `${git(root, 'rev-parse', 'HEAD')}\n` }),
      words: /a merge is under way/,
    },
    {
      where: 'a rebase is under way',
      prepare: (root) => mkdirSync(join(root, '.git/rebase-merge')),
      words: /a rebase is under way/,
    },
    {
      where: 'nobody knows who commits',
      prepare: () => {},
      words: /user\.name or user\.email is not set/,
      env: { GIT_COMMITTER_EMAIL: '', GIT_COMMITTER_NAME: '' },
    },
    {
      where: 'a hook refuses',
      prepare: (root) => {
        write(root, { '.git/hooks/pre-commit': '#!/bin/sh\necho not on Fridays >&2\nexit 1\n' });
        chmodSync(join(root, '.git/hooks/pre-commit'), 0o755);
      },
      words: /not on Fridays\. Nothing was changed/,
    },
    {
      where: 'another command of git is at it',
      prepare: (root) => write(root, { '.git/index.lock': '' }),
      words: /git did not take the commit/,
    },
  ];

  test.each(situations)('changes nothing where $where', async ({ prepare, words, env = {} }) => {
    const root = fleet();
    prepare(root);
    const before = [textOf(root), git(root, 'status', '--porcelain'), git(root, 'rev-parse', 'HEAD')];
    const { status, stderr } = await run(root, [...addCoder, '--commit'], env);
    expect([status, stderr]).toEqual([exitStatus.failed, expect.stringMatching(words)]);
    expect(stderr).toContain('edit/not-committed');
    expect([textOf(root), git(root, 'status', '--porcelain'), git(root, 'rev-parse', 'HEAD')]).toEqual(before);
  });

  test('outside git is refused', async () => {
    const root = folder();
    write(root, { [file]: roster() });
    const { status } = await run(root, [...addCoder, '--commit']);
    expect([status, textOf(root)]).toEqual([exitStatus.failed, roster()]);
  });

  test.each([
    ['without --commit', ['--start'], /--start is said without --commit/],
    ['where nobody can be asked', ['--start', '--commit'], /Agree beforehand with --yes/],
  ])('and --start %s change nothing', async (_story, flags, words) => {
    const root = fleet();
    const { status, stderr } = await run(root, [...addCoder, ...flags]);
    expect([status, stderr, textOf(root)]).toEqual([exitStatus.usage, expect.stringMatching(words), roster(coder('coder0'))]);
  });
});

describe('the file', () => {
  test('that is a link is not followed', async () => {
    const root = fleet();
    write(root, { 'elsewhere.yaml': roster() });
    symlinkSync('../elsewhere.yaml', join(root, 'rosters/linked.yaml'));
    const { status, stderr } = await run(root, addCoder);
    expect([status, stderr]).toEqual([exitStatus.denied, expect.stringContaining('is a symbolic link')]);
  });

  test('that is write-protected stays as it is', async () => {
    const root = fleet();
    chmodSync(join(root, file), 0o444);
    const { status, stderr } = await run(root, addCoder);
    expect([status, stderr]).toEqual([exitStatus.failed, expect.stringContaining('it is write-protected')]);
    expect(textOf(root)).toBe(roster(coder('coder0')));
  });

  test('with an anchor that others repeat is not edited there', async () => {
    const text = `${roster()}  - { name: a, env: &e { A: b } }\n  - { name: b, env: *e }\n`;
    const root = repository({ [file]: text });
    const { status, stderr } = await run(root, ['set', 'a', 'env.A=c']);
    expect([status, stderr]).toEqual([
      exitStatus.failed,
      expect.stringMatching(/edit\/unsafe.*\n.*agents\.3\.env\.A would not be/),
    ]);
    expect(textOf(root)).toBe(text);
  });

  test('is found below a directory of the repository, and by --rosters', async () => {
    const root = repository({ 'fleets/a/coding.yaml': roster() });
    const elsewhere = folder();
    for (const [cwd, flag] of [
      [root, 'fleets/a'],
      [elsewhere, join(root, 'fleets/a')],
    ] as const) {
      const { stdout } = await muster([...addCoder, '--rosters', flag, '--dry-run', '--json'], { cwd });
      expect(JSON.parse(stdout)).toMatchObject({ repository: root, file: 'fleets/a/coding.yaml' });
    }
    expect((await muster(addCoder, { cwd: elsewhere })).status).toBe(exitStatus.failed);
  });
});
