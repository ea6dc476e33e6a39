import { expect, test } from 'vitest';
import { matrixConnector } from '../../../src/connectors/matrix/connector.ts';
import type { Wire, WireAnswer } from '../../../src/connectors/matrix/wire.ts';
import type { ConnectorSetting, Delivery } from '../../../src/model/connectors.ts';
import { MemoryDisk } from '../memory-log.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { fleetUser, roomId } from './fake-homeserver.ts';

const answer = (status: number, fields: object): WireAnswer => ({
  status,
  header: () => null,
  body: Buffer.from(JSON.stringify(fields)),
});

test('a day in which nothing happens: the homeserver is asked every half minute, and of that only a cursor now and then is kept', {
  timeout: 60_000,
}, async () => {
  const clock = new VirtualClock();
  const disk = new MemoryDisk();
  let places = 0;
  let polls = 0;
  const wire: Wire = async ({ url }, stop) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith('/versions')) return answer(200, { versions: [] });
    if (pathname.endsWith('/whoami')) return answer(200, { user_id: fleetUser, device_id: 'D' });
    if (pathname.endsWith('/joined_rooms')) return answer(200, { joined_rooms: [roomId] });
    if (!pathname.endsWith('/sync')) return answer(404, { errcode: 'M_NOT_FOUND' });
    if (searchParams.get('since') !== null) {
      polls += 1;
      await clock.sleep(Number(searchParams.get('timeout')), stop);
    }
    places += 1;
    return answer(200, { next_batch: `place-${places}` });
  };
  const setting: ConnectorSetting = {
    fleet: 'coding',
    tenant: 'jason',
    settings: { homeserver_url: 'https://matrix.example.org', user_id: fleetUser, room_id: roomId },
    secrets: { MATRIX_ACCESS_TOKEN: 'syt_first_token' },
    log: (name, isRecord) => disk.log(name, isRecord),
    clock,
  };
  const connector = matrixConnector(setting, wire);
  const deliveries: Delivery[] = [];
  const subscription = connector.subscribe(null, async (delivery) => void deliveries.push(delivery));
  await clock.until('it listens', () => connector.health().phase === 'live');
  await clock.pass(60_000);
  const pending = clock.pending;
  await clock.pass(24 * 60 * 60_000);
  expect(polls).toBeGreaterThan(24 * 60 * 2 - 10);
  expect(deliveries.flatMap(({ messages }) => messages)).toEqual([]);
  expect(deliveries.length).toBeGreaterThan(24 * 5);
  expect(deliveries.length).toBeLessThan(24 * 6 + 5);
  expect(disk.text).toBe('');
  expect(clock.pending).toBe(pending);
  expect(connector.health()).toMatchObject({ phase: 'live', consecutiveFailures: 0, missing: [] });
  await subscription.close();
  expect(clock.pending).toBe(0);
});
