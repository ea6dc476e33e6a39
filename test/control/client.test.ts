import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from '../../src/control/ask.ts';
import { controlClient } from '../../src/control/client.ts';
import { paths } from '../../src/control/protocol.ts';
import { controllerStatus } from './fake-control.ts';

let folder: string;
let socket: string;
let server: Server;
let heard: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'client-'));
  socket = join(folder, 'socket');
  heard = [];
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers the first words of a connection with these pieces, each in a write of its own, and hangs up. */
function answering(...pieces: readonly string[]): Promise<void> {
  const say = async (connection: Socket): Promise<void> => {
    for (const piece of pieces) await new Promise((resolve) => connection.write(piece, resolve));
    connection.end();
  };
  server = createServer((connection) => {
    connection
      .on('error', () => {})
      .once('data', (chunk) => {
        heard.push(chunk.toString('latin1'));
        void say(connection);
      });
  });
  return new Promise((resolve) => server.listen(socket, resolve));
}

const body = JSON.stringify({ ...controllerStatus(), obstacle: 'ein Schlüssel 🗝 fehlt' });
const length = Buffer.byteLength(body);
const said = () => controlClient(socket).status(5000);

test('a request is one line, its host and what it is about', async () => {
  await answering('HTTP/1.1 200 OK\r\n\r\n{"format_version":"1.0","resumed":true}');
  expect(await controlClient(socket).resume('agent', 'jürgen', 'me')).toBe(true);
  expect(heard[0]?.split('\r\n').slice(0, 4)).toEqual([
    'POST /v1/resume HTTP/1.0',
    'host: controller',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength('{"kind":"agent","name":"jürgen","by":"me"}')}`,
  ]);
});

test.each([
  ['in one piece', [`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${body}`]],
  ['byte by byte', [...`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`]],
  ['until the end of the connection', ['HTTP/1.0 200 OK\r\n', '\r\n', body.slice(0, 50), body.slice(50)]],
  ['with more behind it', [`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${body}\n\nmore`]],
])('an answer is read %s', async (_name, pieces) => {
  await answering(...pieces);
  expect((await said()).obstacle).toBe('ein Schlüssel 🗝 fehlt');
});

test.each([
  ['nothing', [], 'hung up'],
  ['half a head', ['HTTP/1.1 200 OK\r\ncontent-le'], 'hung up'],
  ['half a body', [`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`, body.slice(0, 50)], 'hung up'],
  ['no HTTP', ['SSH-2.0-OpenSSH_9.2\r\n\r\n'], 'is no controller'],
  ['a head without an end', ['HTTP/1.1 200 OK\r\n', `x: ${'x'.repeat(20_000)}\r\n`], 'is no controller'],
  ['no JSON', ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno'], 'a format that this version does not know'],
])('%s is no answer', async (_name, pieces, why) => {
  await answering(...pieces);
  await expect(said()).rejects.toMatchObject({ kind: 'failed', message: expect.stringContaining(why) });
});

test('what was asked ahead is not asked again, and its answer waits for whoever reads it', async () => {
  const report = { format_version: '1.0', whole: true };
  await answering(`HTTP/1.1 200 OK\r\n\r\n${JSON.stringify(report)}`);
  const asked = ask(socket, 'GET', paths.report);
  await new Promise((resolve) => asked.once('connect', resolve));
  await expect.poll(() => heard.length).toBe(1);
  expect(await controlClient(socket).report(5000, asked)).toEqual(report);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatch(/^GET \/v1\/ps HTTP\/1\.0\r\n/);
});
