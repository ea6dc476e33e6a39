import { beforeEach, describe, expect, test } from 'vitest';
import { bridgeJournals } from '../../../src/connectors/bridge/bridge.ts';
import { outboundMessage, queue, receiptOf } from '../../../src/connectors/bridge/say.ts';
import { type Secrets, type Service, serveFleet } from '../../../src/connectors/service/service.ts';
import { chatLog, tmuxFactory } from '../../../src/connectors/tmux/tmux.ts';
import type { InboundMessage } from '../../../src/model/chat-messages.ts';
import type { ConnectorReport } from '../../../src/model/connector-spec.ts';
import { MemoryDisk } from '../memory-log.ts';
import { VirtualClock } from '../virtual-clock.ts';

let disk: MemoryDisk;
let own: MemoryDisk;
let clock: VirtualClock;
let inbox: InboundMessage[];
let reports: ConnectorReport[];
let signs: number[];
let notes: string[];
let secrets: Secrets;
let stop: AbortController;

beforeEach(() => {
  disk = new MemoryDisk();
  own = new MemoryDisk();
  clock = new VirtualClock();
  inbox = [];
  reports = [];
  signs = [];
  notes = [];
  secrets = { values: {}, missing: [] };
  stop = new AbortController();
});

const missing = { what: 'TOKEN', detail: 'TOKEN is missing', remedy: 'muster connector login coding' };

const service = (over: Partial<Service> = {}): Service => ({
  spec: {
    format_version: '1.0',
    fleet: 'coding',
    kind: 'tmux',
    orchestrator: 'boss',
    operators: [],
    settings: {},
    config: `sha256:${'0'.repeat(64)}`,
  },
  factory: tmuxFactory,
  tenant: 'jason',
  secrets: async () => secrets,
  logs: (name, isRecord) => disk.log(name, isRecord),
  ownLogs: (name, isRecord) => own.log(name, isRecord),
  files: '/nowhere',
  isWorking: () => false,
  handOver: async (message) => {
    inbox.push(message);
    return 'taken';
  },
  tell: async (report) => void reports.push(report),
  onAlive: () => {
    signs.push(clock.now());
  },
  note: (_priority, text) => void notes.push(text),
  clock,
  ...over,
});

const type = (id: string, text: string) =>
  chatLog({ log: (name, isRecord) => own.log(name, isRecord) }).append([
    {
      format_version: '1.0',
      kind: 'said',
      id,
      threadId: null,
      replyToId: null,
      sender: 'jason',
      text,
      attachments: [],
      at: '2026-01-01T00:00:00.000Z',
    },
  ]);

const { outbound } = { outbound: () => bridgeJournals((name, isRecord) => disk.log(name, isRecord)).outbound };

const say = (id: string) =>
  queue(outbound(), outboundMessage({ id, text: 'done', sender: 'boss', at: '2026-01-01T00:00:00.000Z' }));

describe('a fleet is served', () => {
  test('in both directions, until it is told to stop, and nothing is left running', async () => {
    await say('before');
    const served = serveFleet(service(), stop.signal);
    await type('m1', 'hello');
    await clock.until('both have arrived', async () => inbox.length === 1 && (await receiptOf(outbound(), 'before')) !== null);
    expect(inbox.map(({ text }) => text)).toEqual(['hello']);
    await clock.until(
      'it says that it is well',
      () => reports.at(-1)?.healthy === true && reports.at(-1)?.connector.phase === 'live',
    );
    stop.abort();
    await served;
    expect(clock.pending).toBe(0);
  });

  test('telling how it is every few seconds', async () => {
    const served = serveFleet(service(), stop.signal);
    await clock.pass(60_000);
    const times = reports.map(({ at }) => Date.parse(at));
    expect(Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBeLessThanOrEqual(5000);
    expect(reports.length).toBeLessThan(16);
    stop.abort();
    await served;
  });

  test('and without its token says what it lacks, keeps what is to be said, and begins once it is there', async () => {
    secrets = { values: {}, missing: [missing] };
    await say('waits');
    const served = serveFleet(service(), stop.signal);
    await clock.until('it says so', () => reports.length > 0);
    expect(reports[0]).toMatchObject({
      healthy: false,
      problems: [{ reason: 'missing', blocking: true, detail: missing.detail, remedy: missing.remedy }],
      outbound: { waiting: 1 },
    });
    expect(disk.lines('outbound')).toBe(1);
    secrets = { values: { TOKEN: 'abcdefgh' }, missing: [] };
    await clock.until('it is said', async () => (await receiptOf(outbound(), 'waits'))?.state === 'sent');
    expect(notes).toContain('its secrets are others now: beginning anew with them');
    stop.abort();
    await served;
    expect(clock.pending).toBe(0);
  });

  test('anew where its token is another one', async () => {
    const seen: string[] = [];
    secrets = { values: { TOKEN: 'first-one' }, missing: [] };
    const factory: Service['factory'] = {
      ...tmuxFactory,
      create: (setting) => {
        seen.push(setting.secrets.TOKEN ?? '');
        return tmuxFactory.create(setting);
      },
    };
    const served = serveFleet(service({ factory }), stop.signal);
    await clock.until('it has begun', () => seen.length === 1);
    secrets = { values: { TOKEN: 'second-one' }, missing: [] };
    await clock.until('it has begun again', () => seen.length === 2);
    expect(seen).toEqual(['first-one', 'second-one']);
    stop.abort();
    await served;
  });

  test('though its health cannot be written', async () => {
    let full = true;
    const served = serveFleet(
      service({
        tell: async (report) => {
          if (full) throw new Error('no space left');
          reports.push(report);
        },
      }),
      stop.signal,
    );
    await type('m1', 'hello');
    await clock.until('it is handed over', () => inbox.length === 1);
    expect(notes.filter((text) => text.includes('no space left'))).toHaveLength(1);
    full = false;
    await clock.until('it is told', () => reports.length > 0);
    expect(notes).toContain('over: untold: no space left');
    stop.abort();
    await served;
  });

  test('and gives signs of life, first when its journals are open, also where its token is missing or its health cannot be written', async () => {
    const tell = async (): Promise<void> => Promise.reject(new Error('no space left'));
    for (const lacking of [[], [missing]]) {
      signs = [];
      secrets = { values: {}, missing: lacking };
      const ended = new AbortController();
      const served = serveFleet(service({ tell }), ended.signal);
      expect(signs).toEqual([]);
      const begun = clock.now();
      await clock.pass(30 * 60_000);
      expect(Math.max(...signs.map((at, index) => at - (signs[index - 1] ?? begun)))).toBeLessThanOrEqual(2000);
      ended.abort();
      await served;
    }
  });

  test('and gives none any more once its connector stands still', async () => {
    const factory: Service['factory'] = {
      ...tmuxFactory,
      create: (setting) => {
        const connector = tmuxFactory.create(setting);
        // It hears once, and never again.
        const health = () => ({ ...connector.health(), lastContact: '2026-01-01T00:00:00.000Z', phase: 'live' as const });
        return { ...connector, traits: { ...connector.traits, deafAfterMs: 60_000 }, health };
      },
    };
    const served = serveFleet(service({ factory }), stop.signal);
    await clock.pass(60 * 60_000);
    expect(reports.at(-1)?.problems).toMatchObject([{ reason: 'deaf' }]);
    expect(signs.at(-1)).toBeGreaterThan(10 * 60_000);
    expect(signs.at(-1)).toBeLessThan(20 * 60_000);
    stop.abort();
    await served;
  });

  test('by a connector that does not let go at its end, not for ever', async () => {
    const factory: Service['factory'] = {
      ...tmuxFactory,
      create: (setting) => ({
        ...tmuxFactory.create(setting),
        subscribe: () => ({ close: () => new Promise(() => {}) }),
      }),
    };
    const served = serveFleet(service({ factory }), stop.signal);
    await clock.until('it runs', () => reports.length > 0);
    stop.abort();
    let over = false;
    void served.then(() => {
      over = true;
    });
    await clock.until('it ends', () => over, 10_000);
  });
});
