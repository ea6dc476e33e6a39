import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { discordFactory } from '../../../src/connectors/discord/discord.ts';
import { realWire } from '../../../src/connectors/discord/net.ts';
import type { ConnectorSetting } from '../../../src/model/connectors.ts';
import { conformance } from '../conformance.ts';
import { MemoryDisk } from '../memory-log.ts';
import { partOf } from '../parts.ts';
import { realClock, until } from '../real-clock.ts';
import type { Subject } from '../subject.ts';
import { FakeDiscord } from './fake.ts';
import { FakeRest, html } from './fake-rest.ts';
import { serveFake } from './fake-server.ts';
import { isPost, peopleOf, settingOf } from './scene.ts';

// Two cores may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** Over sockets. The suite starts a connector more often than a day allows: what counts that is forgotten at each start. */
async function discordSubject(): Promise<Subject> {
  const discord = new FakeDiscord(realClock);
  const rest = new FakeRest(discord);
  discord.gateway.spacingMs = 0;
  const server = await serveFake(discord, rest);
  const disk = new MemoryDisk();
  const people = peopleOf(discord, rest);
  return {
    ...people,
    open: () => {
      const budget = new MemoryDisk();
      const log: ConnectorSetting['log'] = (name, isRecord) => (name === 'identify' ? budget : disk).log(name, isRecord);
      return discordFactory.create(settingOf(discord, { base: server.base, log }));
    },
    clock: realClock,
    until,
    flood: 30,
    faults: { ...people.faults, down: server.down, up: server.up },
    end: server.end,
  };
}

conformance('discord (over HTTP and WebSockets)', discordSubject, ['repeat', 'limit', 'loseAnswers', 'refuse', 'down']);

describe('over sockets', () => {
  const part = partOf();
  const opened = async (): Promise<{
    discord: FakeDiscord;
    rest: FakeRest;
    setting: ConnectorSetting;
    end: () => Promise<void>;
  }> => {
    const discord = new FakeDiscord(realClock);
    const rest = new FakeRest(discord);
    const { base, end } = await serveFake(discord, rest);
    const disk = new MemoryDisk();
    return { discord, rest, setting: settingOf(discord, { base, log: (name, isRecord) => disk.log(name, isRecord) }), end };
  };

  test('a file is sent as it is, with its name; one of 20 MB is refused before anything is read', async () => {
    const { discord, rest, setting, end } = await opened();
    const directory = mkdtempSync(path.join(tmpdir(), 'muster-discord-'));
    const [small, large] = [path.join(directory, 'report "1".txt'), path.join(directory, 'large.bin')];
    await writeFile(small, 'x'.repeat(1234));
    await writeFile(large, new Uint8Array(20 * 1024 * 1024));
    const connector = discordFactory.create(setting);
    expect(await connector.send({ ...part, attachments: [small] })).toMatchObject({ outcome: 'accepted' });
    expect(rest.log.at(-1)).toMatchObject({
      files: [{ name: 'report "1".txt', size: 1234 }],
      body: { content: 'hello', allowed_mentions: { parse: [] }, attachments: [{ id: 0, filename: 'report "1".txt' }] },
    });
    const requests = rest.log.length;
    expect(await connector.send({ ...part, attachments: [large] })).toMatchObject({
      outcome: 'rejected',
      reason: 'attachment-too-large',
    });
    expect(await connector.send({ ...part, attachments: [path.join(directory, 'absent')] })).toMatchObject({
      outcome: 'rejected',
      reason: 'attachment-unreadable',
    });
    expect(rest.log.length).toBe(requests);
    expect(discord.channel.messages).toHaveLength(1);
    await rm(directory, { recursive: true });
    await end();
  });

  test.each([
    ['a reset after the write', { kind: 'lose-answer', how: 'reset' } as const, 'unknown'],
    ['a 500 after the write', { kind: 'lose-answer', how: 'error' } as const, 'unknown'],
    ['a page of a proxy', { kind: 'answer', answer: html(403) } as const, 'unavailable'],
    ['a page that says it is well', { kind: 'answer', answer: html(200) } as const, 'unknown'],
    [
      'a redirection to elsewhere',
      { kind: 'answer', answer: { status: 302, headers: { location: 'http://elsewhere.test/' }, text: '' } } as const,
      'unknown',
    ],
  ])('%s: one request, and what is known of it', async (_what, fault, outcome) => {
    const { rest, setting, end } = await opened();
    rest.fail(isPost, fault);
    expect(await discordFactory.create(setting).send(part)).toMatchObject({ outcome });
    expect(rest.count('POST', /messages/)).toBe(1);
    await end();
  });

  test('nobody there: nothing was sent', async () => {
    const { setting, end } = await opened();
    await end();
    expect(await discordFactory.create(setting).send(part)).toMatchObject({ outcome: 'unavailable' });
  });

  test('a gateway that accepts and says nothing is left', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const end = await new Promise((resolve) => {
      const socket = realWire.open(`ws://127.0.0.1:${port}/`, { message: () => {}, closed: resolve });
      setTimeout(() => socket.close(1000), 50);
    });
    expect(end).toMatchObject({ opened: false });
    silent.close();
  });
});
