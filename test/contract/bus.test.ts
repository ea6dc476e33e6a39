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

test('answers that spell out that they have no body are answers', async () => {
  let serial = 0;
  await listen((stream) =>
    stream.on('data', (data) => {
      const isCall = data.includes('Hello') || data.includes('Ping');
      if (isCall) serial += 1;
      stream.write(
        isCall ? bodiless(serial, serial === 3 ? 'org.example.Refused' : null) : data.includes('AUTH') ? 'OK 00\r\n' : '',
      );
    }),
  );
  const bus = await connectBus(socket);
  const ping = { destination: 'org.example', path: '/', interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
  expect(await bus.call(ping)).toEqual([]);
  await expect(bus.call(ping)).rejects.toMatchObject({ name: 'BusError', error: 'org.example.Refused' });
  await bus.close();
});

/** A reply, or an error, to the call of a serial; its header has a signature field, which is empty. D-Bus Specification, "Message Format". */
function bodiless(replySerial: number, error: string | null): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
  const field = (code: number, type: string, value: Buffer): Buffer =>
    Buffer.concat([Buffer.from([code, 1, type.charCodeAt(0), 0]), value]);
  const fields = [
    ...(error === null ? [] : [padded(field(4, 's', Buffer.concat([number(error.length), Buffer.from(`${error}\0`)])))]),
    padded(field(5, 'u', number(replySerial))),
    field(8, 'g', Buffer.from([0, 0])),
  ];
  const content = Buffer.concat(fields);
  const head = Buffer.from([0x6c, error === null ? 2 : 3, 1, 1]);
  return padded(Buffer.concat([head, number(0), number(replySerial), number(content.length), content]));
}
