import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { factoryOf } from '../../src/connectors/registry.ts';
import { chatLog } from '../../src/connectors/tmux/tmux.ts';
import { connectorLogs } from '../../src/host/connector-logs.ts';
import type { ConnectorClock, ConnectorFactory, ConnectorSetting } from '../../src/model/connectors.ts';
import { conformance } from './conformance.ts';
import { MemoryDisk } from './memory-log.ts';
import type { Subject } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

const realClock: ConnectorClock = {
  date: () => new Date(),
  now: () => performance.now(),
  sleep: (milliseconds, stop) => sleep(milliseconds, undefined, { ...(stop && { signal: stop }), ref: false }).catch(() => {}),
  random: () => 0.5,
};

const factory: ConnectorFactory =
  factoryOf('tmux') ??
  (() => {
    throw new Error('tmux is not served');
  })();

const settingOf = (log: ConnectorSetting['log'], clock: ConnectorClock): ConnectorSetting => ({
  fleet: 'coding',
  tenant: 'jason',
  settings: {},
  secrets: {},
  log,
  clock,
});

function subjectOf(setting: ConnectorSetting, rest: Pick<Subject, 'until' | 'flood' | 'end'>): Subject {
  let said = 0;
  // As `muster chat` does, from a process of its own.
  const chat = chatLog(setting);
  return {
    ...rest,
    open: () => factory.create(setting),
    clock: setting.clock,
    operator: 'jason',
    stranger: null,
    say: async (sender, text, threadId = null) => {
      said += 1;
      const at = setting.clock.date().toISOString();
      const id = `chat-${said}`;
      await chat.append([
        { format_version: '1.0', kind: 'said', id, threadId, replyToId: null, sender, text, attachments: [], at },
      ]);
      return id;
    },
    seen: async () => (await chat.read()).records.filter(({ kind }) => kind === 'answered'),
    threadsAreMessages: false,
    faults: {},
  };
}

conformance('tmux', async () => {
  const clock = new VirtualClock();
  const disk = new MemoryDisk();
  const log: ConnectorSetting['log'] = (name, isRecord) => disk.log(name, isRecord);
  return subjectOf(settingOf(log, clock), {
    until: (what, isSo) => clock.until(what, isSo),
    flood: 1000,
    end: async () => {},
  });
}, []);

conformance('tmux (on files)', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'muster-chat-'));
  return subjectOf(settingOf(connectorLogs(directory, 'coding', 'tmux'), realClock), {
    until: async (what, isSo) => {
      for (let polls = 0; !(await isSo()); polls += 1) {
        if (polls > 4000) throw new Error(`this never happened: ${what}`);
        await sleep(2);
      }
    },
    flood: 100,
    end: () => rm(directory, { recursive: true }),
  });
}, []);

test('whoever runs the agents may speak, without being named', () => {
  expect(factory.operators([], 'jason')).toEqual(['jason']);
  expect(factoryOf('telepathy')).toBe(null);
});
