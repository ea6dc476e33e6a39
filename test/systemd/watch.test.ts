import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { agentUnit, holderUnit } from '../../src/model/names.ts';
import { BusError, type BusSignal } from '../../src/systemd/bus.ts';
import { watchUnits } from '../../src/systemd/watch.ts';
import { type ScriptedBus, scriptedBus } from '../contract/scripted-bus.ts';

let bus: ScriptedBus;
let told: (string | null)[];

beforeEach(async () => {
  vi.useFakeTimers();
  bus = scriptedBus(() => []);
  told = [];
  await watchUnits(bus, (unit) => told.push(unit));
});
afterEach(() => vi.useRealTimers());

const manager = 'org.freedesktop.systemd1.Manager';
const signal = (member: string, body: readonly unknown[] = []): Partial<BusSignal> => ({ interface: manager, member, body });
const reloading = (begun: boolean) => signal('Reloading', [begun]);
const changed = (escaped: string, of = 'Unit'): Partial<BusSignal> => ({
  path: `/org/freedesktop/systemd1/unit/${escaped}`,
  interface: 'org.freedesktop.DBus.Properties',
  member: 'PropertiesChanged',
  body: [`org.freedesktop.systemd1.${of}`, {}, []],
});
const agent = 'mosaic_2dagent_40coder0_2eservice';
const dashed = 'mosaic_2dagent_40my_2dcoder_2eservice';

describe('what is told', () => {
  const rows: readonly (readonly [string, Partial<BusSignal>, readonly (string | null)[]])[] = [
    ['an agent changed its state', changed(agent), [agentUnit('coder0')]],
    ['one with a dash in its name', changed(dashed), [agentUnit('my-coder')]],
    ['the holder', changed('mosaic_2dtmux_2dholder_2eservice'), [holderUnit]],
    ['the same of its service, told beside', changed(agent, 'Service'), []],
    ['another unit', changed('dbus_2eservice'), []],
    ['a slice of ours', changed('app_2dmosaic_5cx2dagent_2eslice'), []],
    ['the template', changed('mosaic_2dagent_40_2eservice'), []],
    ['no unit', { ...changed(agent), path: '/org/freedesktop/systemd1' }, []],
    ['a job of ours ended', signal('JobRemoved', [7, '/job/7', holderUnit, 'done']), [holderUnit]],
    ['a job of another', signal('JobRemoved', [7, '/job/7', 'dbus.service', 'done']), []],
    ['a job begins', signal('JobNew', [7, '/job/7', holderUnit]), []],
    ['a unit of ours is loaded', signal('UnitNew', [holderUnit, '/unit']), [holderUnit]],
    ['a unit of ours is forgotten', signal('UnitRemoved', [agentUnit('coder0'), '/unit']), [agentUnit('coder0')]],
    ['a unit of another', signal('UnitRemoved', ['dbus.service', '/unit']), []],
    ['enablement of any unit', signal('UnitFilesChanged'), [null]],
    ['the boot is over', signal('StartupFinished', [0, 0, 0]), []],
    ['another service speaks', { ...signal('JobRemoved', [7, '/job/7', holderUnit, 'done']), interface: 'org.example' }, []],
  ];
  test.each(rows)('%s', (_what, heard, expected) => {
    bus.emit(heard);
    expect(told).toEqual(expected);
  });
});

describe('a reload', () => {
  test('is one change, whatever comes and goes meanwhile', () => {
    bus.emit(reloading(true));
    bus.emit(signal('UnitRemoved', [holderUnit, '/unit']));
    bus.emit(signal('UnitNew', [holderUnit, '/unit']));
    bus.emit(changed(agent));
    bus.emit(signal('UnitFilesChanged'));
    expect(told).toEqual([]);
    bus.emit(reloading(false));
    expect(told).toEqual([null]);
    bus.emit(changed(agent));
    expect(told).toEqual([null, agentUnit('coder0')]);
    vi.runAllTimers();
    expect(told).toHaveLength(2);
  });

  test('whose end is not told counts as done after five seconds', () => {
    bus.emit(reloading(true));
    vi.advanceTimersByTime(4999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    bus.emit(changed(agent));
    expect(told).toEqual([null, agentUnit('coder0')]);
  });

  test('whose beginning was not told is a change, too', () => {
    bus.emit(reloading(false));
    expect(told).toEqual([null]);
  });
});

test('another manager on the same bus is subscribed to anew, and looked at', async () => {
  const subscriptions = () => bus.calls.filter(({ member }) => member === 'Subscribe').length;
  const owner = (before: string, now: string): Partial<BusSignal> => ({
    interface: 'org.freedesktop.DBus',
    member: 'NameOwnerChanged',
    body: ['org.freedesktop.systemd1', before, now],
  });
  expect(subscriptions()).toBe(1);
  bus.emit(owner(':1.0', ''));
  expect(told).toEqual([]);
  bus.emit(owner('', ':1.9'));
  expect(told).toEqual([null]);
  await vi.waitFor(() => expect(subscriptions()).toBe(2));
  // One that replaces itself says so before.
  bus.emit(reloading(true));
  bus.emit(owner(':1.9', ':1.10'));
  await vi.waitFor(() => expect(subscriptions()).toBe(3));
});

test('who has heard enough hears no more', async () => {
  const more: (string | null)[] = [];
  const watch = await watchUnits(bus, (unit) => more.push(unit));
  bus.emit(reloading(true));
  watch.end();
  vi.runAllTimers();
  bus.emit(changed(agent));
  expect(more).toEqual([]);
});

test('a bus that drops is told by closed, and a reload under way with it', async () => {
  const watch = await watchUnits(bus, () => {});
  bus.emit(reloading(true));
  bus.drop();
  await watch.closed;
  expect(vi.getTimerCount()).toBe(0);
});

test('without a manager there is nothing to watch', async () => {
  const silent = scriptedBus(({ member }) => {
    if (member === 'Subscribe') throw new BusError('unavailable', 'org.freedesktop.DBus.Error.ServiceUnknown', 'nobody there');
    return [];
  });
  await expect(watchUnits(silent, () => {})).rejects.toMatchObject({ kind: 'unavailable' });
});
