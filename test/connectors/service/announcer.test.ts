import { beforeEach, describe, expect, test } from 'vitest';
import { bridgeJournals } from '../../../src/connectors/bridge/bridge.ts';
import { announcer } from '../../../src/connectors/service/announcer.ts';
import { MemoryDisk } from '../memory-log.ts';
import { VirtualClock } from '../virtual-clock.ts';

let disk: MemoryDisk;
let clock: VirtualClock;
let failures: string[];

beforeEach(() => {
  disk = new MemoryDisk();
  clock = new VirtualClock();
  failures = [];
});

const outbound = () => bridgeJournals((name, isRecord) => disk.log(name, isRecord)).outbound;
const start = () =>
  announcer({
    journal: async (fleet) => (fleet === 'mute' ? null : outbound()),
    date: clock.date,
    onFailure: (why) => void failures.push(why),
  });
const said = async (): Promise<readonly string[]> =>
  (await outbound().read()).records.flatMap((record) => (record.kind === 'queued' ? [record.message.text] : []));

const floor = { key: 'floor:coding:1', fleet: 'coding', text: 'The floor does not hold.' };

describe('an announcement', () => {
  test('is said once, however often it is given', async () => {
    const one = start();
    for (let index = 0; index < 5; index += 1) {
      one.say([floor]);
      await one.settled();
    }
    expect(await said()).toEqual([floor.text]);
  });

  test('is not said again after a crash', async () => {
    for (let index = 0; index < 3; index += 1) {
      const one = start();
      one.say([floor]);
      await one.settled();
    }
    expect(await said()).toEqual([floor.text]);
  });

  test('that the disk does not take is tried again, and complained of once', async () => {
    const one = start();
    disk.isFull = true;
    for (let index = 0; index < 3; index += 1) {
      one.say([floor]);
      await one.settled();
    }
    expect(failures).toHaveLength(1);
    disk.isFull = false;
    one.say([floor]);
    await one.settled();
    expect(await said()).toEqual([floor.text]);
  });

  test('to a fleet without a connector is none', async () => {
    const one = start();
    one.say([{ ...floor, fleet: 'mute' }]);
    await one.settled();
    expect([await said(), failures]).toEqual([[], []]);
  });

  test('never comes in a flood', async () => {
    const one = start();
    const flood = Array.from({ length: 100 }, (_, index) => ({ ...floor, key: `floor:coding:${index}` }));
    one.say(flood);
    await one.settled();
    expect(await said()).toHaveLength(12);
    one.say(flood);
    await one.settled();
    expect(await said()).toHaveLength(12);
    await clock.pass(60 * 60_000);
    one.say(flood.slice(-1));
    await one.settled();
    expect(await said()).toHaveLength(13);
  });

  test('holds nobody up while a disk does not answer', async () => {
    const one = announcer({ journal: () => new Promise(() => {}), date: clock.date, onFailure: () => {} });
    one.say([floor]);
    one.say([floor]);
    expect(await said()).toEqual([]);
  });
});
