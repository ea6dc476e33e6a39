import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { writerLock } from '../../src/host/lock.ts';
import { type Bus, type BusSignal, connectBus, daemon } from '../../src/systemd/bus.ts';
import { callManager, managerProperty, signalRules, subscribe } from '../../src/systemd/manager.ts';
import { unitWriter } from '../../src/systemd/unit-writer.ts';
import { unitReader } from '../../src/systemd/units.ts';
import { busSocket, runtimeDir, systemctl } from './real-host.ts';
import { lockContract } from './state.contract.ts';

let bus: Bus;
beforeEach(async () => {
  bus = await connectBus(busSocket);
});
afterEach(() => bus.close());

const onDaemon = (member: string, ...body: readonly string[]) =>
  bus.call({ ...daemon, member, signature: 's'.repeat(body.length), body });

describe('a connection to a real bus', () => {
  test('many connections in a row each get their first answer', async () => {
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const other = await connectBus(busSocket);
      expect((await other.call({ ...daemon, member: 'GetId' }))[0]).toMatch(/^[0-9a-f]{32}$/);
      await other.close();
    }
  });

  test('one call made again and again, by several connections, is answered each time', async () => {
    const call = { ...daemon, member: 'GetId' } as const;
    const other = await connectBus(busSocket);
    const ids = await Promise.all([bus, other, bus, other, bus].map(async (each) => (await each.call(call))[0]));
    expect(new Set(ids)).toEqual(new Set([(await onDaemon('GetId'))[0]]));
    await other.close();
  });

  test('large answers come whole', async () => {
    const [units] = await callManager(bus, 'ListUnits', '', []);
    expect(units).toEqual(expect.arrayContaining([expect.arrayContaining(['dbus.socket', 'loaded'])]));
  });

  test('an error keeps its name, and its kind follows from it', async () => {
    await expect(callManager(bus, 'GetUnit', 's', ['nobody.service'])).rejects.toMatchObject({
      name: 'BusError',
      error: 'org.freedesktop.systemd1.NoSuchUnit',
    });
    const nobody = { destination: 'org.example.Nobody', path: '/', interface: 'org.example.Nobody', member: 'Hello' };
    await expect(bus.call(nobody)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('an argument that would make the bus hang up is refused, and the connection lives', async () => {
    await expect(onDaemon('GetNameOwner', 'a\0b')).rejects.toMatchObject({ kind: 'failed' });
    await expect(callManager(bus, 'GetUnit', 'ss', ['only one'])).rejects.toMatchObject({ kind: 'failed' });
    expect((await onDaemon('GetId')).length).toBe(1);
  });

  test('systemd is heard once subscribed, a second subscription is no error', async () => {
    await subscribe(bus, signalRules.changes);
    await subscribe(bus, signalRules.changes);
    const heard = new Promise<BusSignal>((resolve) => bus.onSignal((signal) => signal.member === 'Reloading' && resolve(signal)));
    await systemctl('daemon-reload');
    expect(await heard).toMatchObject({ interface: 'org.freedesktop.systemd1.Manager', path: '/org/freedesktop/systemd1' });
  });

  test('a call after the end is refused', async () => {
    await bus.close();
    await expect(onDaemon('GetId')).rejects.toMatchObject({ kind: 'unavailable' });
    await bus.close();
  });
});

describe('when the bus is killed', () => {
  /** Stops the bus, so that what is asked stays unanswered, and then kills it. */
  async function killBusDuring(ask: () => readonly Promise<unknown>[]): Promise<readonly PromiseSettledResult<unknown>[]> {
    const pid = Number((await onDaemon('GetConnectionUnixProcessID', 'org.freedesktop.DBus'))[0]);
    process.kill(pid, 'SIGSTOP');
    const asked = ask();
    process.kill(pid, 'SIGKILL');
    return Promise.allSettled(asked);
  }
  const kinds = (results: readonly PromiseSettledResult<unknown>[]) =>
    results.map((result) => (result.status === 'rejected' ? [result.reason.name, result.reason.kind] : result.value));

  test('pending calls settle, later ones are refused, a new connection works', async () => {
    const source = async () => bus;
    const [reader, writer] = [unitReader(source, runtimeDir), unitWriter(source, { runtimeDir })];
    const unit = 'mosaic-agent@coder0.service';
    const during = await killBusDuring(() => [reader.list(), writer.reload(), writer.start(unit), writer.enable([unit])]);
    expect(kinds(during)).toEqual(Array(4).fill(['PortError', 'unavailable']));
    await bus.closed;
    const after = await Promise.allSettled([reader.list(), reader.environment(), writer.stop(unit)]);
    expect(kinds(after)).toEqual(Array(3).fill(['PortError', 'unavailable']));
    const again = await connectBus(busSocket);
    await expect.poll(() => managerProperty(again, 'Version').catch(() => null)).toMatch(/^\d/);
    await again.close();
  });

  test('a call that the bus never answers is a time-out', async () => {
    const pid = Number((await onDaemon('GetConnectionUnixProcessID', 'org.freedesktop.DBus'))[0]);
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(bus.call({ ...daemon, member: 'GetId' }, 50)).rejects.toMatchObject({ kind: 'timeout' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect((await onDaemon('GetId')).length).toBe(1);
  });
});

describe('the writer lock', () => {
  lockContract(async () => writerLock(async () => bus));

  let directory: string;
  let program: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'lock-'));
    program = path.join(directory, 'lock-holder.cjs');
    const entry = new URL('lock-holder.ts', import.meta.url).pathname;
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile: program, logLevel: 'error' });
  });
  afterAll(() => rm(directory, { recursive: true }));

  const hold = async () => {
    const child = spawn(process.execPath, [program, busSocket, 'and', 'more'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(child.stdout, 'data');
    return { child, said: String(said).trim() };
  };

  test('another process that holds it is named, and its death releases it', async () => {
    const lock = writerLock(async () => bus);
    const { child, said } = await hold();
    expect(said).toBe('held');
    const refused = await lock.acquire('apply');
    expect(refused).toEqual({
      heldBy: expect.stringMatching(new RegExp(`^process ${child.pid} \\(.*lock-holder.*and more\\)$`)),
    });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await expect.poll(async () => 'release' in (await lock.acquire('apply'))).toBe(true);
    const second = await hold();
    expect(second.said).toMatch(new RegExp(`^held by process ${process.pid} `));
    second.child.kill('SIGKILL');
  });

  test('it is lost with the connection, and told so', async () => {
    const other = await connectBus(busSocket);
    const lock = writerLock(async () => other);
    const taken = await lock.acquire('apply');
    expect(taken).toHaveProperty('release');
    expect(lock.lost.aborted).toBe(false);
    await other.close();
    await expect.poll(() => lock.lost.reason).toMatch(/connection to the message bus is gone/);
    const { child, said } = await hold();
    expect(said).toBe('held');
    child.kill('SIGKILL');
    if ('release' in taken) await taken.release();
  });

  test('what was released or never had is not lost with the connection', async () => {
    const other = await connectBus(busSocket);
    const [released, never] = [writerLock(async () => other), writerLock(async () => other)];
    const taken = await released.acquire('apply');
    if ('release' in taken) await taken.release();
    await other.close();
    expect([released.lost.aborted, never.lost.aborted]).toEqual([false, false]);
  });

  test('without a bus there is no lock', async () => {
    const lock = writerLock(() => connectBus('/nonexistent/bus'));
    await expect(lock.acquire('apply')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
