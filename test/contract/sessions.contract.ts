import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ObservedSession } from '../../src/model/observation.ts';
import { PortError, type SessionReader, type SessionWriter } from '../../src/model/ports.ts';

export interface SessionsOnTrial {
  readonly reader: SessionReader;
  readonly writer: SessionWriter;
  readonly socket: string;
  /** A session, with our tag where one is given; the server starts with the first. Gives its id. */
  add(name: string, tag?: { readonly agent: string; readonly incarnation: string }): Promise<string>;
  killServer(): Promise<void>;
  close(): Promise<void>;
}

const tag = { agent: 'coder0', incarnation: '0123456789abcdef0123456789abcdef' };

export function sessionsContract(make: () => Promise<SessionsOnTrial>): void {
  let host: SessionsOnTrial;
  const sessions = async (): Promise<readonly ObservedSession[]> => (await host.reader.list(host.socket)).sessions;

  beforeEach(async () => {
    host = await make();
  });
  afterEach(() => host.close());

  test('no server on the socket is known: it has no sessions', async () => {
    expect(await host.reader.list(host.socket)).toEqual({ socket: host.socket, server: false, sessions: [] });
  });

  test('a session with our tag tells its agent and its run, a foreign one neither', async () => {
    const ours = await host.add('coder0', tag);
    const foreign = await host.add('notes');
    expect(await host.reader.list(host.socket)).toMatchObject({
      socket: host.socket,
      server: true,
      sessions: [
        { id: ours, name: 'coder0', ...tag, alive: true, pid: expect.any(Number), created: expect.any(Number) },
        {
          id: foreign,
          name: 'notes',
          agent: '',
          incarnation: '',
          alive: true,
          pid: expect.any(Number),
          created: expect.any(Number),
        },
      ],
    });
  });

  test.each(['with space', 'ünïcödé ☂', "quo'te", 'dash-$1', '#{pid}', '%h', 'co,mma}'])('the name %s survives', async (name) => {
    await host.add(name);
    expect((await sessions()).map((session) => session.name)).toEqual([name]);
  });

  test('a session is ended by its id, and others stay', async () => {
    const id = await host.add('coder0', tag);
    const other = await host.add('coder1', { ...tag, agent: 'coder1' });
    await host.writer.kill(host.socket, { id, ...tag });
    expect((await sessions()).map((session) => session.id)).toEqual([other]);
  });

  test('a foreign session is left alone, also when it has an agent name', async () => {
    const id = await host.add('coder0');
    await host.writer.kill(host.socket, { id, ...tag });
    expect((await sessions()).map((session) => session.id)).toEqual([id]);
  });

  test('ending a session that is gone is done already', async () => {
    const id = await host.add('coder0', tag);
    await host.add('coder1');
    await host.writer.kill(host.socket, { id, ...tag });
    await host.writer.kill(host.socket, { id, ...tag });
    expect((await sessions()).map((session) => session.name)).toEqual(['coder1']);
  });

  test('ending a session when the server is gone is done already', async () => {
    const id = await host.add('coder0', tag);
    await host.killServer();
    await host.writer.kill(host.socket, { id, ...tag });
    expect(await host.reader.list(host.socket)).toMatchObject({ server: false, sessions: [] });
  });

  test('a session of the same id and another run is left alone', async () => {
    const id = await host.add('coder0', { ...tag, incarnation: 'f'.repeat(32) });
    await host.writer.kill(host.socket, { id, ...tag });
    expect((await sessions()).map((session) => session.id)).toEqual([id]);
  });

  test('what is no session id is refused', async () => {
    await expect(host.writer.kill(host.socket, { id: 'coder0', ...tag })).rejects.toBeInstanceOf(PortError);
  });
}
