import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { exitStatus } from '../../src/cli/context.ts';
import { outputErrors } from '../docs/output.ts';
import { folder, git, ownerEnv, repository } from '../git/repositories.ts';
import { coder, file, muster, roster } from './command-line.ts';

const connector = (homeserver: string): string => `connector:
  kind: matrix
  operators: ["@jason:example.org"]
  matrix:
    homeserver_url: ${homeserver}
    user_id: "@mos:example.org"
    room_id: "!abc:example.org"
`;

const fleet = (head = ''): string => repository({ [file]: roster(coder('coder0'), head) });
const run = (root: string, args: readonly string[], stdin?: string) =>
  muster(['connector', ...args], { cwd: root, env: { ...ownerEnv, HOME: root }, ...(stdin !== undefined && { stdin }) });

const matrixNow = [
  'set',
  'coding',
  '--kind',
  'matrix',
  '--operator',
  '@jason:example.org',
  'homeserver_url=https://matrix.example.org',
  'user_id=@mos:example.org',
  'room_id=!abc:example.org',
];

describe('a connector is set', () => {
  test('in the roster, judged as it will be, and committed', async () => {
    const root = fleet();
    const { status, stdout, stderr } = await run(root, [...matrixNow, '--commit']);
    expect([status, stderr]).toEqual([exitStatus.done, expect.stringContaining('muster connector login coding')]);
    expect(stdout).toContain('✓ Move coding from tmux to matrix: commit ');
    expect(git(root, 'log', '-1', '--format=%s').trim()).toBe('Move coding from tmux to matrix');
    expect(readFileSync(join(root, file), 'utf8')).toContain(connector('https://matrix.example.org'));
    const back = await run(root, ['set', '--kind', 'tmux', '--json']);
    expect(back.status).toBe(exitStatus.done);
    expect(JSON.parse(back.stdout)).toMatchObject({ change: 'connector', agent: null, fleet: 'coding', outcome: 'written' });
    expect(readFileSync(join(root, file), 'utf8')).not.toContain('matrix');
  });

  test.each<[story: string, args: readonly string[], status: number, said: string]>([
    ['a kind that nobody serves', ['set', '--kind', 'irc'], exitStatus.denied, 'connector/unavailable'],
    ['without who may speak', [...matrixNow.slice(0, 4), ...matrixNow.slice(6)], exitStatus.denied, 'connector/operators'],
    ['with a room that is none', [...matrixNow, 'room_id=here'], exitStatus.denied, 'room_id'],
    [
      'with what looks like a token',
      [...matrixNow, 'token=ghp_0123456789abcdefghijklmnopqrstuvwxyz'],
      exitStatus.denied,
      'token',
    ],
    ['to nothing', ['set', 'coding'], exitStatus.usage, 'nothing is said to be set'],
    ['with a flag of another action', ['set', '--kind', 'tmux', '--token-stdin'], exitStatus.usage, '--token-stdin'],
    ['with what is no setting', ['set', 'coding', 'room_id'], exitStatus.usage, 'is no setting'],
    ['of a fleet that is not there', ['set', 'codin', '--kind', 'tmux'], exitStatus.usage, 'Did you mean coding?'],
    ['in another way', ['unset', 'coding'], exitStatus.usage, 'Allowed choices are health, set, login, serve.'],
  ])('not %s', async (_story, args, status, said) => {
    const root = fleet();
    const before = readFileSync(join(root, file), 'utf8');
    const ran = await run(root, args);
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringContaining(said)]);
    expect(ran.stderr).not.toContain('ghp_0123456789');
    expect(readFileSync(join(root, file), 'utf8')).toBe(before);
  });
});

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server = null;
});

/** A homeserver that is one, and takes no token. Gives its URL. */
async function refusing(body: object): Promise<string> {
  const own = createServer(({ url = '' }, response) => {
    const isOpen = url.endsWith('/versions');
    const answer = isOpen ? { versions: ['v1.11'] } : url.includes('.well-known') ? {} : body;
    const status = isOpen ? 200 : url.includes('.well-known') ? 404 : 401;
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(answer));
  });
  server = own;
  await new Promise<void>((done) => own.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
}

const token = 'syt_bW9z_hunter2hunter2hunter2_0abcde';
const secretIn = (root: string): string => join(root, '.config/mosaic/fleet/secrets/coding/MATRIX_ACCESS_TOKEN');

describe('a connector is logged in', () => {
  test('with a token that nobody can look at now, which is told; only its owner can read it', async () => {
    const root = fleet(connector('http://127.0.0.1:1'));
    const { status, stdout, stderr } = await run(root, ['login', 'coding', '--token-stdin', '--json'], `${token}\n`);
    expect([status, stderr]).toEqual([exitStatus.done, '']);
    expect(JSON.parse(stdout)).toMatchObject({ fleet: 'coding', kind: 'matrix', files: [secretIn(root)], missing: [] });
    expect(typeof JSON.parse(stdout).unchecked).toBe('string');
    expect(outputErrors('connector_login', JSON.parse(stdout))).toEqual([]);
    expect(stdout).not.toContain('hunter2');
    expect(readFileSync(secretIn(root), 'utf8')).toBe(`${token}\n`);
    expect(statSync(secretIn(root)).mode & 0o777).toBe(0o600);
  });

  test('not with a token that the server does not take, and it is kept nowhere', async () => {
    const url = await refusing({ errcode: 'M_UNKNOWN_TOKEN', error: `Invalid access token ${token}` });
    const root = fleet(connector(url));
    const { status, stdout, stderr } = await run(root, ['login', '--token-stdin'], token);
    expect([status, stdout, stderr]).toEqual([exitStatus.failed, '', expect.stringContaining('error[connector/login]')]);
    expect(stderr).not.toContain('hunter2');
    expect(existsSync(secretIn(root))).toBe(false);
  });

  test.each<[story: string, head: string, stdin: string | undefined, status: number, said: string]>([
    ['where there is nothing to log in to', '', token, exitStatus.failed, 'needs no secret'],
    ['without a token', connector('http://127.0.0.1:1'), '\n', exitStatus.usage, 'standard input is empty'],
    ['with more than a token', connector('http://127.0.0.1:1'), `${token}\nand\n`, exitStatus.usage, 'one line'],
  ])('not %s', async (_story, head, stdin, status, said) => {
    const root = fleet(head);
    const ran = await run(root, ['login', 'coding', '--token-stdin'], stdin);
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringContaining(said)]);
    expect(existsSync(secretIn(root))).toBe(false);
  });

  test('not where nobody can be asked', async () => {
    const ran = await run(fleet(connector('http://127.0.0.1:1')), ['login', 'coding']);
    expect([ran.status, ran.stderr]).toEqual([exitStatus.usage, expect.stringContaining('--token-stdin < FILE')]);
  });

  test('not where there is neither a roster nor a connector', async () => {
    const ran = await run(folder(), ['login', 'coding', '--token-stdin'], token);
    expect(ran.status).toBe(exitStatus.failed);
  });
});

describe('a fleet that is not here', () => {
  test.each([
    [['connector', 'health', 'coding'], 'no fleet here is named coding'],
    [['connector', 'serve', 'coding'], 'no connector is set up here for a fleet coding'],
    [['say', 'x', '--fleet', 'coding'], 'no fleet here is named coding'],
    [['chat', 'coding'], 'no fleet here is named coding'],
    [['say', 'x'], 'there is no fleet on this host yet'],
  ])('%j', async (args, said) => {
    const root = folder();
    const ran = await muster(args, { cwd: root, env: { HOME: root } });
    expect(ran.status).not.toBe(exitStatus.done);
    expect(ran.stderr).toContain(said);
  });
});
