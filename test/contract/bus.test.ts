import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectBus } from '../../src/systemd/bus.ts';

let directory: string;
let socket: string;
let server: Server | null = null;
const sockets = new Set<Socket>();

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bus-'));
  socket = path.join(directory, 'bus');
});
afterEach(async () => {
  for (const open of sockets) open.destroy();
  await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  server = null;
  await rm(directory, { recursive: true });
});

/** A peer that is no bus: it does this with each connection. */
async function listen(onConnection: (stream: Socket) => void): Promise<void> {
  server = createServer((stream) => {
    sockets.add(stream);
    stream.on('error', () => {});
    onConnection(stream);
  });
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
}

const unavailable = (why: RegExp) => ({ name: 'BusError', kind: 'unavailable', message: expect.stringMatching(why) });

test('no socket: unavailable, by its path', async () => {
  await expect(connectBus(socket)).rejects.toMatchObject(unavailable(/no message bus at .*\/bus: .*ENOENT/));
});

test('a socket that nobody listens on: unavailable', async () => {
  const stale = `${socket}-stale`;
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(stale, resolve));
  // Renamed, it stays behind when its server ends.
  await rename(stale, `${stale}-kept`);
  await new Promise<void>((resolve) => gone.close(() => resolve()));
  await expect(connectBus(`${stale}-kept`)).rejects.toMatchObject(unavailable(/ECONNREFUSED/));
});

test.each(['; comma, equals= and %41', 'colon:', 'ünï'])('the path may hold %j', async (name) => {
  await expect(connectBus(path.join(directory, name))).rejects.toMatchObject(unavailable(/ENOENT/));
});

test('a peer that hangs up at once: unavailable', async () => {
  await listen((stream) => stream.destroy());
  await expect(connectBus(socket)).rejects.toMatchObject(unavailable(/no message bus/));
});

test('a peer that says nothing: unavailable when the time is over', async () => {
  await listen((stream) => stream.resume());
  await expect(connectBus(socket, 50)).rejects.toMatchObject(unavailable(/no answer in 50 ms/));
});

test('a peer that refuses us: unavailable', async () => {
  await listen((stream) => stream.on('data', () => stream.write('REJECTED EXTERNAL\r\n')));
  await expect(connectBus(socket, 2000)).rejects.toMatchObject(unavailable(/auth/i));
});

test('a peer that lets us in and hangs up: unavailable', async () => {
  await listen((stream) => stream.on('data', (data) => (data.includes('BEGIN') ? stream.end() : stream.write('OK 00\r\n'))));
  await expect(connectBus(socket)).rejects.toMatchObject(unavailable(/gone/));
});

test('a peer that talks nonsense: unavailable', async () => {
  const nonsense = Buffer.alloc(64, 0x6c);
  // Lengths of the header and the body that fit what follows.
  nonsense.writeUInt32LE(8, 4);
  nonsense.writeUInt32LE(40, 12);
  await listen((stream) => stream.on('data', (data) => stream.write(data.includes('BEGIN') ? nonsense : 'OK 00\r\n')));
  await expect(connectBus(socket, 2000)).rejects.toMatchObject(unavailable(/no message bus/));
});
