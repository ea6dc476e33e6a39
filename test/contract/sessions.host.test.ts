import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sessionReader, sessionWriter } from '../../src/tmux/sessions.ts';
import { run } from './real-host.ts';
import { type SessionsOnTrial, sessionsContract } from './sessions.contract.ts';

const tag = { agent: 'coder0', incarnation: '0123456789abcdef0123456789abcdef' };

/** The environment of somebody who sits in another tmux, in another language. */
const env = { ...process.env, TMUX: '/nonexistent,1,0', TMUX_PANE: '%7', LC_ALL: 'C' };

async function realSessions(): Promise<SessionsOnTrial & { tmux(...words: readonly string[]): Promise<string> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tmux-'));
  const socket = path.join(directory, 'socket');
  const tmux = async (...words: readonly string[]) => {
    const { stdout } = await run('tmux', ['-u', '-f', '/dev/null', '-S', socket, ...words]);
    return stdout.trim();
  };
  const killServer = async () => void (await tmux('kill-server').catch(() => {}));
  return {
    tmux,
    reader: sessionReader(env),
    writer: sessionWriter(env),
    socket,
    add: async (name, given) => {
      const id = await tmux('new-session', '-d', '-P', '-F', '#{session_id}', '-s', name.replaceAll('#', '##'), 'sleep infinity');
      if (given === undefined) return id;
      await tmux('set-option', '-t', id, '@muster_agent', given.agent);
      await tmux('set-option', '-t', id, '@muster_incarnation', given.incarnation);
      return id;
    },
    killServer,
    close: async () => {
      await killServer();
      await rm(directory, { recursive: true });
    },
  };
}

describe('sessions of a real tmux server', () => sessionsContract(realSessions));

describe('what only the real one does', () => {
  let host: Awaited<ReturnType<typeof realSessions>>;
  beforeEach(async () => {
    host = await realSessions();
  });
  afterEach(() => host.close());

  const list = async () => (await host.reader.list(host.socket)).sessions;

  test('a socket is found by its name, as everybody types it', async () => {
    await run('tmux', ['-L', 'by-name', 'new-session', '-d', '-s', 'notes', 'sleep infinity']);
    try {
      const seen = await host.reader.list('by-name');
      expect(seen).toMatchObject({ socket: 'by-name', server: true, sessions: [{ name: 'notes' }] });
    } finally {
      await run('tmux', ['-L', 'by-name', 'kill-server']);
    }
  });

  test('a server without sessions is a server', async () => {
    const id = await host.add('coder0', tag);
    await host.tmux('set-option', '-s', 'exit-empty', 'off');
    await host.tmux('kill-session', '-t', id);
    expect(await host.reader.list(host.socket)).toEqual({ socket: host.socket, server: true, sessions: [] });
  });

  test('a session is alive while one pane is: a dead pane that is kept is none', async () => {
    const id = await host.add('coder0', tag);
    await host.tmux('set-option', '-g', 'remain-on-exit', 'on');
    await host.tmux('split-window', '-t', `${id}:`, 'sleep infinity');
    const [first = '', second = ''] = (await host.tmux('list-panes', '-t', `${id}:`, '-F', '#{pane_pid}')).split('\n');
    expect(await list()).toMatchObject([{ id, alive: true, pid: Number(first) }]);
    process.kill(Number(first), 'SIGKILL');
    await expect.poll(() => host.tmux('list-panes', '-t', `${id}:`, '-F', '#{pane_dead}')).toBe('1\n0');
    expect(await list()).toMatchObject([{ id, alive: true }]);
    process.kill(Number(second), 'SIGKILL');
    await expect.poll(() => host.tmux('list-panes', '-t', `${id}:`, '-F', '#{pane_dead}')).toBe('1\n1');
    expect(await list()).toMatchObject([{ id, agent: 'coder0', alive: false }]);
  });

  test.each(['two\nlines', 'a\ttab', 'coder0,}', '#{session_id}', 'UPPER', '../up', 'ünïcödé'])(
    'a tag %j is no agent name: the session counts as foreign, and is left alone',
    async (agent) => {
      const id = await host.add('strange', { ...tag, agent });
      expect(await list()).toMatchObject([{ id, name: 'strange', agent: '' }]);
      await host.writer.kill(host.socket, { id, ...tag });
      expect(await list()).toMatchObject([{ id }]);
    },
  );

  test('a socket that may not be used is an error, not an absent server', async () => {
    await host.add('coder0', tag);
    await chmod(host.socket, 0o000);
    await expect(host.reader.list(host.socket)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/denied/),
    });
    await expect(host.writer.kill(host.socket, { id: '$0', ...tag })).rejects.toMatchObject({ kind: 'failed' });
    await chmod(host.socket, 0o600);
    expect(await list()).toHaveLength(1);
  });

  test('without tmux nothing is known', async () => {
    const lost = sessionReader({ ...env, PATH: '/nonexistent' });
    await expect(lost.list(host.socket)).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining('PATH') });
  });

  test('a server that hangs is a time-out', async () => {
    await host.add('coder0', tag);
    const pid = Number(await host.tmux('display-message', '-p', '#{pid}'));
    process.kill(pid, 'SIGSTOP');
    try {
      await expect(sessionReader(env, 200).list(host.socket)).rejects.toMatchObject({ kind: 'timeout' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
