import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/defaults.ts';
import { readControllerConfig } from '../../src/config/read.ts';
import { addSource, type ConfigParts, writeControllerConfig } from '../../src/config/write.ts';

const read = (text: string) => readControllerConfig(text, 'controller.yaml', '/home/jason');

test('what install writes reads as what was chosen, and tells of all that could be', async () => {
  const text = writeControllerConfig({ repository: '/home/jason/fleet', ref: 'main' });
  expect(text).toMatchInlineSnapshot(`
    "# What the controller of Muster follows on this host, and how. Every key may be left out: behind a "# " stands its default, or
    # an example where there is none. Durations are whole numbers with ms, s, m or h.
    format_version: "1.0"

    # The repository that is followed, read where it is. Default: the one that the controller is started in.
    repository: /home/jason/fleet

    # Instead of it, one elsewhere, fetched into a repository of the controller.
    # remote:
    #   url: https://example.internal/fleet.git
    #   interval: 1m

    # The branch that is followed, whatever is checked out. Default: the one that is checked out at the first start.
    ref: main

    # Roster directory, from the top of the repository.
    # rosters: rosters

    # Follow uncommitted files, too: for trying things out.
    # worktree: false

    # A revision has to descend from the one in force: a force-push changes nothing.
    # fast_forward_only: true

    # Only commits that carry a trusted signature are used: ssh with a file of allowed signers, or gpg with a keyring.
    # signatures:
    #   format: ssh
    #   allowed_signers: ~/.ssh/allowed_signers

    # A revision is good once the floor was healthy for \`stable\` within \`deadline\`. One that is not is undone.
    # health: { deadline: 2m, stable: 10s }

    # How often the host is looked at when nothing seems to happen.
    # resync: 5m

    # Serve metrics to Prometheus: on a loopback address, or on unix:/PATH. Absent: nowhere.
    # metrics: "127.0.0.1:9464"

    # Write the outcome of each revision as a git note below refs/notes/muster.
    # notes: false

    # A program that is told each outcome, in its environment. Absent: none.
    # hook: [/usr/local/bin/tell, --quiet]
    "
  `);
  expect(await read(text)).toMatchObject({
    config: { ...defaultConfig, repository: '/home/jason/fleet', ref: 'main' },
    diagnostics: [],
  });
});

test('what is written behind a comment sign is right as well', async () => {
  const text = writeControllerConfig({}).replace(/^# ((?:[a-z_]+:| {2}[a-z_]+:).*)$/gm, '$1');
  const { diagnostics } = await read(text.replace(/^repository: .*$/m, ''));
  expect(diagnostics).toEqual([]);
});

test('nothing chosen is every default', async () => {
  expect((await read(writeControllerConfig({}))).config).toEqual(defaultConfig);
});

/** Anything that a path may be made of, without what looks like a secret. */
const word = fc.string({ unit: fc.constantFrom(...'abzXY09 -_.:,#&*!|>%@`"\'\\{}[]?=~éß語🔍'), minLength: 1, maxLength: 12 });
const path = fc
  .array(
    word.filter((one) => !['.', '..'].includes(one)),
    { minLength: 1, maxLength: 4 },
  )
  .map((words) => `/${words.join('/')}`);
const argument = fc.oneof(word, fc.constantFrom('true', 'null', '~', '--quiet', '-x', '7', '0x1f', '', '- a', 'a: b', 'yes'));
const duration = (least: number, most: number) =>
  fc.oneof(
    fc.integer({ min: least, max: most }),
    fc.integer({ min: Math.ceil(least / 1000), max: Math.floor(most / 1000) }).map((s) => s * 1000),
  );

const parts: fc.Arbitrary<ConfigParts> = fc.record(
  {
    ref: fc.constantFrom('main', 'team/main', 'true', '007', 'a-b_c.d'),
    rosters: fc.constantFrom('rosters', '.', 'fleets/host', 'null', 'my rosters'),
    fastForwardOnly: fc.boolean(),
    signatures: fc.oneof(
      path.map((allowedSigners) => ({ format: 'ssh' as const, allowedSigners })),
      path.map((home) => ({ format: 'gpg' as const, home })),
      fc.constant(null),
    ),
    health: duration(600_000, 3_600_000).chain((deadlineMs) =>
      duration(100, 600_000).map((stableMs) => ({ deadlineMs, stableMs })),
    ),
    resyncMs: duration(1000, 86_400_000),
    metrics: fc.constantFrom(null, { host: '::1', port: 1 }, { host: '127.0.0.1', port: 9464 }, { socket: '/run/a b/m.sock' }),
    notes: fc.boolean(),
    hook: fc.tuple(path, fc.array(argument)).map(([program, rest]) => [program, ...rest]),
  },
  { requiredKeys: [] },
);
const source: fc.Arbitrary<ConfigParts> = fc.oneof(
  fc.constant({}),
  path.map((repository) => ({ repository })),
  fc.tuple(path, duration(1000, 86_400_000)).map(([url, intervalMs]) => ({ remote: { url, intervalMs } })),
);

test('whatever is chosen is read back', async () => {
  await fc.assert(
    fc.asyncProperty(parts, source, async (chosen, from) => {
      const { config, diagnostics } = await read(writeControllerConfig({ ...chosen, ...from }));
      expect(diagnostics).toEqual([]);
      expect(config).toEqual({ ...defaultConfig, ...chosen, ...from });
    }),
    { numRuns: 500, seed: 7 },
  );
});

test.each([
  ['nothing', ''],
  ['how, and not what', '# mine\nhealth: { deadline: 30s }\n'],
  ['a line without an end', 'notes: true'],
  ['a branch already', 'ref: other\n'],
])('what is followed is added to a file that says %s, and the rest stays', async (_, text) => {
  const chosen = { repository: '/home/jason/fleet', ref: 'refs/heads/main', rosters: 'rosters' };
  const before = (await read(text)).config ?? defaultConfig;
  const added = addSource(text, before, chosen);
  expect(added.startsWith(text)).toBe(true);
  expect((await read(added)).config).toEqual({ ...before, ...chosen, ref: before.ref ?? chosen.ref });
});
