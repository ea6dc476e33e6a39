import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Synapse, TestRoom } from '../connectors/synapse/synapse.ts';
import { type Block, page } from '../docs/page.ts';
import { type PrivateHost, packageRoot } from './host.ts';
import { story } from './story.ts';

const doc = page('docs/connectors/matrix.md');
const synapse = await Synapse.start({ users: ['jason'] });
afterAll(async () => {
  if (typeof synapse !== 'string') await synapse.end();
});

const password = 'a password of its own';

/** A shell in the repository of a reader who has the local-canary fleet. */
async function type(host: PrivateHost, { text, line }: Block, where: Readonly<Record<string, string>>): Promise<string> {
  const status = Number(/# exit status (\d+)$/m.exec(text)?.[1] ?? 0);
  const ran = await host.run(['bash', '-ec', inTheseWords(text, where)], { cwd: 'fleet', timeout: 120_000 });
  if (ran.status !== status) throw new Error(`line ${line}: exit status ${ran.status}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout + ran.stderr;
}

const inTheseWords = (text: string, where: Readonly<Record<string, string>>): string =>
  Object.entries(where).reduce((words, [from, to]) => words.replaceAll(from, to), text);

if (typeof synapse === 'string') test('docs/connectors/matrix.md', (context) => context.skip(synapse));
else
  story('docs/connectors/matrix.md, word by word; then a talk through an outage, and a switch to the terminal', async (host) => {
    const [blocks, homeserver] = ['sh', 'sh homeserver'].map((language) =>
      doc.blocks.filter((block) => block.language === language),
    );
    const [roster, lacking, well, ...more] = blocks ?? [];
    if (roster === undefined || lacking === undefined || well === undefined) throw new Error('a block is missing');
    expect([more, homeserver?.length]).toEqual([[], 1]);
    await host.must([
      'sh',
      '-c',
      'mkdir -p fleet/rosters && cp "$0"/rosters/presets/local-canary.yaml fleet/rosters',
      packageRoot,
    ]);
    await host.must(['sh', '-c', 'git config --global user.name Reader; git config --global user.email reader@example.org']);
    await host.commit({});
    await host.apply();

    register(synapse, homeserver?.[0]?.text ?? '');
    const room = await TestRoom.make(synapse, {}, 'jason');
    await synapse.call('jason', 'POST', `${room.path}/invite`, { user_id: '@mos:localhost' });
    const where = { 'https://matrix.example.org': synapse.url, '!abc:example.org': room.id, 'example.org': 'localhost' };

    const planned = await type(host, roster, where);
    expect(planned).toContain('mosaic-connector@local-canary.service');
    const written = await host.readFile('fleet/rosters/local-canary.yaml');
    expect(written).toContain(inTheseWords(doc.blocks.find(({ text }) => text.startsWith('connector:'))?.text ?? 'none', where));
    await host.waitFor('the connector to say what it lacks', async () =>
      (await host.muster(['connector', 'health', 'local-canary'])).stdout.includes('MATRIX_ACCESS_TOKEN'),
    );
    await type(host, lacking, where);
    await logIn(host);
    await host.waitFor('messages to get through', () => isLive(host), 60_000);
    await type(host, well, where);

    const root = await room.say('jason', 'what is open?');
    await hears(host, 'what is open?');
    await host.must(['muster', 'say', '--fleet', 'local-canary', '--thread', root, '--wait', '**nothing**']);
    await synapse.down();
    await host.must(['muster', 'say', '--fleet', 'local-canary', '--thread', root, 'said while it was away']);
    await host.waitFor(
      'the outage to be told',
      async () => (await host.muster(['connector', 'health', 'local-canary'])).status !== 0,
      60_000,
    );
    await synapse.up();
    await room.say('jason', 'back again', root);
    await hears(host, 'back again');
    await host.waitFor('all to be said', async () => (await answers(room)).length === 2, 90_000);
    expect(await answers(room)).toEqual([
      ['**nothing**', root],
      ['said while it was away', root],
    ]);

    await synapse.down();
    await host.must(['muster', 'say', '--fleet', 'local-canary', 'over the terminal']);
    await host.must(['muster', 'connector', 'set', 'local-canary', '--kind', 'tmux', '--commit'], { cwd: 'fleet' });
    await host.apply();
    await host.waitFor('it to be said there', async () => (await chat(host)).includes('over the terminal'), 60_000);
    expect(await heard(host)).toEqual(['what is open?', 'back again']);
    const { stdout } = await host.run(['sh', '-c', 'grep -rlE "syt_|a password of its own" ~ --exclude-dir=secrets']);
    expect(stdout).toBe('');
  });

/** On the host of the homeserver: its own tool, with its configuration where that is. */
function register(server: Synapse, text: string): void {
  const directory = mkdtempSync(path.join(tmpdir(), 'muster-register-'));
  const shim = path.join(directory, 'register_new_matrix_user');
  writeFileSync(shim, `#!/bin/sh\nexec '${server.script}' run synapse._scripts.register_new_matrix_user "$@"\n`);
  chmodSync(shim, 0o755);
  const words = inTheseWords(text.trim(), {
    '/etc/matrix-synapse/homeserver.yaml': server.configuration,
    'http://localhost:8008': server.url,
  });
  const file = path.join(directory, 'password');
  writeFileSync(file, password);
  // It asks at a terminal, else it is told.
  const env = { ...process.env, ...server.env, PATH: `${directory}:${process.env.PATH}` };
  const ran = spawnSync('bash', ['-ec', words.replace('--user mos', `--user mos --password-file ${file}`)], {
    env,
    encoding: 'utf8',
  });
  rmSync(directory, { recursive: true });
  expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
}

/** Before the homeserver was heard nothing is known to be wrong. */
async function isLive(host: PrivateHost): Promise<boolean> {
  const { status, stdout } = await host.muster(['connector', 'health', 'local-canary', '--json']);
  return status === 0 && JSON.parse(stdout).report?.connector.phase === 'live';
}

/** As a person at a terminal. */
async function logIn(host: PrivateHost): Promise<void> {
  const typed = host.spawn(['script', '-qec', 'muster connector login local-canary', '/dev/null'], {
    cwd: 'fleet',
    stdin: null,
    timeout: 90_000,
  });
  await typed.saw('Access token of @mos:localhost');
  typed.write('\r');
  await typed.saw('Password of @mos:localhost');
  typed.write(`${password}\r`);
  await typed.saw('is logged in to matrix');
  expect(typed.said.stdout).not.toContain(password);
  await typed.done;
}

/** What the inbox of the orchestrator was ever given, in order. */
async function heard(host: PrivateHost): Promise<readonly string[]> {
  const { stdout } = await host.run(['sh', '-c', 'cat ~/.local/state/mosaic/*/inbox/orchestrator/journal*.jsonl']);
  return stdout.split('\n').flatMap((line) => {
    const record = line === '' ? null : JSON.parse(line);
    return record?.kind === 'message' ? [String(record.message.text).split('\n').at(-1) ?? ''] : [];
  });
}

const hears = (host: PrivateHost, text: string): Promise<unknown> =>
  host.waitFor(`${text} to be heard`, async () => (await heard(host)).includes(text), 90_000);

const answers = async (room: TestRoom) =>
  (await room.events())
    .filter(({ sender }) => sender === '@mos:localhost')
    .map(({ content }) => [content.body, content['m.relates_to']?.event_id]);

const chat = async (host: PrivateHost): Promise<string> =>
  (await host.run(['sh', '-c', 'cat ~/.local/state/mosaic/*/connectors/local-canary/tmux/chat.jsonl'])).stdout;
