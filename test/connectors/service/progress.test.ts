import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { matrixConnector } from '../../../src/connectors/matrix/connector.ts';
import { writePlace } from '../../../src/connectors/matrix/place.ts';
import { type Wire, type WireAnswer, WireError } from '../../../src/connectors/matrix/wire.ts';
import { progress } from '../../../src/connectors/service/progress.ts';
import type { ConnectorHealth } from '../../../src/model/connectors.ts';
import { fleetUser, roomId } from '../matrix/fake-homeserver.ts';
import { MemoryDisk } from '../memory-log.ts';
import { VirtualClock } from '../virtual-clock.ts';

const operator = '@jason:example.org';
const place = writePlace({ room: roomId, since: 'then', joined: true, last: ['$seen'], at: 0 });

const minute = 60_000;
const hour = 60 * minute;

const health = (change: Partial<ConnectorHealth> = {}): ConnectorHealth => ({
  phase: 'live',
  reachable: true,
  authenticated: true,
  lastContact: '2026-01-01T00:00:00.000Z',
  lastInbound: null,
  consecutiveFailures: 0,
  retryAt: null,
  missing: [],
  detail: '',
  ...change,
});
const token = { what: 'token', detail: 'there is no token', remedy: 'log in' };

describe('a connector that says the same for hours comes forward', () => {
  test.each([
    ['for a quarter of an hour at most', health(), 15 * minute],
    ['while it waits for the time that it told', health({ phase: 'waiting', retryAt: '2026-01-01T02:00:00.000Z' }), 135 * minute],
    ['as if that were over, where it is', health({ retryAt: '2025-01-01T00:00:00.000Z' }), 15 * minute],
    ['as if it had told none, where that is no time', health({ phase: 'waiting', retryAt: 'soon' }), 15 * minute],
    ['for ever, where a person has to mend something', health({ phase: 'stopped', missing: [token] }), null],
    ['for ever, where its token is refused', health({ phase: 'stopped', authenticated: false }), null],
    ['no longer, where it has stopped for nothing that anybody could mend', health({ phase: 'stopped' }), 15 * minute],
  ])('%s', (_, told, untilMs) => {
    const clock = new VirtualClock();
    const comesForward = progress({ date: clock.date, now: () => now });
    let now = 0;
    let end: number | null = null;
    for (; now <= 24 * hour && end === null; now += minute) if (!comesForward(told)) end = now;
    expect(end).toBe(untilMs);
  });
});

test('what moves begins the time anew, and neither a clock that is set back nor forward ends it', () => {
  const clock = new VirtualClock();
  let now = 0;
  const comesForward = progress({ date: clock.date, now: () => now });
  for (; now < 24 * hour; now += 10 * minute) {
    clock.jump(now % (20 * minute) === 0 ? -48 * hour : 48 * hour);
    expect(comesForward(health({ lastContact: new Date(now).toISOString() }))).toBe(true);
  }
});

/** A connector at this network, looked at every second. */
async function watched(
  wire: Wire,
  clock: VirtualClock,
  forMs: number,
  cursor: string | null = null,
): Promise<readonly boolean[]> {
  const disk = new MemoryDisk();
  const connector = matrixConnector(
    {
      fleet: 'coding',
      tenant: 'jason',
      settings: { homeserver_url: 'https://matrix.example.org', user_id: fleetUser, room_id: roomId },
      secrets: { MATRIX_ACCESS_TOKEN: 'syt_first_token' },
      operators: [operator],
      files: '/nowhere',
      log: (name, isRecord) => disk.log(name, isRecord),
      clock,
    },
    wire,
  );
  const subscription = connector.subscribe(cursor, async () => {});
  const comesForward = progress(clock);
  const looks: boolean[] = [];
  for (let passed = 0; passed < forMs; passed += 1000) {
    await clock.pass(1000);
    // What is asked of the real disk has come back before time goes on.
    await stat('.');
    looks.push(comesForward(connector.health()));
  }
  if (looks.at(-1) === true) await subscription.close();
  return looks;
}

/** A homeserver that has told all but what was missed; how long it takes over that is up to `slowly`. */
const missing =
  (slowly: (url: URL, stop: AbortSignal) => Promise<WireAnswer>): Wire =>
  async (request, stop) => {
    const url = new URL(request.url);
    if (url.pathname.endsWith('/versions')) return answer({ versions: [] });
    if (url.pathname.endsWith('/whoami')) return answer({ user_id: fleetUser, device_id: 'D' });
    if (url.pathname.endsWith('/joined_rooms')) return answer({ joined_rooms: [roomId] });
    if (url.pathname.includes('/state/')) return answer({ errcode: 'M_NOT_FOUND' }, 404);
    if (!url.pathname.endsWith('/sync')) return slowly(url, stop);
    const timeline = { limited: true, prev_batch: 'before', events: [] };
    return answer({ next_batch: 'now', rooms: { join: { [roomId]: { timeline } } } });
  };

const answer = (fields: object, status = 200): WireAnswer => ({
  status,
  header: () => null,
  body: Buffer.from(JSON.stringify(fields)),
});

describe('a homeserver', () => {
  test('that is away for a day is no hang', async () => {
    const wire: Wire = async () => Promise.reject(new WireError('connect ECONNREFUSED', { sent: false }));
    expect(await watched(wire, new VirtualClock(), 24 * hour)).not.toContain(false);
  });

  test('that takes connections and never answers is none either', async () => {
    const wire: Wire = (_, stop) =>
      new Promise((_resolve, reject) => {
        stop.addEventListener('abort', () => reject(new WireError('no answer in time', { sent: true })));
      });
    expect(await watched(wire, new VirtualClock(), 24 * hour)).not.toContain(false);
  });

  test('that says to come again in six hours is none either', async () => {
    const wire: Wire = async () => ({
      status: 429,
      header: (name) => (name === 'retry-after' ? '21600' : null),
      body: Buffer.from('{"errcode":"M_LIMIT_EXCEEDED"}'),
    });
    expect(await watched(wire, new VirtualClock(), 24 * hour)).not.toContain(false);
  });

  test('that takes twenty seconds for each page of what was missed is none either', async () => {
    const clock = new VirtualClock();
    let pages = 0;
    const wire = missing(async (_, stop) => {
      pages += 1;
      await clock.sleep(20_000, stop);
      return answer({ chunk: [], ...(pages < 120 && { end: `page-${pages}` }) });
    });
    expect(await watched(wire, clock, hour, place)).not.toContain(false);
    expect(pages).toBeGreaterThan(100);
  });

  test('that lets one wait for each of many files is none either', async () => {
    const clock = new VirtualClock();
    const file = (_: unknown, index: number) => ({
      type: 'm.room.message',
      event_id: `$file-${index}`,
      sender: operator,
      origin_server_ts: 0,
      content: { msgtype: 'm.file', body: 'a.txt', url: `mxc://example.org/${index}` },
    });
    let files = 0;
    const wire = missing(async (url, stop) => {
      if (url.pathname.endsWith('/messages')) return answer({ chunk: Array.from({ length: 30 }, file) });
      files += 1;
      await clock.sleep(24 * hour, stop);
      throw new WireError('no answer in time', { sent: true });
    });
    expect(await watched(wire, clock, hour, place)).not.toContain(false);
    expect(files).toBeGreaterThan(50);
  });

  test('whose connection cannot even be given up is one', async () => {
    const wire: Wire = () => new Promise(() => {});
    const looks = await watched(wire, new VirtualClock(), hour);
    expect(looks.indexOf(false)).toBeGreaterThan(14 * 60);
    expect(looks.at(-1)).toBe(false);
  });
});
