import { vi } from 'vitest';
import { discordConnector } from '../../../src/connectors/discord/connector.ts';
import type { ConnectorSetting } from '../../../src/model/connectors.ts';
import { conformance } from '../conformance.ts';
import { MemoryDisk } from '../memory-log.ts';
import type { Subject } from '../subject.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { FakeDiscord } from './fake.ts';
import { FakeRest } from './fake-rest.ts';
import { base, fakeWire } from './fake-wire.ts';
import { peopleOf, settingOf } from './scene.ts';

// Two cores may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** In virtual time, with the limit of messages that Discord has: five in five seconds. */
async function discordSubject(): Promise<Subject> {
  const clock = new VirtualClock();
  const discord = new FakeDiscord(clock);
  const rest = new FakeRest(discord);
  rest.bucket = { limit: 5, withinMs: 5000 };
  const disk = new MemoryDisk();
  const log: ConnectorSetting['log'] = (name, isRecord) => disk.log(name, isRecord);
  const wire = fakeWire(discord, rest);
  return {
    ...peopleOf(discord, rest),
    open: () => discordConnector(wire, settingOf(discord, { base, log })),
    clock,
    until: (what, isSo) => clock.until(what, isSo),
    flood: 300,
    end: async () => {},
  };
}

conformance('discord', discordSubject, ['repeat', 'limit', 'loseAnswers', 'refuse', 'down']);
