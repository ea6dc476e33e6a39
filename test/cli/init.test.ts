import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Asker, Choice } from '../../src/cli/asking.ts';
import { exitStatus } from '../../src/cli/context.ts';
import { beginningOf } from '../../src/cli/init-questions.ts';
import { proposeReseed } from '../../src/cli/reseed.ts';
import { readSeeds } from '../../src/host/seeds.ts';
import { profiles } from '../../src/init/profiles.ts';
import { commit, folder, git, ownerEnv, repository, write } from '../git/repositories.ts';
import { facts } from '../plan/hosts.ts';
import { muster } from './command-line.ts';

interface Told {
  readonly outcome: string;
  readonly repository: string;
  readonly commit: string | null;
  readonly files: readonly {
    readonly file: string;
    readonly what: string | null;
    readonly is: string;
    readonly text: string | null;
  }[];
  readonly remarks: readonly string[];
  readonly diagnostics: readonly { readonly code: string }[];
}

const run = (cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  muster(['init', ...args], { cwd, env: { ...ownerEnv, HOME: '/nowhere/home', ...env } });
const told = async (cwd: string, args: readonly string[], env = {}): Promise<Told> => {
  const { status, stdout, stderr } = await run(cwd, [...args, '--yes', '--json'], env);
  expect({ status, stderr }).toEqual({ status: exitStatus.done, stderr: '' });
  return JSON.parse(stdout) as Told;
};
const everything = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !path.startsWith('.git/'));

/** A PATH on which these programs are, and what git needs. */
function machineWith(...programs: readonly string[]): { readonly PATH: string } {
  const bin = folder();
  for (const name of programs) {
    writeFileSync(join(bin, name), '#!/bin/sh\n');
    chmodSync(join(bin, name), 0o755);
  }
  return { PATH: `${bin}:/usr/bin:/bin` };
}

test('the fleet that needs no server is talked to in a chat', async () => {
  const asked: Choice[] = [];
  const asker: Asker = {
    choose: async (_, choices) => {
      asked.push(...choices);
      return choices[0]?.word ?? '';
    },
    text: async (_, otherwise) => otherwise ?? '',
    agree: async () => false,
    close: () => {},
  };
  const flags = { profile: 'local-canary', ci: 'none', operator: [], rosters: 'rosters', commit: true } as const;
  const ground = { root: '/', prefix: '', repository: null, topLevel: [], nameless: false };
  await beginningOf({ flags, asker, facts, found: [], presets: {} }, ground);
  expect(asked.find(({ word }) => word === 'tmux')?.purpose).toContain('muster chat');
});

describe('a first fleet', () => {
  test.each(profiles)('of the profile %s is admitted, and its floor is guaranteed', async (profile) => {
    const root = folder();
    const { commit: id, files } = await told(root, ['--profile', profile, '--connector', 'tmux']);
    expect(git(root, 'rev-parse', 'HEAD')).toBe(id);
    expect(git(root, 'status', '--porcelain')).toBe('');
    expect(git(root, 'ls-files').split('\n').toSorted()).toEqual(files.map(({ file }) => file).toSorted());
    const { status, stdout } = await muster(['validate', '--json'], { cwd: root });
    expect(status).toBe(exitStatus.done);
    const { diagnostics } = JSON.parse(stdout) as Told;
    expect(diagnostics.map(({ code }) => code)).toEqual(profile === 'minimal' ? ['floor/waived'] : []);
    const roster = readFileSync(join(root, `rosters/${profile}.yaml`), 'utf8');
    expect(/class: orchestrator/.test(roster) && /class: enhancer/.test(roster)).toBe(profile !== 'minimal');
  });

  test('stands in the directory that is named, which need not be there', async () => {
    const root = join(folder(), 'some/fleet');
    expect((await told(root.replace('/some/fleet', ''), ['some/fleet'])).repository).toBe(root);
    expect(everything(root)).toContain('rosters/general.yaml');
  });

  test('stands in a directory of its own where this one holds something else', async () => {
    const here = folder();
    write(here, { 'letters.txt': '' });
    expect((await told(here, [])).repository).toBe(join(here, 'fleet'));
  });

  test('comes with the role documents of its classes, and with a file for the system that the repository has', async () => {
    const root = repository({ '.gitlab-ci-local': '', '.woodpecker/test.yaml': 'steps: {}\n' });
    const { files } = await told(root, ['--profile', 'coding']);
    expect(files.map(({ file }) => file)).toEqual([
      'rosters/coding.yaml',
      'rosters/roles/code-review.md',
      'rosters/roles/coder.md',
      'rosters/roles/enhancer.md',
      'rosters/roles/orchestrator.md',
      'rosters/.muster/seeded.json',
      '.woodpecker/muster.yaml',
    ]);
  });

  test('notes what its role documents were copied from, and of none that was there', async () => {
    const root = repository({ 'rosters/roles/enhancer.md': '# Enhancer\n\nBe kind.\n' });
    await told(root, ['--profile', 'coding', '--ci', 'none']);
    const { documents } = JSON.parse(readFileSync(join(root, 'rosters/.muster/seeded.json'), 'utf8')) as {
      readonly documents: Readonly<Record<string, { readonly text: string }>>;
    };
    expect(Object.keys(documents)).toEqual(['roles/code-review.md', 'roles/coder.md', 'roles/orchestrator.md']);
    expect(documents['roles/coder.md']?.text).toBe(readFileSync(join(root, 'rosters/roles/coder.md'), 'utf8'));
    rmSync(join(root, 'rosters/coding.yaml'));
    git(root, 'commit', '-qam', 'x');
    const { files } = await told(root, ['--profile', 'coding', '--ci', 'none']);
    expect(files.filter(({ is }) => is === 'written').map(({ file }) => file)).toEqual(['rosters/coding.yaml']);
  });

  test.each(profiles)(
    'of the profile %s leaves nothing to record to an update, also where its roster was edited',
    async (profile) => {
      const root = folder();
      await told(root, ['--profile', profile, '--ci', 'none']);
      const shipped = readSeeds(new URL('../..', import.meta.url).pathname);
      const propose = () =>
        proposeReseed({ dir: root, rosters: 'rosters', shipped, shippedThen: {} }, { cwd: root, env: ownerEnv });
      expect((await propose())?.seeds).toBeNull();
      const roster = join(root, `rosters/${profile}.yaml`);
      writeFileSync(roster, `${readFileSync(roster, 'utf8')}# mine\n`);
      git(root, 'commit', '-qam', 'x');
      expect((await propose())?.seeds).toBeNull();
    },
  );

  test('is shown before it is written, every line of it, with --dry-run', async () => {
    const root = folder();
    const { status, stdout } = await run(root, ['--profile', 'research', '--dry-run']);
    expect([status, everything(root)]).toEqual([exitStatus.done, []]);
    const { files } = await told(root, ['--profile', 'research']);
    for (const { file, what, text } of files) {
      expect(stdout).toContain(`+ ${file}`);
      if (what === 'record') continue;
      const lines = (text ?? '').trimEnd().split('\n');
      expect(stdout).toContain(`${file}\n${lines.map((line) => `  │ ${line}`.trimEnd()).join('\n')}\n`);
    }
  });
});

describe('its agents run', () => {
  test.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['what the profile says where all of it is here', ['claude', 'pi'], [], ['claude', 'pi']],
    ['what is here', ['codex'], [], ['codex']],
    ['the stub where nothing is', [], [], ['stub']],
    ['what is said', ['claude', 'pi'], ['--runtime', 'opencode'], ['opencode']],
  ])('%s', async (_story, programs, flags, expected) => {
    const root = folder();
    const { remarks } = await told(root, ['--profile', 'coding', ...flags], machineWith(...programs));
    const roster = readFileSync(join(root, 'rosters/coding.yaml'), 'utf8');
    const used = [...roster.matchAll(/runtime: (\w+)/g)].map((match) => match[1]);
    expect([...new Set(used)].toSorted()).toEqual(expected);
    expect(roster.includes('model_hint')).toBe(expected.includes('pi'));
    expect(remarks.some((remark) => remark.includes('stub stands in'))).toBe(expected.includes('stub'));
  });

  test('a runtime that nobody knows is refused, and nothing is written', async () => {
    const root = folder();
    const { status, stderr } = await run(root, ['--runtime', 'cladue', '--yes']);
    expect([status, everything(root)]).toEqual([exitStatus.denied, []]);
    expect(stderr).toMatch(/runtime\/known[\s\S]*claude/);
  });

  test('where the profile says if that is here, else at home', async () => {
    const home = folder();
    const placeOf = async (): Promise<string | undefined> => {
      const root = folder();
      await told(root, ['--profile', 'coding'], { HOME: home });
      return /working_directory: (.*)/.exec(readFileSync(join(root, 'rosters/coding.yaml'), 'utf8'))?.[1];
    };
    expect(await placeOf()).toBeUndefined();
    mkdirSync(join(home, 'src'));
    expect(await placeOf()).toBe('~/src');
  });
});

describe('what is there stays', () => {
  test('a second time there is nothing to do', async () => {
    const root = folder();
    const { commit: first } = await told(root, []);
    expect(await told(root, [])).toMatchObject({ outcome: 'unchanged', commit: null });
    expect(git(root, 'rev-parse', 'HEAD')).toBe(first);
  });

  test('a roster of that name is not written over', async () => {
    const root = repository({ 'rosters/general.yaml': 'mine\n' });
    const { status, stderr } = await run(root, ['--yes']);
    expect([status, stderr]).toEqual([
      exitStatus.failed,
      expect.stringMatching(/general\.yaml is there already[\s\S]*--fleet general2/),
    ]);
    expect(readFileSync(join(root, 'rosters/general.yaml'), 'utf8')).toBe('mine\n');
  });

  test('files of the repository, staged or not, and role documents of its own', async () => {
    const root = repository({ 'notes.txt': 'one\n', 'rosters/roles/enhancer.md': 'Be kind.\n' });
    write(root, { 'notes.txt': 'two\n', 'staged.txt': 'x\n' });
    git(root, 'add', 'staged.txt');
    const { remarks, files } = await told(root, []);
    expect(remarks).toContain('2 changed files of the repository are not committed, and stay so.');
    expect(files.map(({ file }) => file)).not.toContain('rosters/roles/enhancer.md');
    expect(git(root, 'status', '--porcelain')).toBe('M notes.txt\nA  staged.txt');
  });

  test('a fleet beside another one is judged with it', async () => {
    const root = folder();
    await told(root, []);
    const { status, stderr } = await run(root, ['--profile', 'coding', '--yes']);
    expect([status, stderr]).toEqual([exitStatus.denied, expect.stringMatching(/names\/unique[\s\S]*--host NAME/)]);
    expect(everything(root)).not.toContain('rosters/coding.yaml');
  });
});

describe('nothing is written where', () => {
  test.each<[string, (root: string) => void, readonly string[], number, RegExp]>([
    ['HEAD is detached', (root) => git(root, 'switch', '--quiet', '--detach'), [], 1, /HEAD is detached[\s\S]*git switch main/],
    [
      'a merge is under way',
      (root) => writeFileSync(join(root, '.git/MERGE_HEAD'), `${git(root, 'rev-parse', 'HEAD')}\n`),
      [],
      1,
      /a merge is under way/,
    ],
    ['the profile is unknown', () => {}, ['--profile', 'codign'], 4, /no profile codign[\s\S]*Did you mean coding\?/],
    ['the connector is unknown', () => {}, ['--connector', 'matrx'], 4, /Did you mean matrix\?/],
    ['the CI system is unknown', () => {}, ['--ci', 'githup'], 4, /Did you mean github\?/],
    ['a connector lacks what it needs', () => {}, ['--connector', 'matrix'], 4, /--homeserver-url https:/],
    ['the fleet has no name', () => {}, ['--fleet', 'My Fleet'], 4, /cannot be called My Fleet/],
    ['rosters are elsewhere', () => {}, ['--rosters', '../x'], 4, /not in the repository/],
    ['the directory is a file', () => {}, ['notes.txt/x'], 1, /notes.txt is no directory/],
    ['a hook refuses', (root) => hook(root, 'echo No rosters here. >&2; exit 1'), [], 1, /No rosters here\.[\s\S]*--no-commit/],
    [
      'it is ignored',
      (root) => {
        write(root, { '.gitignore': 'rosters\n' });
        commit(root);
      },
      [],
      1,
      /git add failed/,
    ],
  ])('%s', async (_story, prepare, flags, status, words) => {
    const root = repository({ 'notes.txt': '' });
    prepare(root);
    const before = [everything(root), git(root, 'rev-parse', 'HEAD'), git(root, 'status', '--porcelain')];
    const ran = await run(root, [...flags, '--yes']);
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringMatching(words)]);
    expect([everything(root), git(root, 'rev-parse', 'HEAD'), git(root, 'status', '--porcelain')]).toEqual(before);
  });

  test('there is no git', async () => {
    const root = folder();
    const { status, stderr } = await run(root, ['--yes'], { PATH: '/nowhere' });
    expect([status, stderr, everything(root)]).toEqual([1, expect.stringContaining('git is not installed'), []]);
  });

  test('the repository is bare', async () => {
    const root = folder();
    git(root, 'init', '--quiet', '--bare');
    const { status, stderr } = await run(root, ['--yes']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('bare repository')]);
  });

  test('nobody can be asked', async () => {
    const root = folder();
    const { status, stderr } = await run(root, ['--profile', 'general']);
    expect([status, stderr, everything(root)]).toEqual([4, expect.stringContaining('--yes'), []]);
  });

  test('it would be the home directory', async () => {
    const home = folder();
    write(home, { '.bashrc': '' });
    const { status, stderr } = await run(home, ['.', '--yes'], { HOME: home });
    expect([status, stderr]).toEqual([4, expect.stringContaining('muster init ./fleet')]);
  });

  // Root may write everywhere.
  test('the directory is read-only', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write to any directory');
    const root = folder();
    chmodSync(root, 0o555);
    onTestFinished(() => chmodSync(root, 0o755));
    const { status, stderr } = await run(root, ['--yes']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('You may not write there')]);
  });
});

test.each([
  [
    'matrix',
    [
      '--homeserver-url',
      'https://matrix.example.org',
      '--user-id',
      '@mos:example.org',
      '--room-id',
      '!abc:example.org',
      '--operator',
      '@jason:example.org',
    ],
  ],
  ['discord', ['--channel-id', '123456789012345678', '--operator', '123456789012345678']],
])('a fleet that is talked to over %s belongs to this host, and the secret comes next', async (kind, flags) => {
  const root = folder();
  const { status, stdout } = await run(root, ['--connector', kind, ...flags, '--yes']);
  expect([status, stdout]).toEqual([exitStatus.done, expect.stringContaining('muster connector login general')]);
  const roster = readFileSync(join(root, 'rosters/general.yaml'), 'utf8');
  expect(roster).toMatch(new RegExp(`^host: w-jarvis\\n[\\s\\S]*^connector:\\n  kind: ${kind}\\n`, 'm'));
});

test('--no-commit leaves the commit to others, and --rosters is where rosters are, also for what checks them', async () => {
  const root = repository({ 'notes.txt': '' });
  expect(await told(root, ['--no-commit', '--rosters', 'ops/fleets', '--ci', 'github'])).toMatchObject({
    outcome: 'written',
    commit: null,
  });
  expect(existsSync(join(root, 'ops/fleets/general.yaml'))).toBe(true);
  const ci = readFileSync(join(root, '.github/workflows/muster.yaml'), 'utf8');
  expect(ci).toContain('muster validate --rosters ops/fleets --format github');
  expect(ci).toContain('muster plan --rosters ops/fleets --base');
});

test('a commit that git knows no name for gets the name of the user', async () => {
  const root = folder();
  const nobody = { PATH: ownerEnv.PATH, HOME: '/nowhere/home', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const { stdout } = await muster(['init', '--yes', '--json'], { cwd: root, env: nobody });
  const { remarks } = JSON.parse(stdout) as Told;
  expect(remarks.at(-1)).toContain('--reset-author');
  expect(git(root, 'log', '--format=%ae')).toMatch(/@w-jarvis$/);
});

/** Runs before every commit. */
function hook(root: string, text: string): void {
  writeFileSync(join(root, '.git/hooks/pre-commit'), `#!/bin/sh\n${text}\n`);
  chmodSync(join(root, '.git/hooks/pre-commit'), 0o755);
}
