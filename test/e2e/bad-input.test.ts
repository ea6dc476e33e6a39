import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Files, PrivateHost, type Ran, type RunOptions } from './host.ts';
import { type Agents, floor, roster, small } from './rosters.ts';

/** One host with a fleet, for all of them: each has to leave it exactly as it is. */
let host: PrivateHost;

beforeAll(async () => {
  if (inject('noHost') !== '') return;
  host = await PrivateHost.start();
  await host.commit({ 'rosters/coding.yaml': roster(small) });
  await host.apply();
});

afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
});

// Put together here, so that no scanner takes this file for a leak.
const token = `ghp_${'0123456789abcdefABCDEF'.repeat(2).slice(0, 36)}`;
const named = (name: string): string => roster({ ...floor, [name]: 'worker' });
const bomb = [
  'version: 1',
  'x0: &x0 [a, a, a, a, a, a, a, a, a]',
  ...Array.from({ length: 9 }, (_, n) => `x${n + 1}: &x${n + 1} [${Array(9).fill(`*x${n}`).join(', ')}]`),
].join('\n');
const more = (agents: Agents): Agents => ({ ...floor, ...agents });

/** Rosters that are wrong: denied with these codes and exit status 3. */
const denied: readonly (readonly [name: string, files: Files, code: RegExp])[] = [
  ['broken YAML', { 'coding.yaml': 'version: 1\nagents: [\n' }, /\[roster\/syntax\]/],
  ['tabs and nonsense', { 'coding.yaml': 'version: 1\n\tagents: : }{' }, /\[roster\/syntax\]/],
  ['bytes that are no text', { 'coding.yaml': { base64: '//4AAQIDBAUGB/8=' } }, /\[roster\/syntax\]/],
  ['an unknown key', { 'coding.yaml': roster(floor, { agnets: [] }) }, /\[roster\/unknown-key\][\s\S]*agents/],
  ['a wrong type', { 'coding.yaml': 'version: 1\nagents: 5\n' }, /\[roster\/type\]/],
  ['a version to come', { 'coding.yaml': roster(floor, { version: 2 }) }, /\[roster\/version\]/],
  [
    'names that are there twice',
    { 'coding.yaml': roster(small).replace('"name": "coder0"', '"name": "enhancer"') },
    /\[names\/unique\]/,
  ],
  ['no enhancer', { 'coding.yaml': roster({ orchestrator: 'orchestrator' }) }, /\[floor\/enhancer\]/],
  ['no orchestrator', { 'coding.yaml': roster({ enhancer: 'enhancer' }) }, /\[floor\/one-orchestrator\]/],
  ['two orchestrators', { 'coding.yaml': roster({ ...floor, boss: 'orchestrator' }) }, /\[floor\/one-orchestrator\]/],
  [
    'an orchestrator that is stopped',
    { 'coding.yaml': roster({ ...floor, orchestrator: { class: 'orchestrator', state: 'stopped' } }) },
    /\[floor\/one-orchestrator\]/,
  ],
  ['a token in a value of env', { 'coding.yaml': roster(more({ a: { env: { X: token } } })) }, /\[secrets\/literal\]/],
  [
    'a token in an argument',
    { 'coding.yaml': roster(floor, { runtimes: { toy: { command: 'x', args: [token] } } }) },
    /\[secrets\/literal\]/,
  ],
  ['an alias bomb', { 'coding.yaml': bomb }, /\[roster\/(aliases|too-large)\]/],
  ['an unknown runtime', { 'coding.yaml': roster(more({ a: { runtime: 'claud' } })) }, /\[runtime\/known\][\s\S]*claude/],
  ['an unknown class', { 'coding.yaml': roster(more({ a: 'wizard' })) }, /\[class\/known\]/],
  [
    'a connector that cannot be served',
    { 'coding.yaml': roster(floor, { host: 'h', connector: { kind: 'irc' } }) },
    /\[connector\/unavailable\]/,
  ],
  ['a name that leaves its directory', { 'coding.yaml': named('../evil') }, /\[roster\/value\]/],
  ['a name with a systemd specifier', { 'coding.yaml': named('a%n') }, /\[roster\/value\]/],
  ['a name that tmux would cut', { 'coding.yaml': named('a:0.1') }, /\[roster\/value\]/],
  ['a name that a shell would run', { 'coding.yaml': named('$(touch pwned)') }, /\[roster\/value\]/],
  ['a name with a line break', { 'coding.yaml': named('a\nb') }, /\[roster\/value\]/],
  ['a name with escape sequences', { 'coding.yaml': named('a\u001b[31m\u0007') }, /\[roster\/value\]/],
  ['a name that turns the line around', { 'coding.yaml': named('a\u202eb') }, /\[roster\/(value|syntax)\]/],
  ['a roster that is a symlink out of the repository', { 'coding.yaml': { link: '/etc/passwd' } }, /\[git\/symlink\]/],
  ['most agents gone without consent', { 'coding.yaml': roster(floor), 'other.yaml': null }, /\[prune\/mass\]/],
];

describe('a roster that is wrong is denied with its code, exit status 3, and nothing changes', () => {
  test.each(denied)('%s', async (name, files, code) => {
    if (name.startsWith('most agents')) await grow();
    const dir = await repository(files);
    const codes = await refused(dir, name.startsWith('most agents') ? ['plan', 'apply'] : ['validate', 'plan', 'apply']);
    for (const { status, stderr } of codes)
      expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(code) });
  });

  test('a file of 100 MB', async (context) => {
    context.skip(inject('noHost') !== '', inject('noHost'));
    const dir = await repository({ 'coding.yaml': roster(small) });
    await host.must(
      [
        'sh',
        '-c',
        `head -c 104857600 /dev/zero | tr '\\0' '#' >rosters/big.yaml; git add -A; git -c user.name=a -c user.email=a@b commit -qm big`,
      ],
      { cwd: dir },
    );
    for (const { status, stderr } of await refused(dir)) {
      expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('[roster/too-large]') });
    }
  });

  /** A fleet of which something can be dropped. */
  async function grow(): Promise<void> {
    await host.commit({ 'rosters/coding.yaml': roster({ ...floor, a: 'worker', b: 'worker', c: 'worker', d: 'worker' }) });
    await host.apply();
  }
});

/** What could not be read or asked: exit status 1. */
const unreadable: readonly (readonly [name: string, args: readonly string[], options: RunOptions, code: string])[] = [
  ['not a repository', ['/var/empty-place'], {}, 'git/not-a-repository'],
  ['a branch without a commit', ['unborn'], {}, 'git/no-commit'],
  ['a revision that does not exist', ['fleet', '--ref', 'no-such-branch'], {}, 'git/unknown-revision'],
  ['a revision that looks like a flag', ['fleet', '--ref=--output=/tmp/x'], {}, 'git/unknown-revision'],
  ['a roster directory that does not exist', ['fleet', '--rosters', 'elsewhere'], {}, 'git/no-rosters'],
  ['no git', ['fleet'], { env: { PATH: '/run/home/bare' } }, 'git/not-found'],
  ['no user bus', ['fleet'], { env: { XDG_RUNTIME_DIR: '/nowhere', DBUS_SESSION_BUS_ADDRESS: null } }, 'host/no-bus'],
  ['no tmux', ['fleet'], { env: { PATH: '/run/home/untmuxed' } }, 'host/no-tmux'],
];

describe('what cannot be read or asked is told with its code, exit status 1, and nothing changes', () => {
  test.each(unreadable)('%s', async (_, args, options, code) => {
    if (inject('noHost') === '') {
      await host.must(['sh', '-c', 'mkdir -p unborn bare untmuxed; git init -q unborn']);
      // Everything but tmux, and nothing but node.
      await host.must([
        'sh',
        '-c',
        'ln -sf /usr/bin/* untmuxed/; rm -f untmuxed/tmux; ln -sf "$(command -v node)" untmuxed/node; ln -sf "$(command -v node)" bare/node; ln -sf /run/private-host/bin/muster untmuxed/; ln -sf /run/private-host/bin/muster bare/; ln -sf /bin/sh bare/sh',
      ]);
    }
    for (const { status, stderr } of await refused('.', ['plan', 'apply'], args, options)) {
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(`[${code}]`) });
    }
  });
});

const usage: readonly (readonly [name: string, args: readonly string[], told: RegExp])[] = [
  ['an unknown command', ['aply'], /apply/],
  ['the name of a program that is no command', ['bridge'], /unknown command 'bridge'/],
  ['the name of the program that has all', ['program'], /unknown command 'program'/],
  ['what every object has', ['constructor'], /unknown command 'constructor'/],
  ['what every object comes from', ['__proto__'], /unknown command '__proto__'/],
  ['an unknown flag', ['plan', '--bse', 'main'], /--base/],
  ['an unknown format', ['plan', '--format', 'xml'], /json/],
];

describe('what is typed wrong is told with exit status 4', () => {
  test.each(usage)('%s', async (_, args, told) => {
    const { status, stderr } = await asked(args, { cwd: 'fleet' });
    expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringMatching(told) });
  });
});

describe('files that are named on the command line', () => {
  test.each([
    ['a plan that is no JSON', ['apply', '--yes', '--plan', 'x.json'], 'nonsense', 'plan/format'],
    ['a plan that is another document', ['apply', '--yes', '--plan', 'x.json'], '{"format_version":"1.0"}', 'plan/format'],
    [
      'a plan of a later format',
      ['apply', '--yes', '--plan', 'x.json'],
      '{"format_version":"2.0","id":"x","revision":"x","observed_digest":"x"}',
      'plan/format',
    ],
    ['a plan that is not there', ['apply', '--yes', '--plan', 'nowhere.json'], '', 'plan/format'],
    ['a snapshot that is no JSON', ['plan', '--observed', 'x.json'], '[', 'snapshot/format'],
    ['a snapshot with holes', ['plan', '--observed', 'x.json'], '{"format_version":"1.0","facts":{}}', 'snapshot/format'],
  ] as const)('%s', async (_, args, text, code) => {
    if (inject('noHost') === '') await host.writeFiles({ 'x.json': text });
    const { status, stderr } = await asked(args, { cwd: 'fleet', env: {} }, '../');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(`[${code}]`) });
  });
});

let counter = 0;

/** A repository of its own with just these files in its roster directory; gives its path. */
async function repository(files: Files): Promise<string> {
  const dir = `case${++counter}`;
  if (inject('noHost') !== '') return dir;
  await host.writeFiles(Object.fromEntries(Object.entries({ ...files }).map(([path, text]) => [`${dir}/rosters/${path}`, text])));
  const commit = 'git init -q -b main && git add -A && git -c user.name=a -c user.email=a@b.internal commit -qm one';
  await host.must(['sh', '-c', commit], { cwd: dir });
  return dir;
}

/** Runs the commands, and expects the host to be after them as it was before. */
async function refused(
  cwd: string,
  commands: readonly string[] = ['validate', 'plan', 'apply'],
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<Ran[]> {
  const ran: Ran[] = [];
  for (const command of commands)
    ran.push(await asked([command, ...(command === 'apply' ? ['--yes'] : []), ...args], { cwd, ...options }));
  return ran;
}

async function asked(args: readonly string[], options: RunOptions, below = ''): Promise<Ran> {
  if (inject('noHost') !== '') return { status: -1, signal: null, stdout: '', stderr: inject('noHost') };
  const before = await host.everything();
  const files = args.map((arg) => (arg.endsWith('.json') ? `${below}${arg}` : arg));
  const ran = await host.run(['muster', ...files], options);
  expect(await host.everything()).toEqual(before);
  const shown = `${ran.stdout}${ran.stderr}`;
  expect(shown).not.toMatch(/\n {4}at |\[internal\]/);
  expect(shown).not.toContain(token);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]/);
  return ran;
}
