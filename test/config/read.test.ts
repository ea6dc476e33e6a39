import { describe, expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { readControllerConfig } from '../../src/config/read.ts';
import type { ControllerConfig } from '../../src/model/controller.ts';

const file = '/home/jason/.config/mosaic/controller.yaml';
const read = (text: string) => readControllerConfig(text, file, '/home/jason');

/** `code line:column summary | hint`, one line per finding. */
const said = async (text: string): Promise<string[]> =>
  (await read(text)).diagnostics.map(
    ({ code, place, summary, hint = '' }) => `${code} ${place?.line}:${place?.column} ${summary} | ${hint}`,
  );
const configOf = async (text: string): Promise<ControllerConfig> => {
  const { config, diagnostics } = await read(text);
  expect(diagnostics).toEqual([]);
  if (config === null) throw new Error('no configuration');
  return config;
};

test.each([
  ['empty', ''],
  ['comments only', '# nothing\n\n# here\n'],
  ['no more than its version', 'format_version: "1.0"\n'],
])('a file that is %s has every default', async (_what, text) => {
  expect(await configOf(text)).toEqual(defaultConfig);
});

test('every key is read', async () => {
  const text = `
format_version: "1.0"
repository: ~/fleet/
ref: production
rosters: fleets/host
worktree: false
fast_forward_only: false
signatures: { format: ssh, allowed_signers: ~/.ssh/allowed_signers }
health: { deadline: 2m, stable: 500ms }
resync: 1h
metrics: 127.0.0.1:9464
notes: true
hook: [/usr/local/bin/tell, --quiet]
`;
  expect(await configOf(text)).toEqual({
    repository: '/home/jason/fleet',
    remote: null,
    ref: 'production',
    rosters: 'fleets/host',
    worktree: false,
    fastForwardOnly: false,
    signatures: { format: 'ssh', allowedSigners: '/home/jason/.ssh/allowed_signers' },
    health: { deadlineMs: 120_000, stableMs: 500 },
    resyncMs: 3_600_000,
    metrics: { host: '127.0.0.1', port: 9464 },
    notes: true,
    hook: ['/usr/local/bin/tell', '--quiet'],
  });
});

describe('what may be written', () => {
  test.each<readonly [string, Partial<ControllerConfig>]>([
    ['repository: /srv/fleet.git', { repository: '/srv/fleet.git' }],
    ['repository: /srv/../srv//fleet', { repository: '/srv/fleet' }],
    [
      'remote: { url: https://example.internal/fleet.git }',
      { remote: { url: 'https://example.internal/fleet.git', intervalMs: 60_000 } },
    ],
    [
      'remote: { url: "git@example.internal:fleet.git", interval: 5s }',
      { remote: { url: 'git@example.internal:fleet.git', intervalMs: 5000 } },
    ],
    ['remote: { url: ~/mirror.git }', { remote: { url: '/home/jason/mirror.git', intervalMs: 60_000 } }],
    ['remote: { url: file:///srv/fleet.git }', { remote: { url: 'file:///srv/fleet.git', intervalMs: 60_000 } }],
    ['ref: refs/heads/main', { ref: 'refs/heads/main' }],
    ['ref: team/main', { ref: 'team/main' }],
    ['rosters: .', { rosters: '.' }],
    ['rosters: fleets/', { rosters: 'fleets' }],
    [
      'signatures: { format: gpg, home: ~/.config/mosaic/keyring }',
      { signatures: { format: 'gpg', home: '/home/jason/.config/mosaic/keyring' } },
    ],
    ['health: { deadline: 5s }', { health: { deadlineMs: 5000, stableMs: 5000 } }],
    ['health: { stable: 30s }', { health: { deadlineMs: 120_000, stableMs: 30_000 } }],
    ['metrics: "[::1]:9464"', { metrics: { host: '::1', port: 9464 } }],
    ['metrics: localhost:65535', { metrics: { host: 'localhost', port: 65_535 } }],
    ['metrics: 127.8.0.255:1', { metrics: { host: '127.8.0.255', port: 1 } }],
    ['metrics: unix:~/m.sock', { metrics: { socket: '/home/jason/m.sock' } }],
    ['hook: [~/bin/tell]', { hook: ['/home/jason/bin/tell'] }],
    ['worktree: true', { worktree: true }],
  ])('%s', async (text, change) => {
    expect(await configOf(text)).toEqual({ ...defaultConfig, ...change });
  });
});

describe('what may not', () => {
  test.each<readonly [string, string]>([
    ['resync: 0s', 'config/value 1:9 resync: 0s is too short | expected 1s to 24h'],
    ['resync: 25h', 'config/value 1:9 resync: 25h is too long | expected 1s to 24h'],
    ['resync: 300', 'config/value 1:9 resync: expected text, found the number 300 | put it in quotes: "300"'],
    [
      'resync: "300"',
      'config/value 1:9 resync: text "300" is not allowed | expected a whole number with its unit: 500ms, 10s, 5m or 1h',
    ],
    ['health: { deadline: 999ms }', 'config/value 1:21 deadline: 999ms is too short | expected 1s to 1h'],
    ['health: { stable: 99ms }', 'config/value 1:19 stable: 99ms is too short | expected 100ms to 10m'],
    [
      'health: { deadline: 10s, stable: 11s }',
      'config/value 1:34 stable: 11s is longer than the deadline of 10s | no revision could ever prove itself: make the one shorter or the other longer',
    ],
    ['remote: { url: /srv/fleet.git, interval: 100ms }', 'config/value 1:42 interval: 100ms is too short | expected 1s to 24h'],
    ['remote: { interval: 10s }', 'config/value 1:1 the key `url` is missing in remote | '],
    ['remot: { url: /srv }', 'config/value 1:1 unknown key "remot" | did you mean `remote`?'],
    ['interval: 10s', 'config/value 1:1 unknown key "interval" | "interval" belongs to `remote`'],
    ['health: { resync: 10s }', 'config/value 1:11 unknown key "resync" in health | "resync" belongs to the top level'],
    ['format_version: 1.0', 'config/value 1:17 format_version: expected text, found the number 1.0 | put it in quotes: "1.0"'],
    [
      'format_version: "2.0"',
      'config/value 1:17 format_version: expected "1.0", found text "2.0" | this version of Muster reads files of format "1.0"',
    ],
    [
      'repository: fleet',
      'config/value 1:13 repository: text "fleet" is not allowed | expected an absolute path, or one that starts with ~/',
    ],
    [
      'repository: /srv/fleet\nremote: { url: /srv/other }',
      'config/value 2:1 both a repository and a remote to follow | `repository` is read where it is, `remote` is fetched into a repository of the controller: keep one of the two',
    ],
    ['ref: -x', 'config/value 1:6 ref: text "-x" is not allowed | expected the name of a branch'],
    ['ref: "a..b"', 'config/value 1:6 ref: text "a..b" is not allowed | expected the name of a branch'],
    [
      'rosters: ../other',
      'config/value 1:10 rosters: text "../other" is not allowed | expected a directory, from the top of the repository',
    ],
    [
      'rosters: /srv/rosters',
      'config/value 1:10 rosters: text "/srv/rosters" is not allowed | expected a directory, from the top of the repository',
    ],
    ['worktree: "true"', 'config/value 1:11 worktree: expected true or false, found text "true" | write `true`'],
    [
      'worktree: true\nremote: { url: /srv/fleet.git }',
      'config/value 1:11 worktree: a remote has no working tree | take one of the two out',
    ],
    [
      'worktree: true\nsignatures: { format: gpg, home: ~/keys }',
      'config/value 1:11 worktree: uncommitted files carry no signature | take one of the two out: signatures would mean nothing',
    ],
    ['signatures: { format: ssh }', 'config/value 1:1 the key `allowed_signers` is missing in signatures | '],
    ['signatures: { allowed_signers: ~/a }', 'config/value 1:1 the key `format` is missing in signatures | '],
    [
      'signatures: { format: gpp, home: ~/keys }',
      'config/value 1:23 format: expected `ssh` or `gpg`, found text "gpp" | did you mean `gpg`?',
    ],
    [
      'signatures: { format: gpg, home: ~/keys, allowed_signers: ~/a }',
      'config/value 1:42 `allowed_signers` says nothing about signatures of format gpg | take it out, or change the format',
    ],
    ['metrics: 127.0.0.1:0', 'config/value 1:10 metrics: "127.0.0.1:0" has no such port | expected 1 to 65535'],
    ['metrics: 127.0.0.1:65536', 'config/value 1:10 metrics: "127.0.0.1:65536" has no such port | expected 1 to 65535'],
    [
      `metrics: unix:/${'x'.repeat(107)}`,
      `config/value 1:10 metrics: "unix:/${'x'.repeat(42)}…" is too long for a socket | at most 107 bytes: choose a shorter path`,
    ],
    ['hook: []', 'config/value 1:1 hook: a list is not allowed | expected at least 1 item'],
    [
      'hook: tell',
      'config/value 1:7 hook: expected a list, found text "tell" | write a list: `[…]`, or one item per line, each after a dash',
    ],
    [
      'hook: [tell]',
      'config/value 1:8 hook: "tell" is no path of a program | write an absolute path, or one that starts with ~/',
    ],
    [
      'hook: [/bin/tell, --token=ghp_0123456789abcdefghijklmnopqrstuvwxyz]',
      "config/value 1:19 this looks like a GitHub token | take it out: git's credential helpers and the files of a hook's own can hold it",
    ],
    [
      'remote: { url: "https://jason:hunter2@example.internal/fleet.git" }',
      "config/value 1:16 this looks like a URL with a password in it | take it out: git's credential helpers and the files of a hook's own can hold it",
    ],
    ['- a list', 'config/value 1:1 this file: expected a block of keys, found a list | '],
    ['resync: 1m\nresync: 2m', 'config/syntax 2:1 the key "resync" is written twice in one block | keep one of the two'],
    ['resync: [1m', 'config/syntax 1:12 a bracket is not closed | '],
    [
      'ref: *main',
      'config/syntax 1:6 an alias names no anchor before it | a text that starts with * needs quotes, as in "*-gpu"',
    ],
    [
      'ref: ma\u202ein',
      'config/syntax 1:8 an invisible character (U+202E) that YAML does not allow | take it out; inside double quotes it can be written as an escape',
    ],
  ])('%s', async (text, finding) => {
    expect(await said(text)).toEqual([finding]);
    expect((await read(text)).config).toBeNull();
  });

  test.each([
    '0.0.0.0:9464',
    '192.168.1.1:9464',
    '"[::]:9464"',
    'example.internal:9464',
    '127.0.0.1.example:9464',
    '127.0.0.256:1',
  ])('metrics on %s: other machines would reach them', async (address) => {
    const { diagnostics } = await read(`metrics: ${address}`);
    expect(diagnostics).toMatchObject([
      {
        code: 'config/value',
        summary: expect.stringContaining('is no loopback address'),
        detail: expect.stringContaining('without a password'),
        hint: expect.stringContaining('127.0.0.1:9464'),
      },
    ]);
  });

  test.each(['ext::sh -c id', 'ftp://example.internal/fleet', '-u/bin/sh', '--upload-pack=x', '../fleet', 'fd::7', 'a b:c'])(
    'a remote at %j',
    async (url) => {
      expect(await said(`remote: { url: ${JSON.stringify(url)} }`)).toEqual([
        expect.stringMatching(/^config\/value 1:16 url: .* \| expected a URL of https, http, ssh, git or file/),
      ]);
    },
  );

  test('all of it is said at once', async () => {
    expect(await said('notes: 1\nresync: soon\nhoook: []\n')).toHaveLength(3);
    expect(await said('resync: 0s\nhealth: { deadline: 2h }\nhook: [tell]\n')).toHaveLength(3);
  });

  test.each([
    ['resync: soon\nmetrics: 8.8.8.8:1\n', ['resync', 'metrics']],
    ['nots: true\nhealth: { deadlin: 1m, stable: 1ms }\nhook: [tell]\n', ['nots', 'deadlin', 'stable', 'hook']],
    ['health: { deadline: soon, stable: 30m }\nresync: 1ms\n', ['deadline', 'stable', 'resync']],
    ['repository: /a\nremote: { url: /b, interval: 1ms }\n', ['both a repository', 'interval']],
    ['signatures: { format: ssh, home: /x }\nmetrics: 8.8.8.8:1\n', ['home', 'metrics']],
    ['hook: [1]\nresync: 1ms\n', ['hook', 'resync']],
    ['remote: {}\nresync: 1ms\n', ['url', 'resync']],
  ])('what the schema finds, and what it cannot find: %j', async (text, told) => {
    const { config, diagnostics } = await readControllerConfig(text, 'controller.yaml', '/home/jason');
    expect(config).toBeNull();
    const summaries = diagnostics.map(({ summary }) => summary).join('\n');
    for (const part of told) expect(summaries).toContain(part);
  });

  test('a deadline that is wrong is too short for nothing', async () => {
    const { diagnostics } = await readControllerConfig(
      'health: { deadline: soon, stable: 5m }\n',
      'controller.yaml',
      '/home/jason',
    );
    expect(diagnostics).toHaveLength(1);
  });

  test('a file of another size than settings have is not read', async () => {
    expect(await said(`# ${'x'.repeat(70_000)}`)).toEqual([
      'config/syntax 1:1 this file is larger than 64 KiB | is it the right one?',
    ]);
  });
});

test('the text for frames shows no credential', async () => {
  const { source } = await read('hook: [/bin/tell, --token=ghp_0123456789abcdefghijklmnopqrstuvwxyz] # so\n');
  expect(source).toMatch(/^hook: \[\/bin\/tell, \*+\] # so\n$/);
});
